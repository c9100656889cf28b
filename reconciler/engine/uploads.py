"""What shall happen to files: which upload each one is, and which uploads nobody needs any more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.mark import files_digest
from reconciler.model.state import FileBinding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.engine.matching import Situation
    from reconciler.model.address import Address
    from reconciler.model.resource import DesiredFile, LiveAssistant, LiveFile
    from reconciler.model.state import Intent


_UNPROVED = (
    "it was taken for ours by its name and size alone, as this server lets nobody read uploads. "
    "Delete it by hand if nobody needs it"
)


@dataclass(frozen=True)
class Uploads:
    """The file half of a plan."""

    situation: Situation

    @cached_property
    def wanted(self) -> Mapping[Address, Change]:
        """A Change for every declared file; its ``id`` is empty where it has to be uploaded."""
        return {one.address: self._change(one) for one in self.situation.desired.files}

    @cached_property
    def bound(self) -> Mapping[Address, FileBinding]:
        """Every bound file, and what interrupted runs uploaded for an address, proved by its content."""
        found = dict(self.situation.state.files)
        taken = {one for binding in found.values() for one in (binding.id, *binding.old)}
        for intent in self.situation.state.unsettled:
            for live in self.situation.live.files.values():
                same = (live.filename, live.sha256) == (intent.filename, intent.sha256)
                if same and live.sha256 and live.id not in taken and live.id not in intent.known:
                    found[intent.address] = _with(found.get(intent.address), intent, live)
                    taken.add(live.id)
        return found

    def _change(self, file: DesiredFile) -> Change:
        bound = self.bound.get(file.address)
        alive = bound is not None and bound.id in self.situation.live.files
        if bound and alive and (bound.filename, bound.sha256) == file.identity:
            return self._kept(file, bound)
        found, reason, left = self._found(file)
        if bound and alive:
            return self._replaced(file, bound, found, left)
        old = (*(bound.old if bound else ()), *left)
        return self._adopted(file, found, reason, old) if found else self._created(file, bound, old)

    def _found(self, file: DesiredFile) -> tuple[str, Reason, tuple[str, ...]]:
        """An upload that is this file although it is not bound to its address, or an empty id.

        With it come the earlier uploads of the address it moved from.
        """
        live = self.situation.live.files
        for where, other in self.bound.items():
            gone = where not in self.situation.desired.by_address
            if gone and (other.filename, other.sha256) == file.identity and other.id in live:
                return other.id, Reason.MOVED, other.old
        known = self.bound.get(file.address)
        for one in known.old if known else ():
            if one in live and (live[one].filename, live[one].sha256) == file.identity:
                return one, Reason.FOUND, ()
        return self.recovered.get(file.address, ""), Reason.MARKED, ()

    @cached_property
    def recovered(self) -> Mapping[Address, str]:
        """Files that a lost state knew: attached to an assistant whose Mark proves the whole set.

        Where two uploads may be one file, or one upload two files, nobody can say which is ours.
        """
        alike: dict[Address, set[str]] = {}
        for wanted, carrier in self._carriers:
            for where, upload in self._attached(wanted, carrier):
                alike.setdefault(where, set()).add(upload)
        number = Counter(one for found in alike.values() for one in found)
        return {where: one for where, (one, *others) in alike.items() if not others and number[one] == 1}

    @cached_property
    def _carriers(self) -> Sequence[tuple[Sequence[DesiredFile], LiveAssistant]]:
        """Assistants of a lost state, with what they shall carry: the very files that their Mark names."""
        matches = ((one, self.situation.matches[one.address]) for one in self.situation.desired.assistants)
        found = (
            (self.situation.desired.files_of(one), each.live) for one, each in matches if each.is_adopted
        )
        return [
            (wanted, live)
            for wanted, live in found
            if live and live.mark and live.mark.files == files_digest(one.identity for one in wanted)
        ]

    @property
    def unread(self) -> Collection[str]:
        """Uploads that a lost state may have known, which only their content tells from somebody else's."""
        live = self.situation.live.files
        found = {
            one
            for wanted, carrier in self._carriers
            for one in carrier.file_ids
            if one in live and live[one].sha256 is None and any(_is_alike(live[one], file) for file in wanted)
        }
        return found | self._changing

    @property
    def _changing(self) -> set[str]:
        """Uploads that are not proved to be ours, and whose place another one takes."""
        wanted = {file.address: file.identity for file in self.situation.desired.files}
        return {
            binding.id
            for where, binding in self.bound.items()
            if binding.id in binding.inferred
            and binding.id in self.situation.live.files
            and wanted.get(where) != (binding.filename, binding.sha256)
        }

    def _attached(self, wanted: Sequence[DesiredFile], live: LiveAssistant) -> Iterator[tuple[Address, str]]:
        """What an assistant carries, and which of its files each may be, where it may be one only."""
        uploads = self.situation.live.files
        for one in (uploads[file_id] for file_id in live.file_ids if file_id in uploads):
            alike = [file.address for file in wanted if _is_alike(one, file)]
            if len(alike) == 1:
                yield alike[0], one.id

    def _kept(self, file: DesiredFile, bound: FileBinding) -> Change:
        deletions, note = self._deletions(bound.old)
        keep = replace(bound, old=self._still(bound.old))
        known = keep == self.situation.state.files.get(file.address)
        action = Action.REPLACE if deletions else Action.NOOP if known or bound.old else Action.ADOPT
        reason = Reason.LEFTOVER if bound.old else Reason.SAME if known else Reason.FOUND
        return Change(
            file.address,
            action,
            reason,
            steps=deletions,
            id=bound.id,
            binding=None if known else keep,
            note=note,
        )

    def _replaced(self, file: DesiredFile, bound: FileBinding, found: str, left: tuple[str, ...]) -> Change:
        old = (*bound.old, bound.id, *left)
        before, after = _content(bound.sha256, bound.size), _content(file.sha256, file.size)
        deletions, note = self._deletions(old)
        uploads = () if found else (Step(StepKind.UPLOAD, file.address),)
        return Change(
            file.address,
            Action.REPLACE,
            Reason.CONTENT,
            (FieldChange("content", before, after),),
            steps=(*uploads, *deletions),
            id=found,
            binding=self._binding(file, found, old),
            note=note,
        )

    def _created(self, file: DesiredFile, bound: FileBinding | None, old: tuple[str, ...]) -> Change:
        why = Reason.GONE if bound else Reason.NEW
        deletions, note = self._deletions(old)
        return Change(
            file.address,
            Action.CREATE,
            why,
            (FieldChange("content", None, _content(file.sha256, file.size)),),
            (Step(StepKind.UPLOAD, file.address), *deletions),
            binding=self._binding(file, "", old) if old else None,
            note=note,
            drifted=bound is not None,
        )

    def _adopted(self, file: DesiredFile, found: str, reason: Reason, old: tuple[str, ...]) -> Change:
        deletions, note = self._deletions(old)
        binding = self._binding(file, found, old)
        return Change(
            file.address, Action.ADOPT, reason, steps=deletions, id=found, binding=binding, note=note
        )

    def _binding(self, file: DesiredFile, found: str, old: Sequence[str]) -> FileBinding:
        still = self._still(old)
        inferred = tuple(one for one in (found, *still) if one in self._inferred)
        return FileBinding(found, file.filename, file.sha256, file.size, still, inferred)

    @cached_property
    def _inferred(self) -> frozenset[str]:
        """Uploads that are taken for ours and are not proved to be."""
        files = self.situation.live.files
        known = {one for binding in self.bound.values() for one in binding.inferred}
        read = {binding.id for binding in self.bound.values() if _is_read(files.get(binding.id), binding)}
        return frozenset(known - read | {one for one in self.recovered.values() if files[one].sha256 is None})

    @cached_property
    def _current(self) -> frozenset[str]:
        """Uploads that declared files are already: nobody's leftovers, wherever else they are known."""
        found = set()
        for file in self.situation.desired.files:
            bound = self.bound.get(file.address)
            alive = bound is not None and bound.id in self.situation.live.files
            same = bound is not None and (bound.filename, bound.sha256) == file.identity
            found.add(bound.id if bound and alive and same else self._found(file)[0])
        return frozenset(found)

    def _still(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Of some uploads those that are there, are no declared file, and stay ours."""
        there, given = self.situation.live.files, self.situation.surrendered
        return tuple(one for one in ids if one in there and one not in self._current and one not in given)

    def _deletions(self, ids: Sequence[str]) -> tuple[tuple[Step, ...], str]:
        """A step for every upload that can go, and a note naming who keeps the others."""
        steps, users, still = [], set[str](), self._still(ids)
        if still and self.situation.live.blind_spot:
            return (), f"{Reason.UNSEEN}: {self.situation.live.blind_spot}"
        for one in still:
            others = self.users(one)
            users |= others
            if not others and one not in self._inferred:
                steps.append(Step(StepKind.DELETE, id=one))
        note = f"{Reason.IN_USE}: {', '.join(sorted(users))}" if users else self._unproved(ids)
        return tuple(steps), note

    def _unproved(self, ids: Sequence[str]) -> str:
        """What is said of uploads that nobody carries any more and that may be somebody else's."""
        left = ", ".join(one for one in self._still(ids) if one in self._inferred)
        return f"{left} stays on the server: {_UNPROVED}" if left else ""

    def users(self, file_id: str) -> set[str]:
        """Who refers to an upload after this plan: live assistants we do not manage, or a declared id."""
        refers = self.situation.live.references.get(file_id, frozenset())
        declared = {
            str(one.address) for one in self.situation.desired.assistants if file_id in (one.files or ())
        }
        return set(refers - self.situation.released) | declared

    @cached_property
    def unwanted(self) -> Sequence[Change]:
        """A Change for every bound file that is declared no longer."""
        declared = self.situation.desired.by_address
        return [
            self._unwanted(where, binding)
            for where, binding in sorted(self.bound.items(), reverse=True)
            if where not in declared
        ]

    def _unwanted(self, where: Address, binding: FileBinding) -> Change:
        if binding.id in self._claimed:
            return Change(where, Action.FORGET, Reason.MOVED, id=binding.id)
        keepers = self._keepers(binding)
        if keepers:
            return self._surrendered(where, binding, keepers)
        return self._discarded(where, binding)

    def _keepers(self, binding: FileBinding) -> tuple[Address, ...]:
        """The removed assistants that keep any upload of a file."""
        kept = self.situation.surrendered
        return tuple(sorted({where for one in (*binding.old, binding.id) for where in kept.get(one, ())}))

    def _surrendered(self, where: Address, binding: FileBinding, keepers: tuple[Address, ...]) -> Change:
        """Forget what removed assistants keep; what they do not is deleted as ever."""
        rest = self._still((*binding.old, binding.id))
        if not rest:
            note = f"it stays with {', '.join(map(str, keepers))}"
            return Change(where, Action.FORGET, Reason.REMOVED, id=binding.id, note=note, follows=keepers)
        return self._discarded(where, _reduced(binding, rest))

    def _discarded(self, where: Address, binding: FileBinding) -> Change:
        """Delete what nobody carries, and go on remembering the rest."""
        unproved = self._unproved((*binding.old, binding.id))
        if unproved:
            return self._released(where, binding, unproved)
        steps, note = self._deletions((*binding.old, binding.id))
        if note and not steps:
            reason = Reason.UNSEEN if note.startswith(Reason.UNSEEN) else Reason.IN_USE
            if reason is Reason.UNSEEN and self.situation.options.because is Reason.DESTROY:
                return Change(where, Action.DELETE, reason, id=binding.id, note=note, refused=note)
            return Change(where, Action.NOOP, reason, id=binding.id, binding=binding, note=note)
        if note:
            kept = self._divided(binding, {step.id for step in steps})
            return Change(
                where, Action.REPLACE, Reason.LEFTOVER, steps=steps, id=kept.id, binding=kept, note=note
            )
        if steps:
            because = self.situation.options.because
            return Change(where, Action.DELETE, because, steps=steps, id=binding.id, binding=binding)
        return Change(where, Action.FORGET, Reason.GONE, id=binding.id)

    def _released(self, where: Address, binding: FileBinding, note: str) -> Change:
        """Forget what nothing proves to be ours, and delete the rest as ever."""
        rest = [one for one in self._still((*binding.old, binding.id)) if one not in self._inferred]
        if not rest:
            return Change(where, Action.FORGET, Reason.UNPROVED, id=binding.id, note=note)
        return replace(self._discarded(where, _reduced(binding, rest)), note=note)

    def _divided(self, binding: FileBinding, going: set[str]) -> FileBinding:
        """The same uploads, with those that go as earlier ones of what stays."""
        still = self._still((*binding.old, binding.id))
        kept = _reduced(binding, [one for one in still if one not in going])
        return replace(kept, old=(*kept.old, *(one for one in still if one in going)))

    @cached_property
    def _claimed(self) -> frozenset[str]:
        """Uploads that a declared file is, or has to clear away."""
        kept = (change.binding for change in self.wanted.values())
        old = {one for binding in kept if isinstance(binding, FileBinding) for one in binding.old}
        return frozenset(old | {change.id for change in self.wanted.values() if change.id})

    @cached_property
    def names(self) -> Mapping[str, Address]:
        """Upload id to the address it is, or was, bound to."""
        found: dict[str, Address] = {}
        for where, binding in self.bound.items():
            found |= dict.fromkeys((*binding.old, binding.id), where)
        return found | {change.id: where for where, change in self.wanted.items() if change.id}


def _with(bound: FileBinding | None, intent: Intent, found: LiveFile) -> FileBinding:
    """A binding that also knows of an upload which an interrupted run made."""
    inferred = (found.id,) if found.inferred else ()
    if bound is None:
        return FileBinding(found.id, intent.filename, intent.sha256, intent.size, inferred=inferred)
    if found.id in {bound.id, *bound.old}:
        return bound
    return replace(bound, old=(*bound.old, found.id), inferred=(*bound.inferred, *inferred))


def _reduced(binding: FileBinding, ids: Sequence[str]) -> FileBinding:
    """A binding of some of its uploads; an earlier one is not what its path was last known to hold."""
    sha256 = binding.sha256 if ids[-1] == binding.id else ""
    return replace(binding, id=ids[-1], sha256=sha256, old=tuple(ids[:-1]))


def _is_read(live: LiveFile | None, binding: FileBinding) -> bool:
    """Whether the content of an upload was read, and is what was bound."""
    return live is not None and not live.inferred and live.sha256 == binding.sha256


def _is_alike(live: LiveFile, file: DesiredFile) -> bool:
    """Whether an upload may be a declared file, as far as is known of it."""
    same = (live.filename, live.size) == (file.filename, file.size)
    return same and live.sha256 in {None, file.sha256}


def _content(sha256: str, size: int) -> dict[str, str | int]:
    return {"sha256": sha256, "bytes": size}
