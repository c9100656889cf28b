"""Secrets in documents: hidden in what is shown, and found in what would be kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.render.document import (
    InventoryDocument,
    PlanDocument,
    ReportDocument,
    printed,
    values_of,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.model.redactor import Redactor
    from reconciler.model.sources import Source, Sources
    from reconciler.render.document import ChangeRecord, DocumentT, FieldRecord, ListedRecord, OutcomeRecord


def without_secrets(document: DocumentT, redactor: Redactor) -> DocumentT:
    """Return a document whose values have no secret; names and ids are left to whatever prints them."""
    if not redactor.secrets or not _may_hide(document, redactor):
        return document
    document = whole(document)
    if isinstance(document, InventoryDocument):
        listed = [_listed(one, redactor) for one in document.assistants]
        return document.model_copy(
            update={"account": redactor.hidden(document.account), "assistants": listed}
        )
    if isinstance(document, ReportDocument):
        outcomes = [_outcome(outcome, redactor) for outcome in document.outcomes]
        return document.model_copy(
            update={"outcomes": outcomes, "unsaved": redactor.redacted(document.unsaved)}
        )
    return document.model_copy(
        update={
            "account": redactor.hidden(document.account),
            "changes": [_change(change, redactor) for change in document.changes],
        }
    )


def _may_hide(document: PlanDocument | ReportDocument | InventoryDocument, redactor: Redactor) -> bool:
    """Return whether anything in a document may have a secret; first only each of its texts is looked at."""
    texts = {text for value in _values_shown(document) for text in _texts(value)}
    return redactor.may_hide_in(texts) and redactor.may_hide(printed(document))


def _values_shown(document: PlanDocument | ReportDocument | InventoryDocument) -> Iterator[Any]:
    """Yield every value in which a secret is hidden."""
    if isinstance(document, InventoryDocument):
        yield document.account
        yield from ((one.name, one.problem) for one in document.assistants)
    elif isinstance(document, ReportDocument):
        yield document.unsaved
        for outcome in document.outcomes:
            yield (outcome.message, outcome.request_id)
            yield from ((one.sent, one.found) for one in outcome.verified)
    else:
        yield from _values_planned(document)


def _values_planned(document: PlanDocument) -> Iterator[Any]:
    yield document.account
    for change in document.changes:
        yield change.values
        for field in values_of(change.fields):
            yield from (field.before, field.after, field.texts, field.breaking)
            yield from (side for one in field.details for side in (one.before, one.after))
        yield from (one.value for one in values_of(change.found))


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in JSON values; a number as it is written."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _listed(one: ListedRecord, redactor: Redactor) -> ListedRecord:
    hidden = {"name": redactor.hidden(one.name), "problem": redactor.redacted(one.problem)}
    return one.model_copy(update=hidden)


def _change(change: ChangeRecord, redactor: Redactor) -> ChangeRecord:
    fields = [_field(field, redactor) for field in change.fields]
    found = [one.model_copy(update={"value": redactor.hidden(one.value)}) for one in change.found]
    hidden = {"fields": fields, "found": found, "values": redactor.hidden(change.values)}
    return change.model_copy(update=hidden)


def _field(field: FieldRecord, redactor: Redactor) -> FieldRecord:
    names = ("before", "after", "texts", "breaking")
    shown = {name: redactor.hidden(getattr(field, name)) for name in names}
    details = [
        one.model_copy(update={name: redactor.hidden(getattr(one, name)) for name in ("before", "after")})
        for one in field.details
    ]
    return field.model_copy(update={**shown, "details": details})


def _outcome(outcome: OutcomeRecord, redactor: Redactor) -> OutcomeRecord:
    verified = [
        one.model_copy(update={name: redactor.hidden(getattr(one, name)) for name in ("sent", "found")})
        for one in outcome.verified
    ]
    message, request_id = redactor.redacted(outcome.message), redactor.hidden(outcome.request_id)
    return outcome.model_copy(update={"message": message, "request_id": request_id, "verified": verified})


class Leak(NamedTuple):
    """What repeats a secret, such as ``the name of assistant.a``, and which one."""

    part: str
    source: Source

    @property
    def said(self) -> str:
        """Which secret stands in which part."""
        return f"{self.source.place} is repeated in {self.part}"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.source.remedy


def leak_in(document: PlanDocument, sources: Sources) -> Leak | None:
    """Return what of a plan repeats a secret; None for nothing."""
    if not sources.known or not sources.leaks(printed(document)):
        return None
    document = whole(document)
    parts = (*_values(document), *_names(document), *_rest(document))
    return _first_leak(parts, sources)


def stored_leak_in(document: PlanDocument, sources: Sources) -> Leak | None:
    """Return the same for what a state and a journal would keep of it: names and ids."""
    if not sources.known:
        return None
    met = {name for _, names in _names(document) for name in names}
    return _first_leak(_names(document), sources) if sources.leaks(json.dumps(sorted(met))) else None


def _first_leak(parts: Iterable[tuple[str, Any]], sources: Sources) -> Leak | None:
    found = (Leak(name, source) for name, part in parts if (source := sources.of(part)))
    return next(found, None)


def _values(document: PlanDocument) -> Iterator[tuple[str, Any]]:
    for change in document.changes:
        for field in change.fields:
            yield f"the {field.field} of {change.address}", field.model_dump(exclude={"field"})
        for name, value in change.values.items():
            yield f"the {name} of {change.address}", value
        for found in change.found:
            yield f"the {found.field} of {change.address}", found.value
        yield f"a remark about {change.address}", [change.refused, change.unmet, change.note]


def _names(document: PlanDocument) -> Iterator[tuple[str, Sequence[str]]]:
    yield "the account", [document.account]
    yield "the target", [document.target]
    yield "the project", [document.project, document.environment]
    for change in document.changes:
        yield "an address", [change.address, change.moved_from, *change.follows]
        yield f"the id of {change.address}", [change.id, *(step.id for step in values_of(change.steps))]
        yield f"a file of {change.address}", [str(step.file or "") for step in values_of(change.steps)]
        yield f"a field of {change.address}", [field.field for field in values_of(change.fields)]


def _rest(document: PlanDocument) -> Iterator[tuple[str, Any]]:
    for change in document.changes:
        for name, value in change.model_dump(mode="json", exclude={"fields", "values"}).items():
            yield f"the {name.replace('_', ' ')} of {change.address}", value
    for name, value in document.model_dump(mode="json", exclude={"changes"}).items():
        yield f"the {name.replace('_', ' ')} of the plan", value
