"""What an unattended apply may not do without a review, with every way to go on as a whole command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.known_secrets import KNOWN
from reconciler.cli.repetition import converted, instruction, with_digest
from reconciler.engine.review import CHANGED
from reconciler.errors import UnreviewedError
from reconciler.model.address import Kind
from reconciler.model.field import Shape
from reconciler.model.refusal import Refusal, Rule
from reconciler.model.review import Why
from reconciler.render.document import refusal_record
from reconciler.render.needs import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.change import FieldChange
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
    yield from _declaring(needs)


def _declaring(needs: Sequence[Need]) -> Iterator[str]:
    """Yield what to write so that the values on the server stay; nothing where there are none to write."""
    todo: dict[str, list[str]] = {}
    for one in needs:
        if one.why in {Why.DRIFTED, Why.UNRECORDED, Why.ADOPTED} and one.is_declared:
            for value in one.values:
                what, where = _edit(value, one)
                todo.setdefault(what, []).append(where)
    for what, places in todo.items():
        more = f" and {len(places) - _NAMED} more" * (len(places) > _NAMED)
        yield f"To keep it for good, {what}: {', '.join(places[:_NAMED])}{more}"


def _edit(value: FieldChange, need: Need) -> tuple[str, str]:
    """Return what to do with the declaration of a value, and where; an upload is an item of a list."""
    name, _, item = value.field.partition(".")
    place = value.source or need.place or "the configuration"
    if value.shape is Shape.FILES and item and value.before is None:
        return "remove", f"{item.removeprefix(f'{Kind.FILE}.')} from {name} of {need.address} in {place}"
    if value.shape is Shape.FILES and item:
        return "add", f"{{id: {item}}} to {name} of {need.address} in {place}"
    if value.before is None:
        return "remove", f"{value.field} of {need.address} from {place}"
    return "declare the server's value", f"{value.field} of {need.address} in {place}"
