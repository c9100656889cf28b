"""What must change for the live objects to become the desired ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.engine.difference import digests, field_changes, field_digest, normal_tools
from reconciler.engine.matching import Match, PlanOptions, Situation
from reconciler.engine.uploads import Uploads
from reconciler.model.address import Address, assistant
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.mark import MARK_KEY, Mark, files_digest, key_digest
from reconciler.model.plan import Basis, Plan
from reconciler.model.state import AssistantBinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.resource import Desired, DesiredAssistant, FileReference, Live, LiveAssistant
    from reconciler.model.state import State

_NAMED = 3  # unreadable objects in a notice


def plan(desired: Desired, live: Live, state: State, options: PlanOptions) -> Plan:
    """Compare what is wanted with what is there and what is remembered.

    Pure: equal arguments give equal plans. Wanted changes come first, files before the assistants that
    carry them; then deletions, assistants before their files.
    """
    situation = Situation(desired, live, state, options)
    uploads = Uploads(situation)
    planner = _Assistants(situation, uploads)
    wanted = [*uploads.wanted.values(), *(planner.change(one) for one in desired.assistants)]
    unwanted = [*planner.unwanted(), *planner.marked(), *uploads.unwanted]
    gone = {where for where, binding in state.bindings.items() if not live.holds(binding.id)}
    missing = {where for where in gone if state.bindings[where].id not in state.leaving}
    return Plan(
        desired.project,
        desired.environment,
        Basis(state.lineage, state.serial, options.target, live.account),
        tuple(change for change in wanted + unwanted if options.selected(change.address)),
        (*_notices(situation), *_orphans(wanted)),
        len({*state.bindings, *uploads.bound, *situation.interrupted} - (gone - missing)),
        len(missing),
        not desired.by_address,
        options.only is not None,
    )


def _notices(situation: Situation) -> Iterator[str]:
    yield from _strangers(situation)
    unreadable = list(situation.live.unreadable.values())
    if unreadable:
        named = "; ".join(f"{one.id}: {one.problem}" for one in unreadable[:_NAMED])
        more = "; …" * (len(unreadable) > _NAMED)
        objects = "object is" if len(unreadable) == 1 else "objects are"
        yield f"{len(unreadable)} unreadable {objects} left alone: {named}{more}"


def _strangers(situation: Situation) -> Iterator[str]:
    for one in situation.strangers:
        where = assistant(one.mark.name if one.mark else "")
        if situation.is_copied(where):
            yield f"{one.id} is a copy of {where} with our Mark on it; it is left alone. Delete it by hand."
        elif situation.options.because is Reason.DESTROY:
            yield from _abandoned(situation, where, one)
        elif not situation.options.prune:
            yield (
                f"{one.id} carries our Mark as {where}, which is neither declared nor in the state; "
                "it is left alone. --prune-marked deletes it."
            )


def _abandoned(situation: Situation, where: Address, live: LiveAssistant) -> Iterator[str]:
    """Yield the uploads of an assistant that only its ownership mark makes ours: a destroy leaves them."""
    bound = {each for one in situation.state.files.values() for each in (one.id, *one.old)}
    unknown = [one for one in live.file_ids if one not in bound]
    if unknown:
        yield (
            f"{', '.join(unknown)}, attached to {where}, is not deleted: without the state nothing proves "
            "that this project uploaded it. Delete it by hand if no other user needs it."
        )


def _orphans(wanted: Sequence[Change]) -> Iterator[str]:
    """Uploads that an adopted assistant lets go of, and that nothing proves to be ours."""
    for change in wanted:
        strange = [one.id for one in change.steps if one.kind is StepKind.DETACH and one.file == one.id]
        if change.action is Action.ADOPT and strange:
            yield (
                f"{', '.join(strange)}, detached from {change.address}, stays on the server: without the "
                "state nothing proves that it is ours. Delete it by hand if nobody needs it."
            )


@dataclass(frozen=True)
class _Assistants:
    """The assistant half of a plan."""

    situation: Situation
    uploads: Uploads

    def change(self, desired: DesiredAssistant) -> Change:
        match = self.situation.matches[desired.address]
        made = (
            self._create(desired, match) if match.live is None else self._update(desired, match, match.live)
        )
        return replace(made, refused=match.refused) if match.refused else made

    def _create(self, desired: DesiredAssistant, match: Match) -> Change:
        if match.reason is Reason.GONE and self.situation.options.keep_drift:
            note = "it was deleted on the server, and is left so"
            return Change(desired.address, Action.NOOP, Reason.GONE, note=note, drifted=True)
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
        managed |= {"files"} if desired.files is not None else set()
        managed |= {"prevent_destroy"} if desired.protected else set()
        return Mark(
            self.situation.desired.project,
            self.situation.desired.environment,
            desired.address.name,
            nonce,
            frozenset(managed),
            frozenset(key_digest(key) for key in desired.metadata),
            files_digest(one.identity for one in self.situation.desired.files_of(desired)),
        )

    def _update(self, desired: DesiredAssistant, match: Match, live: LiveAssistant) -> Change:
        differing = tuple(field_changes(desired, live, match.binding))
        kept = [one.field for one in differing if one.drifted and self.situation.options.keep_drift]
        fields = tuple(one for one in differing if one.field not in kept)
        attach, detach = self._attachments(desired, live)
        mark = self._mark(desired, match.nonce)
        writes = (Step(StepKind.UPDATE, id=live.id),) if fields or mark != live.mark else ()
        late = self.situation.late.get(desired.address, ())
        steps = (
            *self._ordered(desired, live, attach, writes, detach),
            *(Step(StepKind.DELETE, id=one.id) for one in late),
        )
        drifted = any(one.drifted for one in differing) or _files_drifted(match, live, attach, detach)
        follows = self._followed(fields, attach, detach) if match.is_settled else ()
        reason = match.reason if match.is_adopted else _why(match, fields, steps, drifted=drifted)
        change = Change(
            desired.address,
            _action(match, steps),
            Reason.FOLLOWS if follows else reason,
            fields,
            steps,
            id=live.id,
            before=live.fingerprint,
            values=_sent(desired, fields),
            mark=mark,
            refused=self._crowded(desired, live),
            note=_left(kept)
            or _too_late(late)
            or self._note(match, steps, fields, len(live.file_ids) + len(attach)),
            drifted=drifted,
            follows=follows,
            moved_from=match.moved_from,
        )
        return change if steps else self._bound(change, desired, match)

    def _crowded(self, desired: DesiredAssistant, live: LiveAssistant) -> str:
        """Why the metadata of an assistant cannot be written; empty when it fits."""
        ours = {key for key, value in desired.metadata.items() if value is not None}
        foreign = live.metadata.keys() - desired.metadata.keys() - {MARK_KEY}
        most = self.situation.options.limits.metadata_pairs
        if len(ours | foreign) < most:
            return ""
        return (
            f"{len(ours)} metadata pairs, our Mark and {len(foreign)} pairs that others set "
            f"({', '.join(sorted(foreign))}) are more than the {most} an assistant can have"
        )

    def _attachments(self, desired: DesiredAssistant, live: LiveAssistant) -> tuple[list[Step], list[Step]]:
        if not self.situation.sets_files(desired):
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
        self,
        desired: DesiredAssistant,
        live: LiveAssistant,
        attach: list[Step],
        writes: tuple[Step, ...],
        detach: list[Step],
    ) -> tuple[Step, ...]:
        """Attach before detach, so that the assistant is never without a file; the other way where full.

        Where files are managed no longer the Mark says so last: after a run that was killed in between,
        nothing else may know whose those are that it still carries.
        """
        excess = max(0, len(live.file_ids) + len(attach) - self._places)
        early = len(detach) if desired.files is None else excess
        return (*detach[:early], *attach, *writes, *detach[early:])

    @property
    def _places(self) -> int:
        return self.situation.options.limits.files

    def _note(self, match: Match, steps: Sequence[Step], fields: Sequence[FieldChange], carried: int) -> str:
        if carried > self._places:
            return f"all {self._places} places for files are taken: this swap detaches before it attaches"
        if [one.kind for one in steps] == [StepKind.UPDATE] and not fields:
            says = "its new address" if match.moved_from else "what is managed now"
            return f"only its Mark changes: it will say {says}"
        return ""

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
        ids = [self._id(one) for one in desired.files or ()]
        binding = AssistantBinding(change.id, match.nonce, digests(desired, ids), desired.protected)
        known = match.is_settled and binding == match.binding
        return change if known else replace(change, binding=binding)

    def unwanted(self) -> Iterator[Change]:
        for where, live, refused in self.situation.unwanted:
            deletion = _deletion(where, live, self.situation.options.because, refused)
            yield replace(deletion, note=self._unmoved(where))
        yield from self._forgotten()
        for where, live, refused in self.situation.removed:
            yield _removal(where, live, refused)

    def _unmoved(self, where: Address) -> str:
        """Why an assistant is deleted although `moved` names its address."""
        if not self.situation.is_overtaken(where):
            return ""
        return f"it cannot move: {self.situation.heirs[where]} is another assistant already"

    def _forgotten(self) -> Iterator[Change]:
        """Bindings that are of no use any more: of what is gone, and of what has two."""
        situation = self.situation
        removed = {where for where, _, _ in situation.removed}
        for where in situation.undeclared:
            bound, owner = situation.state.bindings[where].id, situation.doubled.get(where)
            if owner:
                note = f"it is {owner}"
                yield Change(where, Action.FORGET, Reason.RENAMED, id=bound, note=note, follows=(owner,))
            elif bound not in situation.live.assistants and where not in removed:
                yield Change(where, Action.FORGET, Reason.GONE, id=bound)

    def marked(self) -> Iterator[Change]:
        """Yield what becomes of assistants that carry our Mark and are neither declared nor in the state."""
        found: dict[Address, list[LiveAssistant]] = {}
        for one in self.situation.strangers:
            where = assistant(one.mark.name if one.mark else "")
            if not self.situation.is_copied(where):
                found.setdefault(where, []).append(one)
        for where, ones in found.items():
            if self.situation.options.prune:
                shielded = [self.situation.shielded(where, one) for one in ones]
                yield from (
                    _deletion(where, one, Reason.MARKED, refused)
                    for one, refused in zip(ones, shielded, strict=True)
                )
            elif self.situation.options.because is Reason.DESTROY:
                yield _deletion(where, ones[0], Reason.MARKED, _unknown(ones))


def _unknown(marked: Sequence[LiveAssistant]) -> str:
    """Return why a destroy leaves assistants that only their ownership mark makes ours."""
    ids = ", ".join(one.id for one in marked)
    return (
        f"{ids} has the ownership mark of this project, but the state does not know it. To delete it too, "
        "run: assistants-sync destroy --prune-marked"
    )


def _too_late(twins: Sequence[LiveAssistant]) -> str:
    ids = ", ".join(one.id for one in twins)
    return f"{ids}, which a create that was given up made late, is deleted" if twins else ""


def _left(fields: Sequence[str]) -> str:
    return f"left as somebody set it on the server: {', '.join(fields)}" if fields else ""


def _deletion(where: Address, live: LiveAssistant, reason: Reason, refused: str) -> Change:
    steps = (Step(StepKind.DELETE, id=live.id),)
    return Change(
        where, Action.DELETE, reason, steps=steps, id=live.id, before=live.fingerprint, refused=refused
    )


def _removal(where: Address, live: LiveAssistant, refused: str) -> Change:
    """The Mark is taken out, so that nobody takes it for ours again; without a Mark nothing is written."""
    marked = MARK_KEY in live.metadata
    return Change(
        where,
        Action.FORGET,
        Reason.REMOVED,
        steps=(Step(StepKind.UPDATE, id=live.id),) * marked,
        id=live.id,
        before=live.fingerprint,
        refused=refused,
        note="its Mark is taken out of its metadata" if marked else "its Mark is out of its metadata already",
    )


def _action(match: Match, steps: Sequence[Step]) -> Action:
    """What is done to a live assistant; one that only the state does not know yet is adopted."""
    if match.is_adopted:
        return Action.ADOPT
    if steps:
        return Action.UPDATE
    return Action.NOOP if match.is_settled else Action.ADOPT


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


def _why(match: Match, fields: Sequence[FieldChange], steps: Sequence[Step], *, drifted: bool) -> Reason:
    if match.moved_from and not fields and len(steps) <= 1:
        return Reason.RENAMED
    if not steps:
        return Reason.SAME
    if all(step.kind is StepKind.DELETE for step in steps):
        return Reason.LATE
    return Reason.DRIFTED if drifted and all(one.drifted for one in fields) else Reason.EDITED


def _files_drifted(match: Match, live: LiveAssistant, attach: Sequence[Step], detach: Sequence[Step]) -> bool:
    """Whether somebody attached what we do not know, or detached what we had attached."""
    before = match.binding.digests.get("files") if match.binding else None
    moved = bool(before) and before != field_digest("files", live.file_ids)
    strange = any(isinstance(one.file, str) for one in detach) or any(one.id for one in attach)
    return moved and strange


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
