"""What must change for the live objects to become the desired ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.engine.difference import digests, field_changes, field_digest, managed_before, normal_tools
from reconciler.engine.matching import Match, Situation
from reconciler.engine.uploads import Uploads
from reconciler.model.address import Address, assistant
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.mark import Mark, files_digest, key_digest
from reconciler.model.plan import Basis, Plan
from reconciler.model.state import AssistantBinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.resource import Desired, DesiredAssistant, FileReference, Live, LiveAssistant
    from reconciler.model.state import State


def plan(  # noqa: PLR0913 - three values compared, three facts they are compared under
    desired: Desired,
    live: Live,
    state: State,
    *,
    target: str,
    places: int = 20,
    prune: bool = False,
    only: frozenset[Address] | None = None,
    because: Reason = Reason.UNDECLARED,
) -> Plan:
    """Compare what is wanted with what is there and what is remembered.

    Pure: equal arguments give equal plans. Wanted changes come first, files before the assistants that
    carry them; then deletions, assistants before their files. ``places`` is how many files an assistant
    can carry; ``prune`` also deletes marked assistants that are neither declared nor in the state;
    ``only`` leaves everything but these addresses as it is; ``because`` is said of every deletion.
    """
    situation = Situation(desired, live, state, only)
    uploads = Uploads(situation, because)
    planner = _Assistants(situation, uploads, places)
    wanted = [*uploads.wanted.values(), *(planner.change(one) for one in desired.assistants)]
    unwanted = [*planner.unwanted(because), *(planner.pruned() if prune else ()), *uploads.unwanted]
    return Plan(
        desired.project,
        desired.environment,
        Basis(state.lineage, state.serial, target),
        tuple(change for change in wanted + unwanted if situation.selected(change.address)),
        tuple(_notices(situation, prune=prune)),
        len({*state.bindings, *uploads.bound, *situation.interrupted}),
        sum(not situation.lives(binding) for binding in state.bindings.values()),
    )


def _notices(situation: Situation, *, prune: bool) -> Iterator[str]:
    for one in situation.strangers:
        where = assistant(one.mark.name if one.mark else "")
        if where in situation.matches:
            yield f"{one.id} is a copy of {where} with our Mark on it; it is left alone. Delete it by hand."
        elif not prune:
            yield (
                f"{one.id} carries our Mark as {where}, which is neither declared nor in the state; "
                "it is left alone. --prune-marked deletes it."
            )


@dataclass(frozen=True)
class _Assistants:
    """The assistant half of a plan."""

    situation: Situation
    uploads: Uploads
    places: int

    def change(self, desired: DesiredAssistant) -> Change:
        match = self.situation.matches[desired.address]
        refused = match.refused or self._missing(desired)
        if match.live is None:
            made = self._create(desired, match)
        else:
            made = self._update(desired, match, match.live)
        return replace(made, refused=refused) if refused else made

    def _missing(self, desired: DesiredAssistant) -> str:
        absent = [
            one
            for one in desired.files or ()
            if isinstance(one, str) and one not in self.situation.live.files
        ]
        return (
            f"{', '.join(absent)} is not on the server; upload it, or take it out of `files`"
            if absent
            else ""
        )

    def _create(self, desired: DesiredAssistant, match: Match) -> Change:
        fields = tuple(
            FieldChange(field, None, value, source=desired.sources.get(field, ""))
            for field, value in _flat(desired)
        )
        return Change(
            desired.address,
            Action.CREATE,
            match.reason,
            fields,
            (Step(StepKind.CREATE),),
            values={field: value for field, value in desired.fields.items() if value is not None},
            mark=self._mark(desired, ""),
            drifted=match.reason is Reason.GONE,
        )

    def _mark(self, desired: DesiredAssistant, nonce: str) -> Mark:
        managed = {field for field in desired.fields if field != "metadata"}
        return Mark(
            self.situation.desired.project,
            self.situation.desired.environment,
            desired.address.name,
            nonce,
            frozenset(managed | ({"files"} if desired.files is not None else set())),
            frozenset(key_digest(key) for key in desired.metadata),
            files_digest(one.identity for one in self.situation.declared_files(desired)),
        )

    def _update(self, desired: DesiredAssistant, match: Match, live: LiveAssistant) -> Change:
        fields = tuple(field_changes(desired, live, match.binding))
        attach, detach = self._attachments(desired, match, live)
        mark = self._mark(desired, match.nonce)
        writes = (Step(StepKind.UPDATE, id=live.id),) if fields or mark != live.mark else ()
        steps = self._ordered(live, attach, writes, detach)
        drifted = any(one.drifted for one in fields) or self._files_drifted(match, live, attach, detach)
        change = Change(
            desired.address,
            Action.ADOPT if match.reason is Reason.MARKED else Action.UPDATE if steps else Action.NOOP,
            match.reason if match.reason is Reason.MARKED else _why(fields, steps, drifted=drifted),
            fields,
            steps,
            live.id,
            live.fingerprint,
            _sent(desired, fields),
            mark,
            note=_note(steps, fields, live, len(attach), self.places),
            drifted=drifted,
            follows=() if match.reason is Reason.MARKED else self._followed(fields, attach, detach),
        )
        return (
            replace(change, reason=Reason.FOLLOWS) if change.follows else self._bound(change, desired, match)
        )

    def _attachments(
        self, desired: DesiredAssistant, match: Match, live: LiveAssistant
    ) -> tuple[list[Step], list[Step]]:
        managed = desired.files is not None or "files" in managed_before(live, match.binding)
        if not managed or "files" in desired.ignored:
            return [], []
        wanted = {one: self._id(one) for one in desired.files or ()}
        attach = [
            Step(StepKind.ATTACH, one, known) for one, known in wanted.items() if known not in live.file_ids
        ]
        detach = [
            Step(StepKind.DETACH, self.uploads.names.get(one, one), one)
            for one in live.file_ids
            if one not in wanted.values()
        ]
        return attach, detach

    def _id(self, reference: FileReference) -> str:
        return self.uploads.wanted[reference].id if isinstance(reference, Address) else reference

    def _ordered(
        self, live: LiveAssistant, attach: list[Step], writes: tuple[Step, ...], detach: list[Step]
    ) -> tuple[Step, ...]:
        """Attach before detach, so that the assistant is never without a file; the other way where full."""
        excess = max(0, len(live.file_ids) + len(attach) - self.places)
        return (*detach[:excess], *attach, *writes, *detach[excess:])

    def _files_drifted(
        self, match: Match, live: LiveAssistant, attach: Sequence[Step], detach: Sequence[Step]
    ) -> bool:
        before = match.binding.digests.get("files") if match.binding else None
        moved = before is not None and before != field_digest("files", live.file_ids)
        return moved and bool(attach or detach)

    def _followed(
        self, fields: Sequence[FieldChange], attach: Sequence[Step], detach: Sequence[Step]
    ) -> tuple[Address, ...]:
        """The replaced files that are the only reason for an assistant's steps."""
        moved = {one.file for one in (*attach, *detach)}
        replaced = {where for where, change in self.uploads.wanted.items() if change.action is Action.REPLACE}
        only = bool(moved) and not fields and moved <= replaced
        return tuple(sorted(where for where in replaced if where in moved)) if only else ()

    def _bound(self, change: Change, desired: DesiredAssistant, match: Match) -> Change:
        """What is remembered of an assistant that needs no call, where that differs from before."""
        if change.steps:
            return change
        ids = [self._id(one) for one in desired.files or ()]
        binding = AssistantBinding(change.id, match.nonce, digests(desired, ids), desired.protected)
        return change if binding == match.binding else replace(change, binding=binding)

    def unwanted(self, because: Reason) -> Iterator[Change]:
        for where, live, refused in self.situation.unwanted:
            yield _deletion(where, live, because, refused)
        gone = {where for where, _, _ in self.situation.unwanted}
        for where in sorted(self.situation.state.bindings, reverse=True):
            binding = self.situation.state.assistant(where)
            if binding and where not in gone and where not in self.situation.desired.by_address:
                yield Change(where, Action.FORGET, Reason.GONE, id=binding.id)

    def pruned(self) -> Iterator[Change]:
        for one in self.situation.strangers:
            where = assistant(one.mark.name if one.mark else "")
            if where not in self.situation.matches:
                yield _deletion(where, one, Reason.MARKED, "")


def _deletion(where: Address, live: LiveAssistant, reason: Reason, refused: str) -> Change:
    steps = (Step(StepKind.DELETE, id=live.id),)
    return Change(
        where, Action.DELETE, reason, steps=steps, id=live.id, before=live.fingerprint, refused=refused
    )


def _flat(desired: DesiredAssistant) -> Iterator[tuple[str, object]]:
    """Every field that a create sets: metadata key by key, tools one by one, files by name."""
    for field, value in desired.fields.items():
        if field == "tools":
            yield from ((f"tools.{key}", tool) for key, tool in normal_tools(value).items())
        elif field != "metadata" and value is not None:
            yield field, value
    yield from ((f"metadata.{key}", value) for key, value in desired.metadata.items() if value is not None)
    if desired.files:
        yield "files", tuple(one.name if isinstance(one, Address) else one for one in desired.files)


def _why(fields: Sequence[FieldChange], steps: Sequence[Step], *, drifted: bool) -> Reason:
    if not steps:
        return Reason.SAME
    return Reason.DRIFTED if drifted and all(one.drifted for one in fields) else Reason.EDITED


def _note(
    steps: Sequence[Step], fields: Sequence[FieldChange], live: LiveAssistant, attached: int, places: int
) -> str:
    if len(live.file_ids) + attached > places:
        return f"all {places} places for files are taken: this swap detaches before it attaches"
    if [one.kind for one in steps] == [StepKind.UPDATE] and not fields:
        return "only its Mark changes: it will say which fields are managed now"
    return ""


def _sent(desired: DesiredAssistant, fields: Sequence[FieldChange]) -> dict[str, object]:
    """The fields an update sends: whole values, metadata only where a key changes, empty where cleared."""
    sent: dict[str, object] = {}
    for one in fields:
        field, _, key = one.field.partition(".")
        if field == "metadata":
            edits = sent.setdefault("metadata", {})
            assert isinstance(edits, dict)  # noqa: S101 - put there above
            edits[key] = one.after
        elif field == "tools":
            sent["tools"] = desired.fields.get("tools") or []
        else:
            sent[field] = desired.fields.get(field)
    return sent
