"""A Plan, a Report or an Inventory as one JSON document: what ``--format json`` and a plan file hold.

A plan file is a claim about what apply would do, never a program: it is read to be shown, and to be compared
with a new plan. It holds the texts it shows.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from functools import lru_cache
from itertools import chain, repeat
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeAlias, TypeVar, overload

from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)

from reconciler.errors import PlanFileError
from reconciler.model import pattern as re
from reconciler.model.address import Address
from reconciler.model.canonical import canonical, digest
from reconciler.model.change import Action, Change, Detail, FieldChange, Found, Reason, Step, StepKind
from reconciler.model.diagnostic import AllowedFinding
from reconciler.model.field import Shape
from reconciler.model.keys import masked
from reconciler.model.mark import Mark
from reconciler.model.outcome import Cause, Kept, Result
from reconciler.model.plan import Basis, Plan
from reconciler.model.refusal import Rule  # noqa: TC001 - pydantic reads it
from reconciler.model.resource import Owner
from reconciler.model.review import Why  # noqa: TC001 - the same
from reconciler.model.state import FIRST_DIALECT
from reconciler.model.weakening import Protection, Weakening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from _typeshed import DataclassInstance

    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.inventory import Inventory
    from reconciler.model.outcome import Outcome, Report, Verified
    from reconciler.model.refusal import Refusal
    from reconciler.model.resource import FileReference
    from reconciler.model.review import Need

FORMAT: Final = 1
# What a build service takes for a command wherever it stands; in JSON only a text can hold it.
_COMMAND = re.compile(r"##([a-zA-Z]*)\[")


class _Record(BaseModel):
    """No unknown field, no conversion; one inside another is made of a value with the same names."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, from_attributes=True, protected_namespaces=(), defer_build=True
    )


_T = TypeVar("_T")


class Made(Sequence[_T]):
    """Records that are made whenever they are read, and not kept: a large plan has far more than are shown.

    ``values`` are what they are made of: what has the same name on both sides means the same.
    """

    def __init__(self, values: Sequence[Any], make: Callable[[Any], _T]) -> None:
        self.values = values
        self._make = make

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> _T: ...

    @overload
    def __getitem__(self, index: slice) -> list[_T]: ...

    def __getitem__(self, index: int | slice) -> _T | list[_T]:
        found = self.values[index]
        return [*map(self._make, found)] if isinstance(index, slice) else self._make(found)

    def __iter__(self) -> Iterator[_T]:
        return map(self._make, self.values)


def values_of(records: Sequence[Any]) -> Sequence[Any]:
    """Return what records are made of, where they are made when they are read, or else the records."""
    return records.values if isinstance(records, Made) else records


Some: TypeAlias = Annotated[list[_T], FailFast()]
"""A list of a document, whose reading ends with its first mistake."""
_LARGEST = 2**53  # from here on not every reader of JSON has every number
Number = Annotated[StrictInt, Field(ge=0, lt=_LARGEST)]


class CountsRecord(_Record):
    """The numbers of the summary line."""

    added: Number
    changed: Number
    destroyed: Number


class DetailRecord(_Record):
    """Where inside a structured value two sides differ; null stands for absent."""

    path: str
    before: Any
    after: Any


class FieldRecord(_Record):
    """One field before and after; null stands for absent or empty."""

    field: str
    shape: Shape = Field(description="What the values look like, for renderers.")
    before: Any
    after: Any
    moved_by: Some[Literal["configuration", "server"]] = Field(
        description="Who changed the field since the last apply, where that is known."
    )
    cleared: StrictBool
    source: str = Field(description="The file that the new value was read from, or empty.")
    details: Some[DetailRecord]
    breaking: Some[str] = Field(
        [], description="What an application that answers the calls of a tool may not survive."
    )
    texts: Annotated[list[str], Field(min_length=2, max_length=2)] | None = Field(
        None, description="The text of a file before and after, where that was asked for."
    )

    @model_validator(mode="before")
    @classmethod
    def _has_shape(cls, record: Any) -> Any:
        """Complete what was written before there were shapes."""
        is_old = isinstance(record, dict) and "shape" not in record
        return {**record, "shape": _inferred(record)} if is_old else record

    @model_validator(mode="after")
    def _is_drawable(self) -> Self:
        """Refuse what cannot be shown by its shape: a plan file may come from another program."""
        fits = _FORMS.get(self.shape, lambda _: True)
        if not all(side is None or fits(side) for side in (self.before, self.after)):
            raise ValueError(f"a side has not the shape {self.shape}")
        return self


def _is_text(side: Any) -> bool:
    return isinstance(side, str)


def _is_names(side: Any) -> bool:
    return isinstance(side, list) and all(isinstance(name, str) for name in side)


def _is_content(side: Any) -> bool:
    if not (isinstance(side, dict) and isinstance(side.get("sha256"), str)):
        return False
    return type(side.get("bytes")) is int and 0 <= side["bytes"] < _LARGEST


_FORMS = {Shape.PROSE: _is_text, Shape.FILES: _is_names, Shape.CONTENT: _is_content}


def _inferred(record: Mapping[str, Any]) -> Shape:
    """Return the shape of a field by its values alone: that of a document from before there were shapes."""
    sides = [side for side in (record.get("before"), record.get("after")) if side is not None]
    if "." in str(record.get("field")):
        return Shape.ITEM if any(isinstance(side, dict) for side in sides) else Shape.PAIR
    fitting = [shape for shape, fits in _FORMS.items() if sides and all(map(fits, sides))]
    is_short = fitting == [Shape.PROSE] and not any("\n" in side for side in sides)
    return fitting[0] if fitting and not is_short else Shape.VALUE


class FoundRecord(_Record):
    """One value of an adopted object that stays as it was found."""

    field: str
    value: Any
    declared: StrictBool = Field(description="Whether the configuration declares the same value.")
    behaves: StrictBool = Field(description="Whether the object acts by it.")
    shape: Shape
    known: StrictBool = Field(description="Whether the dialect has a field for it.")

    @property
    def is_unreviewed(self) -> bool:
        """Whether the object acts by it and the configuration says nothing about it."""
        return self.behaves and not self.declared


class WeakeningRecord(_Record):
    """A protection that was there at the last apply, and no longer is."""

    protection: Protection
    address: str = Field(description="The assistant, or empty where it is about the whole configuration.")
    names: Some[str] = Field(description="Fields ignored from now on, or exceptions that checks allow.")


class StepRecord(_Record):
    """One call; `file` is what is attached or detached, and `file_by` says whether by address or by id."""

    kind: StepKind
    file: str
    file_by: Literal["", "address", "id"] = ""
    id: str

    @property
    def reference(self) -> FileReference | None:
        """What is attached or detached; older documents do not have `file_by`."""
        if not self.file:
            return None
        is_address = self.file_by == "address" or (not self.file_by and self.file.startswith("file."))
        return Address.parse(self.file) if is_address else self.file


class ChangeRecord(_Record):
    """One address, what is done to it and why."""

    address: str
    action: Action
    reason: Reason
    id: str
    before: str = Field(description="A fingerprint of the live object that this rests on, or empty.")
    fields: Some[FieldRecord]
    steps: Some[StepRecord]
    values: dict[str, Any] = Field(description="The fields that are sent.")
    mark: str
    refused: str = Field(description="Why nothing may be done, or empty.")
    unmet: str = Field("", description="What the server does not take besides, or empty; the steps are made.")
    note: str
    drifted: StrictBool
    follows: Some[str]
    moved_from: str
    found: Some[FoundRecord] = Field([], description="The values of an adopted object that stay as found.")
    imported: StrictBool = Field(
        default=False, description="Whether an entry under `import:` names the object."
    )
    taken_from: str = Field(
        "", description="The owner that the ownership mark names until now, or empty: PROJECT/ENVIRONMENT."
    )
    kept: Some[str] = Field([], description="The fields that `--on-drift keep` leaves as they are there.")

    @property
    def is_visible(self) -> bool:
        """Whether a person should see it in the plan."""
        return self.action is not Action.NOOP or bool(self.refused or self.note)

    @property
    def destroyed(self) -> tuple[str, ...]:
        """The ids that count as destroyed."""
        return _change(self).destroyed

    @property
    def breaking(self) -> int:
        """How many reasons of its fields may break an application."""
        return sum(len(field.breaking) for field in values_of(self.fields))

    @property
    def whole(self) -> ChangeRecord:
        """The same with records that are kept."""
        made = ("fields", "steps", "found")
        return self.model_copy(update={name: [*getattr(self, name)] for name in made})


class ScopeRecord(_Record):
    """What of the configuration the plan is about.

    Never everything: `destroy` has no plan file, since it asks a person.
    """

    targets: Some[str] = []
    excluded: Some[str] = []
    prune_marked: StrictBool = False
    on_drift: Literal["overwrite", "keep", "fail"] = "overwrite"


class WarningRecord(_Record):
    """What is likely a mistake in the configuration; line and column count from 1, 0 is unknown."""

    code: str
    message: str
    file: str
    line: StrictInt
    column: StrictInt
    help: str
    count: Number = Field(1, description="How many warnings of this document have its code and message.")


class ExceptionRecord(_Record):
    """A finding of the checks that the configuration allows; a `character` is allowed in every text."""

    code: str
    place: str = Field(description="The address or the path that it is for, or empty.")
    reason: str
    character: str = ""


class RefusalRecord(_Record):
    """Why an apply of the plan would end with 5 and change nothing."""

    code: Rule = Field(description="The rule; the first one where several refuse it.")
    message: str
    remedy: str = Field(description="What to do, or empty where only the configuration can be changed.")
    command: str = Field(description="The whole command that is allowed, or empty.")


class NeedRecord(_Record):
    """Why an apply that no user sees would end with 5, unless this plan is reviewed, and change nothing."""

    address: str
    id: str
    why: Why = Field(
        description="What it would do: overwrite values that drifted or that are unrecorded, create again "
        "what was deleted, take over what another owner has, adopt behaviour that is not declared, or make "
        "copies of what another owner has."
    )
    fields: Some[str] = Field(description="The fields concerned; their values are in the change.")
    owner: str = Field("", description="The owner that loses the object, or has it already, or empty.")


class PlanDocument(_Record):
    """A plan: what apply would do, and what that rests on."""

    format_version: Literal[1]
    kind: Literal["plan"]
    digest: str = Field(description="What names the plan in a review: apply --expect-digest takes it.")
    project: str
    environment: str
    target: str
    account: str = Field("", description="What the server calls the account, or empty.")
    dialect: str = Field(FIRST_DIALECT, description="The API that the server speaks.")
    lineage: str
    serial: StrictInt
    scope: ScopeRecord
    refusal: RefusalRecord | None = Field(None, description="Why apply will refuse this plan, or null.")
    needs_review: Some[NeedRecord] = Field(
        [], description="What an unattended apply only does after a review; empty where it needs none."
    )
    counts: CountsRecord
    weakened: Some[WeakeningRecord] = Field(
        [], description="The protections that the configuration weakens since the last apply."
    )
    exceptions: Some[ExceptionRecord] = Field(
        [], description="The findings of the checks that the configuration allows, with a reason for each."
    )
    changes: Some[ChangeRecord]
    existing: Some[str] = Field(
        [], description="What would be created although it exists already, and the entries that keep it."
    )
    notices: Some[str]
    warnings: Some[WarningRecord] = []
    warnings_omitted: Number = Field(0, description="The number of further warnings, of which none is kept.")
    managed: StrictInt
    missing: StrictInt
    is_bare: StrictBool
    is_partial: StrictBool
    checksum: str = Field(description="Over everything else; it reveals accidents, and proves nothing.")

    @property
    def has_changes(self) -> bool:
        """Whether apply would do, or refuse, anything."""
        return any(change.action is not Action.NOOP or change.refused for change in self.changes)


class VerifiedRecord(_Record):
    """What the server made of one value; both sides are null where it is kept as declared."""

    path: str
    kept: Kept
    sent: Any = Field(
        default=None,
        description="What was declared; of an undeclared value, what was there before. Keys are hidden.",
    )
    found: Any = Field(
        default=None, description="What the server keeps; null stands for absent. Keys are hidden."
    )


class OutcomeRecord(_Record):
    """How one change ended."""

    address: str
    action: Action
    result: Result
    cause: Cause
    message: str
    request_id: str
    written: StrictBool = Field(description="Whether a call of it took, or may have taken, effect.")
    id: str
    verified: Some[VerifiedRecord] = Field([], description="The values of an assistant after its writes.")
    deleted: Some[str] = Field([], description="The uploads of a file that were deleted.")


class VerifiedCountsRecord(_Record):
    """The numbers of the assistants that were verified, and of their values by what became of them."""

    assistants: Number = 0
    declared: Number = 0
    normalised: Number = 0
    ignored: Number = 0
    lost: Number = 0
    added: Number = 0


class ReportDocument(_Record):
    """A report: what became of a plan."""

    format_version: Literal[1]
    kind: Literal["report"]
    digest: str
    project: str
    environment: str
    target: str
    exit_code: StrictInt
    interrupted: StrictInt = Field(description="The signal that ended the run early, or 0.")
    unsaved: str = Field(description="Why the state could not be saved at the end, or empty.")
    counts: CountsRecord
    verified: VerifiedCountsRecord = VerifiedCountsRecord()
    left: Some[str] = Field([], description="The uploads that stay, as only a review deletes them.")
    advice: str = Field("", description="How to delete these after a review, or empty.")
    outcomes: Some[OutcomeRecord]


class ListedRecord(_Record):
    """One live assistant; what is not known is null."""

    id: str
    name: str = Field(description="The name by which users know it, or empty.")
    owner: str | None = Field(description="PROJECT/ENVIRONMENT of its ownership mark; null without one.")
    address: str | None = Field(description="The address that its ownership mark names.")
    bound: str | None = Field(description="Its address in the state of this project.")
    size: Number | None = Field(description="Bytes of its values as JSON, without files and ownership mark.")
    files: Number | None = Field(description="The number of its files.")
    created_at: StrictInt | None = Field(description="Seconds since 1970.")
    problem: str = Field(description="Why it cannot be read, or empty.")
    unknown_mark: StrictBool = Field(
        description="Whether its ownership mark is invalid, or of a newer version: nothing adopts it then."
    )


class InventoryDocument(_Record):
    """The assistants of an account, oldest first."""

    format_version: Literal[1]
    kind: Literal["assistants"]
    target: str
    account: str = Field(description="What the server calls the account, or empty.")
    total: Number = Field(description="The number of all assistants of the account.")
    owned: Number = Field(description="The number of those with an ownership mark.")
    unknown: Number = Field(description="The number of those with an unknown ownership mark.")
    unreadable: Number = Field(description="The number of those that cannot be read.")
    is_whole: StrictBool = Field(description="Whether the end of the list was proved.")
    assistants: Some[ListedRecord]


Document: TypeAlias = PlanDocument | ReportDocument
DocumentT = TypeVar("DocumentT", bound=PlanDocument | ReportDocument | InventoryDocument)


def schema(what: str) -> str:
    """Return the JSON Schema of a ``plan``, a ``report`` or a list of ``assistants``, as text."""
    models: dict[str, type[BaseModel]] = {
        "plan": PlanDocument,
        "report": ReportDocument,
        "assistants": InventoryDocument,
    }
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **models[what].model_json_schema(mode="serialization"),
    }
    return json.dumps(described, indent=2, sort_keys=True) + "\n"


def plan_document(  # noqa: PLR0913 - a plan, and what a command adds to it
    plan: Plan,
    scope: ScopeRecord | None = None,
    warnings: Sequence[Diagnostic] = (),
    warnings_omitted: int = 0,
    *,
    refusal: RefusalRecord | None = None,
    needs: Sequence[Need] = (),
) -> PlanDocument:
    """Return a plan as its document, with what is likely a mistake in the configuration."""
    return whole(plan_draft(plan, scope, warnings, warnings_omitted, refusal=refusal, needs=needs))


def plan_draft(  # noqa: PLR0913 - as above
    plan: Plan,
    scope: ScopeRecord | None = None,
    warnings: Sequence[Diagnostic] = (),
    warnings_omitted: int = 0,
    *,
    refusal: RefusalRecord | None = None,
    needs: Sequence[Need] = (),
) -> PlanDocument:
    """Return the same without a checksum, and with records that are made when they are read.

    It is made once a run, and enough to be shown: `completed` adds what is found later.
    """
    alike = Counter((one.code, one.message) for one in warnings)
    return _record(
        PlanDocument,
        plan,
        format_version=FORMAT,
        kind="plan",
        **asdict(plan.basis),
        scope=scope or ScopeRecord(),
        refusal=refusal,
        needs_review=[_need_record(one) for one in needs],
        weakened=[_record(WeakeningRecord, one, names=list(one.names)) for one in plan.weakened],
        exceptions=[_record(ExceptionRecord, one) for one in plan.exceptions],
        existing=[*plan.existing],
        notices=[*plan.notices, *filter(None, [unproved(plan.left)])],
        changes=[_change_record(change) for change in plan.changes if change.is_visible or change.steps],
        warnings=[_warning_record(one, alike[one.code, one.message]) for one in warnings],
        warnings_omitted=warnings_omitted,
        checksum="",
    )


def completed(draft: PlanDocument, refusal: RefusalRecord | None, needs: Sequence[Need] = ()) -> PlanDocument:
    """Return the draft of a plan with why it will be refused, and what of it needs a review."""
    return draft.model_copy(update={"refusal": refusal, "needs_review": [*map(_need_record, needs)]})


def whole(document: DocumentT) -> DocumentT:
    """Return a document with all its records; that of a plan also with its checksum."""
    if not isinstance(document, PlanDocument) or document.checksum:
        return document
    changes = [change.whole for change in document.changes]
    return document.model_copy(update={"changes": changes, "checksum": _checksum_of(document)})


def inventory_document(inventory: Inventory) -> InventoryDocument:
    """Return the assistants of an account as their document."""
    listed = [
        _record(
            ListedRecord,
            one,
            owner=_text_or_none(one.owner),
            address=_text_or_none(one.address),
            bound=_text_or_none(one.bound),
        )
        for one in inventory.assistants
    ]
    return _record(InventoryDocument, inventory, format_version=FORMAT, kind="assistants", assistants=listed)


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


def refusal_record(refusals: Sequence[Refusal], command: str) -> RefusalRecord | None:
    """Return the reasons to refuse a plan as one; None for none. ``command`` is what is allowed, or empty."""
    if not refusals:
        return None
    return RefusalRecord(
        code=refusals[0].rule,
        message="; ".join(one.message for one in refusals),
        remedy="; ".join(one.remedy for one in refusals if one.remedy),
        command=command,
    )


def _need_record(need: Need) -> NeedRecord:
    fields, owner = list(need.fields), str(need.owner or "")
    return _record(NeedRecord, need, address=str(need.address), fields=fields, owner=owner)


def report_document(report: Report, plan: Plan, advice: str = "") -> ReportDocument:
    """Return a report as its document, with how to delete the uploads that the plan left."""
    return _record(
        ReportDocument,
        report,
        format_version=FORMAT,
        kind="report",
        digest=plan.digest,
        project=plan.project,
        environment=plan.environment,
        target=plan.basis.target,
        verified=_verified_counts(report.outcomes),
        left=[*plan.left],
        advice=advice,
        outcomes=[_outcome_record(outcome) for outcome in report.outcomes],
    )


def unproved(ids: Sequence[str]) -> str:
    """Return the sentence about uploads that stay, as only a review deletes them; nothing for none."""
    if not ids:
        return ""
    stay, them = ("stays", "it") if len(ids) == 1 else ("stay", "them")
    named = ", ".join(ids)
    return f"{named} {stay} on the server, as nothing proves that this project uploaded {them}."


def printed(document: Document | InventoryDocument) -> str:
    """Return a document as the text that ``--format json`` prints, and that a plan file holds.

    Records are indented, and a value of a resource is on one line: indentation would multiply a deep value.
    """
    return "".join(_COMMAND.sub(r"##\1\\u005b", part) for part in _parts(document))


def _parts(document: Document | InventoryDocument) -> Iterator[str]:
    """Yield what is printed, each record of a list on its own: a large plan is held in few copies."""
    outer, inner = "\n  ", "\n    "
    for before, name in zip(
        _separators(f"{{{outer}", f",{outer}"), type(document).model_fields, strict=False
    ):
        value = getattr(document, name)
        yield f"{before}{json.dumps(name)}: "
        if name == "checksum" and isinstance(document, PlanDocument):
            yield json.dumps(value or _checksum_of(document))
        elif _is_list(value):
            for start, one in zip(_separators(f"[{inner}", f",{inner}"), value, strict=False):
                yield f"{start}{_laid_out(one, inner)}"
            yield f"{outer}]"
        else:
            yield _laid_out(value, outer)
    yield "\n}\n"


def _separators(first: str, other: str) -> Iterator[str]:
    """Yield what is before the first of some parts, and before each other one."""
    return chain((first,), repeat(other))


def _is_list(value: Any) -> bool:
    """Return whether a value is a list of records."""
    return isinstance(value, (list, Made)) and len(value) > 0 and isinstance(value[0], _Record)


def _laid_out(value: Any, margin: str) -> str:
    """Return a record, or a list of records, indented; any other value on one line."""
    inner = f"{margin}  "
    if isinstance(value, _Record):
        names = type(value).model_fields
        parts = [f"{json.dumps(name)}: {_laid_out(getattr(value, name), inner)}" for name in names]
        return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}"
    if _is_list(value):
        return f"[{inner}{f',{inner}'.join(_laid_out(one, inner) for one in value)}{margin}]"
    return json.dumps([] if isinstance(value, Made) else value)


def read(text: bytes, path: object) -> Document:
    """Return the plan or the report in a file; PlanFileError, naming the path, when it holds neither."""
    try:
        is_report = json.loads(text)["kind"] == "report"
    except (ValueError, TypeError, KeyError, RecursionError):
        is_report = False
    return read_report(text, path) if is_report else read_plan(text, path)


def read_plan(text: bytes, path: object) -> PlanDocument:
    """Return the plan in a file; PlanFileError, naming the path, when it holds none."""
    with _named(path, "plan"):
        record = json.loads(text)
        _refuse_newer(record, path)
        document = PlanDocument.model_validate(record)
        is_whole = _checksum(record) == document.checksum and _agrees(document, plan_in(document))
    if not is_whole:
        raise PlanFileError(f"{path} was changed after it was made. Nothing was sent.")
    return document


def read_report(text: bytes, path: object) -> ReportDocument:
    """Return the report in a file; PlanFileError, naming the path, when it holds none."""
    with _named(path, "report"):
        record = json.loads(text)
        _refuse_newer(record, path)
        document = ReportDocument.model_validate(record)
        for outcome in document.outcomes:
            Address.parse(outcome.address)
    return document


@contextmanager
def _named(path: object, what: str) -> Iterator[None]:
    """Name the file in an error of reading it."""
    try:
        yield
    except ValidationError as cause:
        first = cause.errors()[0]
        location = ".".join(str(step) for step in first["loc"]) or "the whole of it"
        raise PlanFileError(f"{path} is not a {what}: {location}: {first['msg']}") from cause
    except (ValueError, TypeError, RecursionError) as cause:
        raise PlanFileError(f"{path} is not a {what}") from cause


def _agrees(document: PlanDocument, plan: Plan) -> bool:
    """Return whether what a document says about its changes is what they say themselves."""
    is_named = document.digest in {plan.digest, plan.earlier_digest}
    return is_named and document.counts == CountsRecord.model_validate(plan.counts)


def _refuse_newer(record: Any, path: object) -> None:
    version = record.get("format_version") if isinstance(record, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise PlanFileError(
            f"{path} is of format {version}, and this version reads {FORMAT}; use a newer one"
        )


def _checksum(record: dict[str, Any]) -> str:
    """Return a digest of a record as it was written, so that older files still verify."""
    return f"sha256:{digest({key: value for key, value in record.items() if key != 'checksum'})}"


def _checksum_of(document: PlanDocument) -> str:
    """Return the checksum of a document that has none yet; its canonical text is never held as a whole."""
    hashed = hashlib.sha256()
    for part in _canonical(document):
        hashed.update(part.encode("utf-8", "surrogatepass"))
    return f"sha256:{hashed.hexdigest()}"


def _canonical(document: PlanDocument) -> Iterator[str]:
    """Yield the canonical text of a document without its checksum."""
    plain = document.model_dump(exclude={"changes", "checksum"})
    for before, name in zip(_separators("{", ","), sorted([*plain, "changes"]), strict=False):
        yield f"{before}{canonical(name)}:"
        if name != "changes":
            yield canonical(plain[name])
            continue
        yield "["
        for start, change in zip(_separators("", ","), document.changes, strict=False):
            yield f"{start}{canonical(_plain(change))}"
        yield "]"
    yield "}"


def _plain(value: Any) -> Any:
    """Return a record as a JSON object; its values are not copied, unlike those of a dump."""
    if isinstance(value, _Record):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    return [*map(_plain, value)] if isinstance(value, (list, Made)) else value


# Values and records: whatever has the same name on both sides is carried over.

_R = TypeVar("_R", bound=_Record)
_V = TypeVar("_V", bound="DataclassInstance")


def _record(kind: type[_R], value: object, /, **rest: Any) -> _R:
    """Return the record of a value; ``rest`` is what has another form in the value, or none."""
    names = kind.model_fields.keys() - rest.keys()
    return kind(**{name: getattr(value, name) for name in names}, **rest)


def _value(kind: type[_V], record: _Record, /, **rest: Any) -> _V:
    """Return the value that a record holds; ``rest`` is what has another form there, or none."""
    names = {field.name for field in fields(kind)} & type(record).model_fields.keys() - rest.keys()
    return kind(**{name: getattr(record, name) for name in names}, **rest)


def _made(kind: type[_R], value: object, /, **rest: Any) -> _R:
    """Return the record of a value of ours, which is right already; ``rest`` is as in `_record`."""
    names = {name: getattr(value, name) for name in kind.model_fields if name not in rest}
    return kind.model_construct(**names, **rest)


def _change_record(change: Change) -> ChangeRecord:
    return _made(
        ChangeRecord,
        change,
        address=str(change.address),
        fields=Made(change.fields, _field_record),
        steps=Made(change.steps, _step_record),
        values=dict(change.values),
        mark=str(change.mark or ""),
        follows=[str(address) for address in change.follows],
        moved_from=str(change.moved_from or ""),
        taken_from=str(change.taken_from or ""),
        kept=list(change.kept),
        found=Made(change.found, _found_record),
    )


def _field_record(field: FieldChange) -> FieldRecord:
    return _made(
        FieldRecord,
        field,
        after=list(field.after) if isinstance(field.after, tuple) else field.after,
        moved_by=list(field.moved_by),
        details=[_made(DetailRecord, one) for one in field.details],
        breaking=list(field.breaking),
        texts=list(field.texts) if field.texts else None,
    )


def _found_record(found: Found) -> FoundRecord:
    return _made(FoundRecord, found)


def _step_record(step: Step) -> StepRecord:
    by = "address" if isinstance(step.file, Address) else "id" if step.file else ""
    return _made(StepRecord, step, file=str(step.file or ""), file_by=by)


def _warning_record(warning: Diagnostic, count: int) -> WarningRecord:
    origin = warning.origin
    place = {"file": origin.path, "line": origin.line, "column": origin.column if origin.line else 0}
    return _record(WarningRecord, warning, **place, count=count)


def _outcome_record(outcome: Outcome) -> OutcomeRecord:
    change = outcome.change
    return _record(
        OutcomeRecord,
        outcome,
        address=str(change.address),
        action=change.action,
        message=masked(outcome.message) if outcome.message else "",
        deleted=list(outcome.deleted),
        verified=[_verified_record(one) for one in outcome.verified],
    )


def _verified_record(one: Verified) -> VerifiedRecord:
    """Return the record of a value; what is kept as declared stands in the configuration already."""
    if one.kept is Kept.DECLARED:
        return _declared_record(one.path)
    return _record(VerifiedRecord, one, sent=_without_keys(one.sent), found=_without_keys(one.found))


@lru_cache(maxsize=256)  # every assistant has the same few paths
def _declared_record(path: str) -> VerifiedRecord:
    return VerifiedRecord(path=path, kept=Kept.DECLARED)


def _without_keys(value: Any) -> Any:
    """Return a value in whose texts nothing looks like a key: a report is passed on, unlike a plan."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {masked(str(name)): _without_keys(inner) for name, inner in value.items()}
    return [_without_keys(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _verified_counts(outcomes: Iterable[Outcome]) -> VerifiedCountsRecord:
    """Return how many assistants were verified, and how many values by what became of them."""
    verified = [outcome.verified for outcome in outcomes if outcome.verified]
    counts = Counter(one.kept for values in verified for one in values)
    return VerifiedCountsRecord(assistants=len(verified), **{str(kept): n for kept, n in counts.items()})


def plan_in(document: PlanDocument) -> Plan:
    """Return the plan that a document holds."""
    return _value(
        Plan,
        document,
        basis=_value(Basis, document),
        changes=tuple(_change(record) for record in document.changes),
        existing=tuple(document.existing),
        notices=tuple(document.notices),
        weakened=tuple(_value(Weakening, one, names=tuple(one.names)) for one in document.weakened),
        exceptions=tuple(_value(AllowedFinding, one) for one in document.exceptions),
    )


def _change(record: ChangeRecord) -> Change:
    return _value(
        Change,
        record,
        address=Address.parse(record.address),
        fields=tuple(_field(field) for field in record.fields),
        steps=tuple(_value(Step, step, file=step.reference) for step in record.steps),
        mark=_mark(record.mark),
        follows=tuple(Address.parse(address) for address in record.follows),
        moved_from=Address.parse(record.moved_from) if record.moved_from else None,
        found=tuple(_value(Found, one) for one in record.found),
        taken_from=Owner.parse(record.taken_from) if record.taken_from else None,
        kept=tuple(record.kept),
    )


def _mark(text: str) -> Mark | None:
    """Return an ownership mark; that of a create has no nonce yet."""
    mark = Mark.parse(text.replace(" n= ", " n=a ", 1))
    return replace(mark, nonce="") if mark and " n= " in text else mark


def _field(record: FieldRecord) -> FieldChange:
    return _value(
        FieldChange,
        record,
        drifted="server" in record.moved_by,
        edited="configuration" in record.moved_by,
        details=tuple(_value(Detail, detail) for detail in record.details),
        breaking=tuple(record.breaking),
        texts=(record.texts[0], record.texts[1]) if record.texts else None,
    )
