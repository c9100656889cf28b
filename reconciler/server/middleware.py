"""The outer door: a request id, the reply headers and a line in the ledger for every request."""

import logging

from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.server import fault_effects, refusals, wire
from reconciler.server.deviations.deviant import Deviant
from reconciler.server.exchange import Visit
from reconciler.server.faults import Faults
from reconciler.server.gate import GATE
from reconciler.server.request_log import Ledger

_log = logging.getLogger(__name__)


class Door:
    """ASGI middleware around everything that answers, behind which `faults` lie in wait."""

    def __init__(self, app: ASGIApp, ledger: Ledger, faults: Faults | None, organization: str | None) -> None:
        self._app = app
        self._ledger = ledger
        self._faults = Faults() if faults is None else faults
        self._organization = organization

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through; what escapes it is answered with a 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if await self._is_turned_away(scope, receive, send):
            return
        request = scope["method"], scope["path"]
        fault, rows = self._faults.met_by(*request), self._faults.deviations_of(*request)
        met = fault.kind if fault else "", tuple(deviation.row.name for deviation in rows)
        visit = Visit(scope, send, ledger=self._ledger, met=met, organization=self._organization)
        app = Deviant(self._app, rows) if rows else self._app
        try:
            await fault_effects.met(fault, app, scope=scope, receive=receive, visit=visit)
        except fault_effects.HungUpError:
            raise
        except Exception:
            if visit.answered:
                raise
            _log.exception("request %s failed", visit.request_id)
            await wire.refused(refusals.broken(visit.request_id))(scope, receive, visit.send)

    async def _is_turned_away(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Refuse what a web page may have made, before anything else counts; in process, there is no gate."""
        gate = scope.get("state", {}).get(GATE)
        refusal = gate.refusal(scope) if gate is not None else None
        if refusal is None:
            return False
        visit = Visit(scope, send, ledger=self._ledger, met=("", ()), organization=self._organization)
        await wire.refused(refusal)(scope, receive, visit.send)
        return True
