"""A Plan or a Report as one JSON document: what ``--format json`` prints and what a plan file holds.

A plan file is a claim about what apply would do, never a program: it is read to be shown, and to be compared
with a plan made anew. It holds the texts it shows.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError, model_validator

from reconciler.errors import PlanFileError
from reconciler.model.address import Address
from reconciler.model.canonical import digest
from reconciler.model.change import Action, Change, Detail, FieldChange, Reason, Step, StepKind
from reconciler.model.mark import Mark
from reconciler.model.outcome import Cause, Result  # noqa: TC001 - pydantic reads them
from reconciler.model.plan import Basis, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.outcome import Outcome, Report
    from reconciler.model.resource import FileReference

FORMAT: Final = 1
# What a build service takes for a command wherever it stands; in JSON only a text can hold it.
_COMMAND = re.compile(r"##([a-zA-Z]*)\[")


class _Record(BaseModel):
    """No unknown field, no conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


Number = Annotated[StrictInt, Field(ge=0, lt=2**53)]


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
    before: Any
    after: Any
    moved_by: list[Literal["configuration", "server"]] = Field(
        description="Who moved the field since the last apply, where that is known."
    )
    cleared: StrictBool
    source: str = Field(description="The file that the new value was read from, or empty.")
    details: list[DetailRecord]
    breaking: list[str] = Field(
        [], description="What an application that answers the calls of a tool may not survive."
    )
    texts: Annotated[list[str], Field(min_length=2, max_length=2)] | None = Field(
        None, description="The text of a file before and after, where that was asked for."
    )

    @model_validator(mode="after")
    def _is_drawable(self) -> Self:
        """What is drawn by its shape must have it, whoever wrote the file."""
        sides = (self.before, self.after)
        if self.field == "content" and not all(one is None or _is_content(one) for one in sides):
            raise ValueError("a side of content is neither null nor a size and a digest")
        if self.field == "files" and not all(one is None or _is_names(one) for one in sides):
            raise ValueError("a side of files is neither null nor a list of names")
        return self


def _is_content(side: Any) -> bool:
    return isinstance(side, dict) and type(side.get("bytes")) is int and isinstance(side.get("sha256"), str)


def _is_names(side: Any) -> bool:
    return isinstance(side, list) and all(isinstance(one, str) for one in side)


class StepRecord(_Record):
    """One call; `file` is what is attached or detached, and `file_by` says whether by address or by id."""

    kind: StepKind
    file: str
    file_by: Literal["", "address", "id"] = ""
    id: str


class ChangeRecord(_Record):
    """One address, what is done to it and why."""

    address: str
    action: Action
    reason: Reason
    id: str
    before: str = Field(description="A fingerprint of the live object that this rests on, or empty.")
    fields: list[FieldRecord]
    steps: list[StepRecord]
    values: dict[str, Any] = Field(description="The fields that are sent.")
    mark: str
    refused: str = Field(description="Why nothing may be done, or empty.")
    note: str
    drifted: StrictBool
    follows: list[str]
    moved_from: str


class ScopeRecord(_Record):
    """What of the configuration the plan is about.

    Never everything: `destroy` has no plan file, since it asks a person.
    """

    targets: list[str] = []
    excluded: list[str] = []
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


class PlanDocument(_Record):
    """A plan: what apply would do, and what that rests on."""

    format_version: Literal[1]
    kind: Literal["plan"]
    digest: str = Field(description="What names the plan in a review: apply --expect-digest takes it.")
    project: str
    environment: str
    target: str
    account: str = Field("", description="What the server calls the account, or empty.")
    lineage: str
    serial: StrictInt
    scope: ScopeRecord
    counts: CountsRecord
    changes: list[ChangeRecord]
    notices: list[str]
    warnings: list[WarningRecord] = []
    managed: StrictInt
    missing: StrictInt
    is_bare: StrictBool
    is_partial: StrictBool
    checksum: str = Field(description="Over everything else; it tells accidents, and proves nothing.")


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
    outcomes: list[OutcomeRecord]


Document: TypeAlias = PlanDocument | ReportDocument


def schema(what: str) -> str:
    """The JSON Schema of a ``plan`` or a ``report``, as text."""
    models: dict[str, type[BaseModel]] = {"plan": PlanDocument, "report": ReportDocument}
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **models[what].model_json_schema(mode="serialization"),
    }
    return json.dumps(described, indent=2, sort_keys=True) + "\n"


def plan_document(
    plan: Plan, scope: ScopeRecord | None = None, warnings: Iterable[Diagnostic] = ()
) -> PlanDocument:
    """A plan as its document, with what is likely a mistake in the configuration."""
    made = PlanDocument(
        format_version=FORMAT,
        kind="plan",
        digest=plan.digest,
        project=plan.project,
        environment=plan.environment,
        target=plan.basis.target,
        account=plan.basis.account,
        lineage=plan.basis.lineage,
        serial=plan.basis.serial,
        scope=scope or ScopeRecord(),
        counts=_counts(plan.counts),
        changes=[_change_record(one) for one in plan.changes if one.is_visible or one.steps],
        notices=list(plan.notices),
        warnings=[_warning_record(one) for one in warnings],
        managed=plan.managed,
        missing=plan.missing,
        is_bare=plan.is_bare,
        is_partial=plan.is_partial,
        checksum="",
    )
    return made.model_copy(update={"checksum": _checksum(made.model_dump())})


def report_document(report: Report, plan: Plan) -> ReportDocument:
    """A report as its document."""
    return ReportDocument(
        format_version=FORMAT,
        kind="report",
        digest=plan.digest,
        project=plan.project,
        environment=plan.environment,
        target=plan.basis.target,
        exit_code=report.exit_code,
        interrupted=report.interrupted,
        unsaved=report.unsaved,
        counts=_counts(report.counts),
        outcomes=[_outcome_record(one) for one in report.outcomes],
    )


def printed(document: Document) -> str:
    """A document as the text that ``--format json`` prints, and that a plan file holds."""
    text = json.dumps(document.model_dump(), indent=2, ensure_ascii=True)
    return _COMMAND.sub(r"##\1\\u005b", text) + "\n"


def read(text: bytes, path: object) -> Document:
    """The plan or the report in a file; PlanFileError, naming the path, when it holds neither."""
    try:
        is_report = json.loads(text)["kind"] == "report"
    except (ValueError, TypeError, KeyError, RecursionError):
        is_report = False
    return read_report(text, path) if is_report else read_plan(text, path)


def read_plan(text: bytes, path: object) -> PlanDocument:
    """The plan in a file; PlanFileError, naming the path, when it holds none."""
    with _named(path, "plan"):
        found = json.loads(text)
        _refuse_newer(found, path)
        document = PlanDocument.model_validate(found)
        is_whole = _checksum(found) == document.checksum and _agrees(document, plan_in(document))
    if not is_whole:
        raise PlanFileError(f"{path} was changed after it was made. Nothing was sent.")
    return document


def read_report(text: bytes, path: object) -> ReportDocument:
    """The report in a file; PlanFileError, naming the path, when it holds none."""
    with _named(path, "report"):
        found = json.loads(text)
        _refuse_newer(found, path)
        document = ReportDocument.model_validate(found)
        for one in document.outcomes:
            Address.parse(one.address)
    return document


@contextmanager
def _named(path: object, what: str) -> Iterator[None]:
    """Say of which file it was that it is no document."""
    try:
        yield
    except ValidationError as cause:
        first = cause.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the whole of it"
        raise PlanFileError(f"{path} is not a {what}: {where}: {first['msg']}") from cause
    except (ValueError, TypeError, RecursionError) as cause:
        raise PlanFileError(f"{path} is not a {what}") from cause


def _agrees(document: PlanDocument, plan: Plan) -> bool:
    """Whether what a document says about its changes is what they say themselves."""
    return document.digest == plan.digest and document.counts == _counts(plan.counts)


def _refuse_newer(found: Any, path: object) -> None:
    version = found.get("format_version") if isinstance(found, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise PlanFileError(
            f"{path} is of format {version}, and this version reads {FORMAT}; use a newer one"
        )


def _checksum(record: dict[str, Any]) -> str:
    """Over a document as it was written, so that one of before a field was added still fits."""
    return f"sha256:{digest({key: value for key, value in record.items() if key != 'checksum'})}"


def _counts(counts: Any) -> CountsRecord:
    return CountsRecord(added=counts.added, changed=counts.changed, destroyed=counts.destroyed)


def _change_record(change: Change) -> ChangeRecord:
    return ChangeRecord(
        address=str(change.address),
        action=change.action,
        reason=change.reason,
        id=change.id,
        before=change.before,
        fields=[_field_record(one) for one in change.fields],
        steps=[_step_record(one) for one in change.steps],
        values=dict(change.values),
        mark=str(change.mark or ""),
        refused=change.refused,
        note=change.note,
        drifted=change.drifted,
        follows=[str(one) for one in change.follows],
        moved_from=str(change.moved_from or ""),
    )


def _step_record(one: Step) -> StepRecord:
    by: Literal["", "address", "id"] = "id" if one.file else ""
    return StepRecord(
        kind=one.kind,
        file=str(one.file or ""),
        file_by="address" if isinstance(one.file, Address) else by,
        id=one.id,
    )


def _field_record(one: FieldChange) -> FieldRecord:
    details = [DetailRecord(path=each.path, before=each.before, after=each.after) for each in one.details]
    after = list(one.after) if isinstance(one.after, tuple) else one.after
    return FieldRecord(
        field=one.field,
        before=one.before,
        after=after,
        moved_by=list(one.moved_by),
        cleared=one.cleared,
        source=one.source,
        details=details,
        breaking=list(one.breaking),
        texts=list(one.texts) if one.texts else None,
    )


def _warning_record(one: Diagnostic) -> WarningRecord:
    where = one.origin
    return WarningRecord(
        code=one.code,
        message=one.message,
        file=where.path,
        line=where.line,
        column=where.column if where.line else 0,
        help=one.help,
    )


def _outcome_record(one: Outcome) -> OutcomeRecord:
    return OutcomeRecord(
        address=str(one.change.address),
        action=one.change.action,
        result=one.result,
        cause=one.cause,
        message=one.message,
        request_id=one.request_id,
        written=one.written,
        id=one.id,
    )


def plan_in(document: PlanDocument) -> Plan:
    """The plan that a document holds."""
    return Plan(
        document.project,
        document.environment,
        Basis(document.lineage, document.serial, document.target, document.account),
        tuple(_change(one) for one in document.changes),
        tuple(document.notices),
        document.managed,
        document.missing,
        document.is_bare,
        document.is_partial,
    )


def _change(one: ChangeRecord) -> Change:
    return Change(
        Address.parse(one.address),
        one.action,
        one.reason,
        tuple(_field(each) for each in one.fields),
        tuple(Step(each.kind, _reference(each), each.id) for each in one.steps),
        one.id,
        one.before,
        one.values,
        _mark(one.mark),
        None,
        one.refused,
        one.note,
        one.drifted,
        tuple(Address.parse(each) for each in one.follows),
        Address.parse(one.moved_from) if one.moved_from else None,
    )


def _mark(text: str) -> Mark | None:
    """A Mark; that of a create has no nonce yet."""
    found = Mark.parse(text.replace(" n= ", " n=a ", 1))
    return replace(found, nonce="") if found and " n= " in text else found


def _field(one: FieldRecord) -> FieldChange:
    details = tuple(Detail(each.path, each.before, each.after) for each in one.details)
    return FieldChange(
        one.field,
        one.before,
        one.after,
        "server" in one.moved_by,
        one.cleared,
        one.source,
        details,
        "configuration" in one.moved_by,
        tuple(one.breaking),
        (one.texts[0], one.texts[1]) if one.texts else None,
    )


def _reference(step: StepRecord) -> FileReference | None:
    """Return what a step attaches or detaches; older documents do not have `file_by`."""
    if not step.file:
        return None
    is_address = step.file_by == "address" or (not step.file_by and step.file.startswith("file."))
    return Address.parse(step.file) if is_address else step.file
