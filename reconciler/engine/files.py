"""The upload of each declared file, and the uploads that are not needed any more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from reconciler.engine.ownership import Verdict, is_stuck, manages_files
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.field import Shape
from reconciler.model.mark import files_digest
from reconciler.model.state import FileBinding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.engine.ownership import Claims, PlannerInput
    from reconciler.model.address import Address
    from reconciler.model.resource import DesiredFile, Live, LiveAssistant, LiveFile
    from reconciler.model.state import Intent

CONTENT = "content"
"""The name of the one value in a change of a file."""

_UNPROVED = (
    "it was taken for ours by its name and size alone, as this server does not let users read uploads. "
    "Delete it by hand if no other user needs it"
)


class FileMatch(NamedTuple):
    """The upload that a declared file is, and why; without an id it must be uploaded.

    ``bound`` is what the state knows of the file. ``old`` are earlier uploads that go with it.
    """

    file: DesiredFile
    bound: FileBinding | None
    id: str
    reason: Reason
    old: tuple[str, ...] = ()


@dataclass(frozen=True)
class Uploads:
    """Every declared file with its upload, and everything else that is bound.

    ``bound`` has every bound file, and what interrupted runs uploaded, proved by its content. ``inferred``
    are uploads that are taken for ours and not proved to be.
    """

    matches: Mapping[Address, FileMatch]
    bound: Mapping[Address, FileBinding]
    inferred: frozenset[str]

    @cached_property
    def current(self) -> frozenset[str]:
        """Uploads that declared files are: no leftovers, wherever else they are known."""
        return frozenset(match.id for match in self.matches.values() if match.id)

    @cached_property
    def names(self) -> Mapping[str, Address]:
        """Upload id to the address it is, or was, bound to."""
        names: dict[str, Address] = {}
        for address, binding in self.bound.items():
            names |= dict.fromkeys((*binding.old, binding.id), address)
        return names | {match.id: address for address, match in self.matches.items() if match.id}


def locate(inputs: PlannerInput, claims: Claims) -> Uploads:
    """Return which upload every declared file is: by the state, by its content, or by an ownership mark."""
    bound = _bound(inputs)
    recovered = _recovered(inputs.live, _containers(inputs, claims))
    matches = {
        file.address: _match(inputs, file, bound, recovered.get(file.address, ""))
        for file in inputs.desired.files
    }
    return Uploads(matches, bound, _inferred(inputs.live, bound, recovered.values()))


def _bound(inputs: PlannerInput) -> Mapping[Address, FileBinding]:
    """Return every bound file, and what interrupted runs uploaded for an address, proved by its content."""
    bound = dict(inputs.state.files)
    taken = {file_id for binding in bound.values() for file_id in (binding.id, *binding.old)}
    for intent in inputs.state.pending:
        for upload in inputs.live.files.values():
            same = upload.sha256 == intent.sha256 and upload.is_named(intent.filename)
            if same and upload.sha256 and upload.id not in taken and upload.id not in intent.known:
                bound[intent.address] = _with(bound.get(intent.address), intent, upload)
                taken.add(upload.id)
    return bound


def _with(bound: FileBinding | None, intent: Intent, upload: LiveFile) -> FileBinding:
    """Return a binding that also knows of an upload which an interrupted run made."""
    inferred = (upload.id,) if upload.inferred else ()
    if bound is None:
        return FileBinding(upload.id, intent.filename, intent.sha256, intent.size, inferred=inferred)
    if upload.id in {bound.id, *bound.old}:
        return bound
    return replace(bound, old=(*bound.old, upload.id), inferred=(*bound.inferred, *inferred))


def _match(
    inputs: PlannerInput, file: DesiredFile, bound: Mapping[Address, FileBinding], recovered: str
) -> FileMatch:
    live, known = inputs.live.files, bound.get(file.address)
    if known and known.id in live and (known.filename, known.sha256) == file.identity:
        return FileMatch(file, known, known.id, Reason.SAME)
    for address, other in bound.items():
        is_gone = address not in inputs.desired.by_address
        if is_gone and (other.filename, other.sha256) == file.identity and other.id in live:
            return FileMatch(file, known, other.id, Reason.MOVED, old=other.old)
    for file_id in known.old if known else ():
        if file_id in live and (live[file_id].filename, live[file_id].sha256) == file.identity:
            return FileMatch(file, known, file_id, Reason.FOUND)
    return FileMatch(file, known, recovered, Reason.MARKED)


class _Container(NamedTuple):
    """An assistant of a lost state, and the very files that its ownership mark names."""

    files: Sequence[DesiredFile]
    live: LiveAssistant


def _containers(inputs: PlannerInput, claims: Claims) -> Sequence[_Container]:
    containers = []
    for desired in inputs.desired.assistants:
        claim = claims.declared.get(desired.address)
        files = inputs.desired.files_of(desired)
        mark = claim.live.mark if claim and claim.is_adopted else None
        if claim and mark and mark.files == files_digest(file.identity for file in files):
            containers.append(_Container(files, claim.live))
    return containers


def _recovered(live: Live, containers: Sequence[_Container]) -> Mapping[Address, str]:
    """Return files that a lost state knew: attached to an assistant whose mark proves the whole set.

    Where two uploads may be one file, or one upload two files, neither is proved to be ours.
    """
    alike: dict[Address, set[str]] = {}
    for files, assistant in containers:
        for upload in (live.files[file_id] for file_id in assistant.file_ids if file_id in live.files):
            candidates = [file.address for file in files if _is_alike(upload, file)]
            if len(candidates) == 1:
                alike.setdefault(candidates[0], set()).add(upload.id)
    number = Counter(file_id for ids in alike.values() for file_id in ids)
    return {address: one for address, (one, *others) in alike.items() if not others and number[one] == 1}


def _is_alike(upload: LiveFile, file: DesiredFile) -> bool:
    """Return whether an upload may be a declared file; under another name its content must say so."""
    same = upload.size == file.size and upload.sha256 in {None, file.sha256}
    is_read = upload.sha256 is not None
    return same and (upload.filename == file.filename or (is_read and upload.is_named(file.filename)))


def _is_candidate(upload: LiveFile, file: DesiredFile) -> bool:
    """Return whether an upload whose content was not read may be a declared file."""
    return upload.sha256 is None and upload.size == file.size and upload.is_named(file.filename)


def _inferred(live: Live, bound: Mapping[Address, FileBinding], recovered: Iterable[str]) -> frozenset[str]:
    known = {one for binding in bound.values() for one in binding.inferred}
    read = {binding.id for binding in bound.values() if _is_read(live.files.get(binding.id), binding)}
    return frozenset(known - read | {one for one in recovered if live.files[one].sha256 is None})


def _is_read(upload: LiveFile | None, binding: FileBinding) -> bool:
    """Return whether the content of an upload was read, and is what was bound."""
    return upload is not None and not upload.inferred and upload.sha256 == binding.sha256


def unread(inputs: PlannerInput, claims: Claims) -> frozenset[str]:
    """Return the uploads whose content a plan needs.

    A lost state may have known them, and only their content proves it; or they are not proved to be ours, and
    another one takes their place.
    """
    live = inputs.live.files
    needed = {
        upload.id
        for files, assistant in _containers(inputs, claims)
        for upload in map(live.get, assistant.file_ids)
        if upload and any(_is_candidate(upload, file) for file in files)
    }
    wanted = {file.address: file.identity for file in inputs.desired.files}
    for address, binding in _bound(inputs).items():
        is_inferred = binding.id in binding.inferred and binding.id in live
        if is_inferred and wanted.get(address) != (binding.filename, binding.sha256):
            needed.add(binding.id)
    return frozenset(needed)


@dataclass(frozen=True)
class Parts:
    """Uploads that no declared file is, and those of them that can be deleted.

    ``rest`` are those that exist and stay ours; ``deletable`` and ``unproved`` are some of them. ``users``
    refer to others of them. ``hidden`` says why an assistant that is not seen may contain any.
    """

    rest: tuple[str, ...] = ()
    deletable: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    hidden: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The deletion of everything deletable."""
        return tuple(Step(StepKind.DELETE, id=one) for one in self.deletable)

    @property
    def note(self) -> str:
        """The reason why the others stay; empty where none does."""
        if self.hidden:
            return f"{Reason.UNSEEN}: {self.hidden}"
        if self.users:
            return f"{Reason.IN_USE}: {', '.join(self.users)}"
        return f"{', '.join(self.unproved)} stays on the server: {_UNPROVED}" if self.unproved else ""


@dataclass(frozen=True)
class Leftovers:
    """The uploads that can be deleted: those that nothing refers to after this plan.

    ``released`` are assistants that contain, after this plan, only files it knows of. ``kept`` are uploads
    that assistants keep which the configuration says to forget, and ``declared`` those that it names by id.
    """

    live: Live
    uploads: Uploads
    released: frozenset[str]
    kept: Mapping[str, Sequence[Address]]
    declared: Mapping[str, Sequence[Address]]

    @classmethod
    def of(cls, inputs: PlannerInput, claims: Claims, uploads: Uploads) -> Leftovers:
        """Return what the verdicts on the assistants mean for the uploads."""
        declared: dict[str, list[Address]] = {}
        for desired in inputs.desired.assistants:
            for file in desired.files or ():
                if isinstance(file, str):
                    declared.setdefault(file, []).append(desired.address)
        kept = _kept_by_removed(inputs, claims)
        return cls(inputs.live, uploads, _released(inputs, claims), kept, declared=declared)

    def parts(self, ids: Sequence[str]) -> Parts:
        """Return what may become of some uploads."""
        rest = tuple(
            file_id
            for file_id in ids
            if file_id in self.live.files and file_id not in self.uploads.current and file_id not in self.kept
        )
        if rest and self.live.blind_spot:
            return Parts(rest, unproved=self._unproved(rest), hidden=self.live.blind_spot)
        users = {file_id: self._users(file_id) for file_id in rest}
        unproved = self._unproved(rest)
        deletable = tuple(file_id for file_id in rest if not users[file_id] and file_id not in unproved)
        everyone = {user for found in users.values() for user in found}
        return Parts(rest, deletable, unproved, tuple(sorted(everyone)))

    def _unproved(self, ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(one for one in ids if one in self.uploads.inferred)

    def _users(self, file_id: str) -> set[str]:
        """Return what refers to an upload after this plan."""
        containing = self.live.references.get(file_id, frozenset()) - self.released
        return {*containing, *map(str, self.declared.get(file_id, ()))}


def _released(inputs: PlannerInput, claims: Claims) -> frozenset[str]:
    selected, released = inputs.options.selected, set()
    for desired in inputs.desired.assistants:
        claim = claims.declared.get(desired.address)
        if claim is None or claim.refused or not selected(claim.address) or is_stuck(inputs, claim):
            continue
        if manages_files(inputs, desired, claim):
            released.add(claim.live.id)
    for claim in claims.of(Verdict.UNDECLARED, Verdict.UNFINISHED, Verdict.LATE):
        if selected(claim.address) and not claim.refused:
            released.add(claim.live.id)
    return frozenset(released)


def _kept_by_removed(inputs: PlannerInput, claims: Claims) -> Mapping[str, Sequence[Address]]:
    kept: dict[str, list[Address]] = {}
    for claim in claims.of(Verdict.REMOVED):
        if inputs.options.selected(claim.address) and not claim.refused:
            for file_id in claim.live.file_ids:
                kept.setdefault(file_id, []).append(claim.address)
    return kept


def wanted_files(inputs: PlannerInput, leftovers: Leftovers) -> dict[Address, Change]:
    """Return a Change for every declared file; its ``id`` is empty where it has to be uploaded."""
    return {
        address: _wanted(inputs, match, leftovers) for address, match in leftovers.uploads.matches.items()
    }


def _wanted(inputs: PlannerInput, match: FileMatch, leftovers: Leftovers) -> Change:
    """Return what becomes of a declared file: it is kept, replaced, adopted or uploaded."""
    file, bound = match.file, match.bound
    if bound and match.reason is Reason.SAME:
        return _kept_as_is(inputs, file, bound, leftovers)
    is_alive = bound is not None and bound.id in inputs.live.files
    earlier = (*bound.old, *((bound.id,) if is_alive else ())) if bound else ()
    old = (*earlier, *match.old)
    parts = leftovers.parts(old)
    binding = _binding(match, parts, leftovers.uploads)
    upload = () if match.id else (Step(StepKind.UPLOAD, file.address),)
    made = Change(
        file.address,
        Action.CREATE,
        Reason.GONE if bound else Reason.NEW,
        steps=(*upload, *parts.steps),
        id=match.id,
        binding=binding,
        note=parts.note,
        wanted=file,
    )
    after = _content(file.sha256, file.size)
    if bound and is_alive:
        before = _content(bound.sha256, bound.size)
        fields = (FieldChange(CONTENT, before, after, shape=Shape.CONTENT),)
        return replace(made, action=Action.REPLACE, reason=Reason.CONTENT, fields=fields)
    if match.id:
        return replace(made, action=Action.ADOPT, reason=match.reason)
    fields = (FieldChange(CONTENT, None, after, shape=Shape.CONTENT),)
    return replace(made, fields=fields, binding=binding if old else None, drifted=bound is not None)


def _kept_as_is(inputs: PlannerInput, file: DesiredFile, bound: FileBinding, leftovers: Leftovers) -> Change:
    parts = leftovers.parts(bound.old)
    keep = replace(bound, old=parts.rest)
    is_known = keep == inputs.state.files.get(file.address)
    action = Action.REPLACE if parts.deletable else Action.NOOP if is_known or bound.old else Action.ADOPT
    reason = Reason.LEFTOVER if bound.old else Reason.SAME if is_known else Reason.FOUND
    return Change(
        file.address,
        action,
        reason,
        steps=parts.steps,
        id=bound.id,
        binding=None if is_known else keep,
        note=parts.note,
        wanted=file,
    )


def _binding(match: FileMatch, parts: Parts, uploads: Uploads) -> FileBinding:
    file = match.file
    inferred = tuple(one for one in (match.id, *parts.rest) if one in uploads.inferred)
    return FileBinding(match.id, file.filename, file.sha256, file.size, old=parts.rest, inferred=inferred)


def _content(sha256: str, size: int) -> dict[str, str | int]:
    return {"sha256": sha256, "bytes": size}


def unwanted_files(
    inputs: PlannerInput, leftovers: Leftovers, wanted: Mapping[Address, Change]
) -> Iterator[Change]:
    """Yield a Change for every bound file that is not declared any more."""
    claimed = {change.id for change in wanted.values() if change.id}
    for change in wanted.values():
        claimed.update(change.binding.old if isinstance(change.binding, FileBinding) else ())
    for address, binding in sorted(leftovers.uploads.bound.items(), reverse=True):
        if address in inputs.desired.by_address:
            continue
        if binding.id in claimed:
            yield Change(address, Action.FORGET, Reason.MOVED, id=binding.id)
        else:
            yield _unwanted(inputs, address, binding, leftovers)


def _unwanted(inputs: PlannerInput, address: Address, binding: FileBinding, leftovers: Leftovers) -> Change:
    """Return what becomes of a bound file: what nothing refers to is deleted, the rest stays known.

    What a removed assistant keeps, and what nothing proves to be ours, is forgotten.
    """
    ids = (*binding.old, binding.id)
    parts = leftovers.parts(ids)
    keepers = tuple(sorted({keeper for file_id in ids for keeper in leftovers.kept.get(file_id, ())}))
    if keepers and not parts.rest:
        note = f"it stays with {', '.join(map(str, keepers))}"
        return Change(address, Action.FORGET, Reason.REMOVED, id=binding.id, note=note, follows=keepers)
    if keepers:
        binding = _reduced(binding, parts.rest)
    proved = tuple(one for one in parts.rest if one not in parts.unproved)
    if not parts.unproved:
        return _discarded(inputs, address, binding, parts)
    note = replace(parts, users=(), hidden="").note
    if not proved:
        return Change(address, Action.FORGET, Reason.UNPROVED, id=binding.id, note=note)
    rest = _discarded(inputs, address, _reduced(binding, proved), leftovers.parts(proved))
    return replace(rest, note=note)


def _discarded(inputs: PlannerInput, address: Address, binding: FileBinding, parts: Parts) -> Change:
    """Return the deletion of what nothing refers to; the rest stays bound."""
    change = Change(
        address,
        Action.DELETE,
        inputs.options.because,
        steps=parts.steps,
        id=binding.id,
        binding=binding,
        note=parts.note,
    )
    if parts.hidden and inputs.options.is_destroy:
        return replace(change, reason=Reason.UNSEEN, binding=None, refused=parts.note)
    if parts.note and not parts.steps:
        reason = Reason.UNSEEN if parts.hidden else Reason.IN_USE
        return replace(change, action=Action.NOOP, reason=reason)
    if parts.note:
        kept = _divided(binding, parts)
        return replace(change, action=Action.REPLACE, reason=Reason.LEFTOVER, id=kept.id, binding=kept)
    if parts.steps:
        return change
    return Change(address, Action.FORGET, Reason.GONE, id=binding.id)


def _divided(binding: FileBinding, parts: Parts) -> FileBinding:
    """Return the same uploads, with those that go as earlier ones of what stays."""
    kept = _reduced(binding, [one for one in parts.rest if one not in parts.deletable])
    return replace(kept, old=(*kept.old, *parts.deletable))


def _reduced(binding: FileBinding, ids: Sequence[str]) -> FileBinding:
    """Return a binding of some of its uploads; an earlier one is not what its path last contained."""
    sha256 = binding.sha256 if ids[-1] == binding.id else ""
    return replace(binding, id=ids[-1], sha256=sha256, old=tuple(ids[:-1]))
