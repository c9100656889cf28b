"""What an unattended apply may not do without a review, with every way to go on as a whole command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.known_secrets import KNOWN
from reconciler.cli.repetition import converted, instruction, with_digest
from reconciler.engine.review import CHANGED
from reconciler.errors import UnreviewedError
from reconciler.model.refusal import Refusal, Rule
from reconciler.model.review import Why
from reconciler.render.document import refusal_record
from reconciler.render.needs import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.review import Need
    from reconciler.render.document import RefusalRecord

_NAMED = 3  # values that may be taken over
_FILE = "plan.json"
_ON_DRIFT = frozenset({"on_drift"})


def require_none(needs: Sequence[Need], digest: str) -> None:
    """Raise UnreviewedError for a plan of a digest, of which a review is needed."""
    if needs:
        raise UnreviewedError(f"{_message(needs)}. Nothing was changed.", [*_ways(needs, digest)])


def unreviewed(needs: Sequence[Need], digest: str) -> RefusalRecord | None:
    """Return the same as a part of a document; None where no review is needed."""
    refusals = [Refusal(Rule.UNREVIEWED, _message(needs), "; ".join(_ways(needs, digest)))] if needs else []
    return refusal_record(refusals, "")


def _message(needs: Sequence[Need]) -> str:
    why = "; ".join(errors(needs, KNOWN.redactor.redacted))
    return f"cannot apply this without a review: {why}"


def _ways(needs: Sequence[Need], digest: str) -> Iterator[str]:
    """Yield how to go on; an option for drift only where it covers everything."""
    reasons = {one.why for one in needs}
    if reasons <= CHANGED:
        overwrite, keep = (
            instruction("--on-drift", word, without=_ON_DRIFT) for word in ("overwrite", "keep")
        )
        yield f"To overwrite it, {overwrite}"
        yield f"To leave it as it is on the server, {keep}"
    yield f"Once this plan is reviewed, {with_digest(digest)}"
    file = converted("plan", "--out", _FILE, without=_ON_DRIFT)
    yield f"To have it reviewed as a file that apply takes, {file}"
    yield from filter(None, [_declaring(needs)])


def _declaring(needs: Sequence[Need]) -> str:
    """Return what to write so that the values on the server stay; empty where there are none to write."""
    kept = [
        f"{field} of {one.address} in {one.place or 'the configuration'}"
        for one in needs
        if one.why in {Why.DRIFTED, Why.UNRECORDED, Why.ADOPTED} and one.is_declared
        for field in one.fields
    ]
    more = f" and {len(kept) - _NAMED} more" * (len(kept) > _NAMED)
    return (
        f"To keep it for good, declare the server's value: {', '.join(kept[:_NAMED])}{more}" if kept else ""
    )
