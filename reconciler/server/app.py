"""The application: which path and method leads where, who may enter, and how errors leave."""

import hmac
import time
from collections.abc import Callable, Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from reconciler.server import agents, assistants, attachments, files, refusals, uploads, wire
from reconciler.server.calls import Endpoint, plain
from reconciler.server.database import BusyError, Database, ReadOnlyError
from reconciler.server.faults import Faults
from reconciler.server.middleware import Door
from reconciler.server.refusals import WireError
from reconciler.server.request_log import Ledger, remembered

_BETA: Final = "assistants=v1"

_ROUTES: Final[Mapping[str, Mapping[str, Endpoint]]] = {
    **agents.ROUTES,
    "/assistants": {
        "GET": plain(assistants.listing),
        "POST": plain(assistants.create),
    },
    "/assistants/{assistant_id}": {
        "GET": plain(assistants.retrieve),
        "POST": plain(assistants.update),
        "DELETE": plain(assistants.delete),
    },
    "/assistants/{assistant_id}/files": {
        "GET": plain(attachments.listing),
        "POST": plain(attachments.attach),
    },
    "/assistants/{assistant_id}/files/{file_id}": {
        "GET": plain(attachments.retrieve),
        "DELETE": plain(attachments.detach),
    },
    "/files": {
        "GET": plain(files.listing),
        "POST": uploads.receive,
    },
    "/files/{file_id}": {
        "GET": plain(files.retrieve),
        "DELETE": plain(files.delete),
    },
    "/files/{file_id}/content": {
        "GET": plain(files.download),
    },
}


def create_app(  # noqa: PLR0913 - each is one thing a caller may set
    database: Database,
    *,
    api_key: str | None = None,
    clock: Callable[[], float] = time.time,
    faults: Faults | None = None,
    ledger: Ledger | None = None,
    organization: str | None = None,
) -> Starlette:
    """Build the whole v1 wire over `database`, which stays the caller's to close.

    `app.state.ledger` remembers the requests. Without `api_key` everybody may enter. Requests meet `faults`,
    which may still be added to while the app answers. Every reply names the `organization`, if there is one.
    """
    ledger = remembered() if ledger is None else ledger
    app = Starlette(
        routes=[_route(path, methods) for path, methods in _ROUTES.items()],
        middleware=[Middleware(Door, ledger=ledger, faults=faults, organization=organization)],
        exception_handlers=dict.fromkeys(
            (WireError, HTTPException, ReadOnlyError, BusyError, ClientDisconnect), _refuse
        ),
    )
    # The wire has no redirects: a path with a slash too many is simply unknown.
    app.router.redirect_slashes = False
    app.state.database, app.state.clock = database, clock
    app.state.ledger, app.state.api_key = ledger, api_key
    return app


def _route(path: str, methods: Mapping[str, Endpoint]) -> Route:
    async def endpoint(request: Request) -> Response:
        _admit_key(request)
        if path.startswith("/assistants"):
            _admit_dialect(request)
        elif path.startswith("/agents"):
            agents.admit(request)
        return await methods["GET" if request.method == "HEAD" else request.method](request)

    return Route(wire.PREFIX + path, endpoint, methods=list(methods))


def _admit_key(request: Request) -> None:
    expected = request.app.state.api_key
    if expected is None:
        return
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    # Starlette reads headers as Latin-1, so this gives back the bytes that were sent.
    same = hmac.compare_digest(presented.strip().encode("latin-1"), expected.encode())
    if not same or scheme.lower() != "bearer":
        raise refusals.bad_key(presented.strip())


def _admit_dialect(request: Request) -> None:
    named = ",".join(request.headers.getlist("openai-beta"))
    if _BETA not in (name.strip() for name in named.split(",")):
        raise refusals.other_beta(named) if named.strip() else refusals.no_beta()


async def _refuse(request: Request, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    return wire.refused(agents.spoken(request.url.path, _translated(request, error)), headers)


def _translated(request: Request, error: Exception) -> WireError:
    match error:
        case WireError():
            return error
        case ReadOnlyError() | BusyError():
            return refusals.read_only(str(error)) if isinstance(error, ReadOnlyError) else refusals.busy()
        case HTTPException(status_code=404):
            return refusals.unknown_url(request.method, request.url.path)
        case HTTPException(status_code=405):
            return refusals.wrong_method(request.method, request.url.path)
        case HTTPException():
            return WireError(error.detail, status=error.status_code)
        case _:
            # Nobody is there to read it, but the ledger shows how far the request came.
            return WireError("The request ended before its body did.")
