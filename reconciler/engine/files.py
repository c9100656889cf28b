"""The upload of each declared file, and the uploads that are not needed any more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from reconciler.engine.imports import missing, unequal
from reconciler.engine.ownership import Verdict, is_stuck, manages_files
from reconciler.engine.proofs import Proofs
from reconciler.model.address import Address
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.field import Shape
from reconciler.model.mark import files_digest
from reconciler.model.state import FileBinding, UploadRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from reconciler.engine.options import PlanOptions
    from reconciler.engine.ownership import Claims, PlannerInput
    from reconciler.model.resource import DesiredFile, Import, Live, LiveAssistant, LiveFile
    from reconciler.model.state import Intent

CONTENT = "content"
"""The name of the one value in a change of a file."""

_UNPROVED = (
    "it was taken for ours by its name and size alone, as this server does not let users read uploads. "
    "Delete it by hand if no other user needs it"
)
_FOREIGN = 2  # uploads of other users among those of an assistant that a mark is compared without
_STAYS = "was imported, so it stays on the server"
_OPEN = "nothing proves that this project uploaded"


class FileMatch(NamedTuple):
    """The upload that a declared file is, and why; without an id it must be uploaded.

    ``bound`` is what the state knows of the file. ``old`` are earlier uploads that go with it. ``adopted`` is
    the name on the server of an upload that was imported. ``refused`` says why one cannot be.
    """

    file: DesiredFile
    bound: FileBinding | None
    id: str
    reason: Reason
    old: tuple[UploadRecord, ...] = ()
    adopted: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Uploads:
    """Every declared file with its upload, and everything else that is bound.

    ``bound`` has every bound file, and what interrupted runs uploaded, proved by its content. ``inferred``
    are uploads that are taken for ours and not proved to be.
    """

    matches: Mapping[Address, FileMatch]
    bound: Mapping[Address, FileBinding]
    inferred: frozenset[str]
    proofs: Proofs

    @cached_property
    def current(self) -> frozenset[str]:
        """Uploads that declared files are: no leftovers, wherever else they are known."""
        return frozenset(match.id for match in self.matches.values() if match.id)

    def digest(self, files: Iterable[DesiredFile]) -> str:
        """Return what an ownership mark says of the files of an assistant."""
        matches = [self.matches[file.address] for file in files]
        adopted = [(one.adopted, one.file.sha256) for one in matches if one.adopted]
        return files_digest((one.file.identity for one in matches if not one.adopted), adopted)

    def refusal(self, files: Iterable[DesiredFile]) -> str:
        """Return why what contains some files waits; empty where none of them is refused."""
        refused = [str(file.address) for file in files if self.matches[file.address].refused]
        return f"{', '.join(refused)} cannot be imported" if refused else ""

    @cached_property
    def names(self) -> Mapping[str, Address]:
        """Upload id to the address it is, or was, bound to."""
        names: dict[str, Address] = {}
        for address, binding in self.bound.items():
            names |= dict.fromkeys(binding.ids, address)
        return names | {match.id: address for address, match in self.matches.items() if match.id}


def locate(inputs: PlannerInput, claims: Claims) -> Uploads:
    """Return which upload every declared file is: by the state and a proof, or by an ownership mark."""
    return _located(inputs, claims, _Known.of(inputs, claims))


def _located(inputs: PlannerInput, claims: Claims, known: _Known) -> Uploads:
    containers = _containers(inputs, claims, known.lost)
    found = _recovered(inputs.live, containers, known.lost)
    recovered = {address: one for address, one in found.items() if one not in inputs.imported}
    matches = {
        file.address: known.match(file, recovered.get(file.address, "")) for file in inputs.desired.files
    }
    return Uploads(matches, known.bound, _inferred(known, recovered.values()), known.proofs)


class _Candidate(NamedTuple):
    """An upload that the state takes for a declared file, and why; ``old`` go with it."""

    record: UploadRecord
    reason: Reason
    old: tuple[UploadRecord, ...] = ()


@dataclass(frozen=True)
class _Known:
    """What the state knows of every file, and the proofs of it.

    ``holders`` has, for each declared file that an assistant may be given, what each of these assistants
    contains now. An upload that one of them lacks would be attached, and is not without a proof; the list is
    enough for one that stays where it is.
    """

    inputs: PlannerInput
    bound: Mapping[Address, FileBinding]
    proofs: Proofs
    holders: Mapping[Address, Sequence[Collection[str]]]

    @classmethod
    def of(cls, inputs: PlannerInput, claims: Claims) -> _Known:
        """Return what is bound, also by interrupted runs, with its proofs."""
        bound = _bound(inputs)
        return cls(inputs, bound, Proofs.of(inputs, bound), _holders(inputs, claims))

    @cached_property
    def lost(self) -> frozenset[Address]:
        """The declared files that no upload of the state is proved to be, or only one of before."""
        return frozenset(file.address for file in self.inputs.desired.files if self._is_lost(file))

    def _is_lost(self, file: DesiredFile) -> bool:
        """Return whether the marks may know the upload of a file better than the state."""
        found = self.found(file)
        return found is None or (self.inputs.is_outdated and self._moves(file, found.record))

    def match(self, file: DesiredFile, recovered: str) -> FileMatch:
        """Return the upload that a declared file is; ``recovered`` is what an ownership mark proves."""
        known = self.bound.get(file.address)
        if (found := self.found(file)) and not (recovered and recovered != found.record.id):
            adopted = found.record.filename if found.record.adopted else ""
            return FileMatch(file, known, found.record.id, found.reason, old=found.old, adopted=adopted)
        if known and known.id == recovered and known.current.identity == file.identity:
            return FileMatch(file, known, known.id, Reason.SAME)
        if (entry := self.entry(file)) and not recovered:
            return self._imported(file, entry)
        return FileMatch(file, known, recovered, Reason.MARKED)

    def entry(self, file: DesiredFile) -> Import | None:
        """Return the entry that imports an upload as a declared file; None where it says nothing more."""
        entry, known = self.inputs.desired.imports.get(file.address), self.bound.get(file.address)
        if entry is None or (known and known.id == entry.id):
            return None
        upload = self.inputs.live.files.get(entry.id)
        is_other = upload is None or (upload.sha256 is not None and upload.sha256 != file.sha256)
        return None if known and known.id in self.inputs.live.files and is_other else entry

    def _imported(self, file: DesiredFile, entry: Import) -> FileMatch:
        """Return an upload that is imported: its content must be the one of the file."""
        known, upload = self.bound.get(file.address), self.inputs.live.files.get(entry.id)
        gone, fields = missing(entry, self.inputs.live), self.inputs.options.fields
        problem = unequal(fields, entry, file, upload, missing=gone)
        if problem or upload is None:
            return FileMatch(file, known, entry.id, Reason.IMPORTED, refused=problem)
        return FileMatch(file, known, upload.id, Reason.IMPORTED, adopted=upload.filename)

    def found(self, file: DesiredFile) -> _Candidate | None:
        """Return the first upload of the state that may be a declared file."""
        return next((one for one in self.candidates(file) if self._is_usable(file, one.record)), None)

    def candidates(self, file: DesiredFile) -> Iterator[_Candidate]:
        """Yield the uploads that the state takes for a declared file, and that exist."""
        known, live = self.bound.get(file.address), self.inputs.live.files
        for one in self._recorded(file, known):
            if _is_of(one.record, file) and one.record.id in live:
                yield one

    def _recorded(self, file: DesiredFile, known: FileBinding | None) -> Iterator[_Candidate]:
        if known:
            yield _Candidate(known.current, Reason.SAME)
        for other in self._undeclared.get(file.identity, ()):
            yield _Candidate(other.current, Reason.MOVED, other.old)
        for old in known.old if known else ():
            yield _Candidate(old, Reason.FOUND)

    @cached_property
    def _undeclared(self) -> Mapping[tuple[str, str], Sequence[FileBinding]]:
        """What is bound to addresses that are not declared any more, by name and content."""
        found: dict[tuple[str, str], list[FileBinding]] = {}
        for address, binding in self.bound.items():
            if address not in self.inputs.desired.by_address:
                found.setdefault(binding.current.identity, []).append(binding)
        return found

    def _is_usable(self, file: DesiredFile, record: UploadRecord) -> bool:
        if file.address not in self.holders:
            return not self.proofs.disproves(record)
        return self.proofs.proves(record) if self._moves(file, record) else self.proofs.is_usable(record)

    def is_unsure(self, file: DesiredFile) -> bool:
        """Return whether its content should decide which upload a declared file is."""
        if file.address not in self.holders:
            return False
        found = self.found(file)
        if found is None or not self.proofs.is_certain(found.record):
            return True
        return self._moves(file, found.record)

    def _moves(self, file: DesiredFile, record: UploadRecord) -> bool:
        """Return whether an upload would be attached to an assistant that does not contain it."""
        return any(record.id not in contained for contained in self.holders.get(file.address, ()))


def _is_of(record: UploadRecord, file: DesiredFile) -> bool:
    """Return whether a record is one of a declared file; an adopted upload may have another name."""
    is_same = record.adopted and record.sha256 == file.sha256
    return is_same or record.identity == file.identity


def _holders(inputs: PlannerInput, claims: Claims) -> Mapping[Address, Sequence[Collection[str]]]:
    """Return what the assistants contain to which this plan may attach a declared file."""
    found: dict[Address, list[Collection[str]]] = {}
    for desired in (one for one in inputs.open if one.files):
        claim, absent = claims.declared.get(desired.address), claims.absent.get(desired.address)
        is_left = claim is not None and (
            bool(claim.refused) or is_stuck(inputs, claim) or not manages_files(inputs, desired, claim)
        )
        if not is_left and not (absent and absent.refused):
            contained = claim.live.file_ids if claim else ()
            for one in desired.files or ():
                if isinstance(one, Address):
                    found.setdefault(one, []).append(contained)
    return found


def _bound(inputs: PlannerInput) -> Mapping[Address, FileBinding]:
    """Return every bound file, and what interrupted runs uploaded for an address, proved by its content."""
    bound = dict(_once(inputs.state.files))
    taken = {file_id for binding in bound.values() for file_id in binding.ids} | inputs.imported
    for intent in inputs.state.pending:
        for upload in inputs.live.files.values() if intent.step == "upload" else ():
            same = upload.sha256 == intent.sha256 and upload.is_named(intent.filename)
            if same and upload.sha256 and upload.id not in taken and upload.id not in intent.known:
                bound[intent.address] = _with(bound.get(intent.address), intent, upload)
                taken.add(upload.id)
    return bound


def _once(bound: Mapping[Address, FileBinding]) -> Iterator[tuple[Address, FileBinding]]:
    """Yield the same bindings with each earlier upload in one of them only, so that it is deleted once."""
    taken = {binding.id for binding in bound.values()}
    for address, binding in sorted(bound.items()):
        old = tuple(one for one in binding.old if one.id == binding.id or one.id not in taken)
        taken.update(one.id for one in old)
        yield address, binding if old == binding.old else replace(binding, old=old)


def _with(bound: FileBinding | None, intent: Intent, upload: LiveFile) -> FileBinding:
    """Return a binding that also knows of an upload which an interrupted run made."""
    inferred = (upload.id,) if upload.inferred else ()
    if bound is None:
        return FileBinding(upload.id, intent.filename, intent.sha256, intent.size, inferred=inferred)
    if upload.id in bound.ids:
        return bound
    record = UploadRecord(upload.id, intent.filename, intent.sha256, intent.size)
    return replace(bound, old=(*bound.old, record), inferred=(*bound.inferred, *inferred))


class _Container(NamedTuple):
    """An assistant of a lost state, its declared files, and whether its ownership mark names just these.

    Where the mark names others, the content of all that it contains decides which uploads are ours. ``given``
    are the uploads that are declared by id.
    """

    files: Sequence[DesiredFile]
    live: LiveAssistant
    is_covered: bool
    given: Collection[str]


def _containers(inputs: PlannerInput, claims: Claims, lost: Collection[Address]) -> Sequence[_Container]:
    """Return the assistants with a lost file."""
    containers = []
    for desired in (one for one in inputs.open if one.files and lost):
        claim = claims.declared.get(desired.address)
        files = inputs.desired.files_of(desired)
        is_lost = any(file.address in lost for file in files)
        if claim and is_lost and (mark := claim.live.mark) and inputs.desired.owns(mark):
            is_covered = mark.files == _digest(inputs, files)
            given = [one for one in desired.files or () if isinstance(one, str)]
            containers.append(_Container(files, claim.live, is_covered, given))
    return containers


def _digest(inputs: PlannerInput, files: Sequence[DesiredFile]) -> str:
    """Return what a mark says of declared files, with those adopted that the configuration imports."""
    imports, uploads = inputs.desired.imports, inputs.live.files
    adopted = {one.address: imports[one.address].id for one in files if one.address in imports}
    named = [
        (uploads[adopted[one.address]].filename, one.sha256)
        for one in files
        if adopted.get(one.address) in uploads
    ]
    return files_digest((one.identity for one in files if adopted.get(one.address) not in uploads), named)


def _covered_uploads(live: Live, assistant: LiveAssistant) -> Collection[str]:
    """Return the uploads of an assistant that its mark covers, where their content was read.

    Another user may have attached a few others. Of two uploads with one name and content neither is ours.
    """
    present = [live.files[one] for one in assistant.file_ids if one in live.files]
    read = {one.id: (one.filename, one.sha256) for one in present if one.sha256 and not one.inferred}
    number = Counter(read.values())
    for foreign in range(min(_FOREIGN, len(read) - 1) + 1):
        for others in combinations(read, foreign):
            ours = {one: identity for one, identity in read.items() if one not in others}
            adopted = [read[one] for one in others]
            digests = (files_digest(ours.values()), files_digest(ours.values(), adopted))
            if assistant.mark and assistant.mark.files in digests:
                return [one for one, identity in ours.items() if number[identity] == 1]
    return ()


def _recovered(
    live: Live, containers: Sequence[_Container], lost: Collection[Address]
) -> Mapping[Address, str]:
    """Return lost files that a state knew: attached to an assistant whose mark proves the whole set.

    Where two uploads may be one file, or one upload two files, neither is proved to be ours.
    """
    alike: dict[Address, set[str]] = {}
    for container in containers:
        for address, ids in _alike(live, container).items():
            others = ids - {*container.given}
            alike.setdefault(address, set()).update(others or ids)
    number = Counter(file_id for ids in alike.values() for file_id in ids)
    return {
        address: one
        for address, (one, *others) in alike.items()
        if address in lost and not others and number[one] == 1
    }


def _alike(live: Live, container: _Container) -> Mapping[Address, set[str]]:
    """Return the uploads of an assistant that may be a declared file, and no other one."""
    files, assistant, is_covered, _ = container
    alike: dict[Address, set[str]] = {}
    contained = assistant.file_ids if is_covered else _covered_uploads(live, assistant)
    for upload in (live.files[file_id] for file_id in contained if file_id in live.files):
        candidates = [file.address for file in files if _is_alike(upload, file)]
        if len(candidates) == 1:
            alike.setdefault(candidates[0], set()).add(upload.id)
    return alike


def _is_alike(upload: LiveFile, file: DesiredFile) -> bool:
    """Return whether an upload may be a declared file; under another name its content must say so."""
    same = upload.size == file.size and upload.sha256 in {None, file.sha256}
    is_read = upload.sha256 is not None
    return same and (upload.filename == file.filename or (is_read and upload.is_named(file.filename)))


def _may_be(upload: LiveFile, file: DesiredFile) -> bool:
    """Return whether an upload may be a declared file, by its name and size."""
    return upload.size == file.size and upload.is_named(file.filename)


def _inferred(known: _Known, recovered: Iterable[str]) -> frozenset[str]:
    inferred = {one for binding in known.bound.values() for one in binding.inferred}
    records = [record for binding in known.bound.values() for record in binding.records]
    read = {one.id for one in records if one.id in inferred and _is_read(known.inputs.live, one)}
    files = known.inputs.live.files
    return frozenset(inferred - read | {one for one in recovered if files[one].sha256 is None})


def _is_read(live: Live, record: UploadRecord) -> bool:
    """Return whether the content of an upload was read, and is what was recorded."""
    upload = live.files.get(record.id)
    return upload is not None and not upload.inferred and upload.sha256 == record.sha256


def unread(inputs: PlannerInput, claims: Claims) -> frozenset[str]:
    """Return the uploads whose content a plan needs, as nothing else proves them.

    Declared files are to be attached; a lost state may have known them; they are to be deleted; or they are
    not proved to be ours, and another one takes their place.
    """
    known = _Known.of(inputs, claims)
    return frozenset(
        {
            *_of_declared(known),
            *_of_imports(known),
            *_of_lost(inputs, _containers(inputs, claims, known.lost), known.lost),
            *_of_leftovers(inputs, claims, known),
            *_of_inferred(inputs, known.bound),
        }
    )


def _of_declared(known: _Known) -> Iterator[str]:
    """Yield what may be a declared file that is to be attached, or that the list does not prove."""
    for file in known.inputs.desired.files:
        if known.is_unsure(file):
            candidates = (one.record for one in known.candidates(file))
            yield from (one.id for one in candidates if known.proofs.is_open(one))


def _of_imports(known: _Known) -> Iterator[str]:
    """Yield what is to be imported as a declared file."""
    for file in known.inputs.desired.files:
        upload = known.inputs.live.files.get(entry.id) if (entry := known.entry(file)) else None
        if upload and (upload.sha256 is None or upload.inferred) and known.found(file) is None:
            yield upload.id


def _of_lost(
    inputs: PlannerInput, containers: Sequence[_Container], lost: Collection[Address]
) -> Iterator[str]:
    """Yield what may be a file that a lost state knew."""
    for files, assistant, is_covered, _ in containers:
        wanted = [file for file in files if file.address in lost]
        present = [inputs.live.files[one] for one in assistant.file_ids if one in inputs.live.files]
        alike = [one for one in present if any(_may_be(one, file) for file in wanted)]
        needed = present if alike and not is_covered else alike
        yield from (one.id for one in needed if one.sha256 is None)


def _of_leftovers(inputs: PlannerInput, claims: Claims, known: _Known) -> Iterator[str]:
    """Yield what would be deleted, also with the proof of the list: a deletion cannot be undone."""
    leftovers = Leftovers.of(inputs, claims, _located(inputs, claims, known))
    records = [record for binding in known.bound.values() for record in binding.records]
    parts = leftovers.parts(records)
    wanted = {*parts.deletable, *parts.open}
    yield from (one.id for one in records if one.id in wanted and known.proofs.is_open(one))


def _of_inferred(inputs: PlannerInput, bound: Mapping[Address, FileBinding]) -> Iterator[str]:
    """Yield what was only inferred, and is replaced."""
    wanted = {file.address: file.identity for file in inputs.desired.files}
    for address, binding in bound.items():
        is_inferred = binding.id in binding.inferred and binding.id in inputs.live.files
        if is_inferred and wanted.get(address) != binding.current.identity:
            yield binding.id


@dataclass(frozen=True)
class Parts:
    """Uploads that no declared file is, and those of them that can be deleted.

    ``rest`` are those that exist and stay ours; ``deletable``, ``unproved`` and ``open`` are ids of some of
    them. ``users`` refer to others of them. ``open`` have no proof: only a reviewed plan deletes them.
    ``hidden`` says why an assistant that is not seen may contain any. ``strange`` turned out not to be ours.
    """

    rest: tuple[UploadRecord, ...] = ()
    deletable: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    hidden: str = ""
    open: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The deletion of everything deletable."""
        return tuple(Step(StepKind.DELETE, id=one) for one in self.deletable)

    @property
    def is_kept(self) -> bool:
        """Return whether any of them stays."""
        return any(one.id not in self.deletable for one in self.rest)

    @property
    def note(self) -> str:
        """The reason why some stay, and what of the others only a review deletes; empty where all is said."""
        return "; ".join(filter(None, (self._staying(), self._reviewed())))

    def _staying(self) -> str:
        if self.hidden:
            return f"{Reason.UNSEEN}: {self.hidden}"
        if self.users:
            return f"{Reason.IN_USE}: {', '.join(self.users)}"
        return f"{', '.join(self.unproved)} stays on the server: {_UNPROVED}" if self.unproved else ""

    def _reviewed(self) -> str:
        if not self.open:
            return ""
        ids = ", ".join(self.open)
        if set(self.open) <= set(self.deletable):
            return f"{_OPEN} {ids}, so an apply deletes it only after a review of this plan"
        return f"{ids} stays on the server: {_OPEN} it"


@dataclass(frozen=True)
class Leftovers:
    """The uploads that can be deleted: those that nothing refers to after this plan.

    ``released`` are assistants that contain, after this plan, only files it knows of. ``kept`` are uploads
    that assistants keep which the configuration says to forget, and ``declared`` those that it names by id.
    ``is_reviewed``: what nothing proves to be ours is deleted too.
    """

    live: Live
    uploads: Uploads
    released: frozenset[str]
    kept: Mapping[str, Sequence[Address]]
    declared: Mapping[str, Sequence[Address]]
    is_reviewed: bool = False

    @classmethod
    def of(cls, inputs: PlannerInput, claims: Claims, uploads: Uploads) -> Leftovers:
        """Return what the verdicts on the assistants mean for the uploads."""
        declared: dict[str, list[Address]] = {}
        for desired in inputs.open:  # what is settled declares none
            for file in desired.files or ():
                if isinstance(file, str):
                    declared.setdefault(file, []).append(desired.address)
        kept = _kept_by_removed(inputs, claims)
        return cls(
            inputs.live,
            uploads,
            _released(inputs, claims),
            kept,
            declared=declared,
            is_reviewed=inputs.options.lists_unproved,
        )

    def parts(self, records: Sequence[UploadRecord]) -> Parts:
        """Return what may become of some uploads."""
        left = list({one.id: one for one in records if self._is_left(one.id) and not one.adopted}.values())
        strange = tuple(one.id for one in left if self.uploads.proofs.disproves(one))
        rest = tuple(one for one in left if one.id not in strange)
        unproved = tuple(one.id for one in rest if one.id in self.uploads.inferred)
        if rest and self.live.blind_spot:
            return Parts(rest, unproved=unproved, hidden=self.live.blind_spot, strange=strange)
        users = {one.id: self._users(one.id) for one in rest}
        free = [one for one in rest if not users[one.id] and one.id not in unproved]
        unknown = tuple(one.id for one in free if not self.uploads.proofs.proves(one))
        deletable = tuple(one.id for one in free if self.is_reviewed or one.id not in unknown)
        everyone = {user for found in users.values() for user in found}
        return Parts(rest, deletable, unproved, tuple(sorted(everyone)), open=unknown, strange=strange)

    def _is_left(self, file_id: str) -> bool:
        """Return whether an upload exists, and neither a file nor an assistant to forget keeps it."""
        is_current = file_id in self.uploads.current
        return file_id in self.live.files and not is_current and file_id not in self.kept

    def _users(self, file_id: str) -> set[str]:
        """Return what refers to an upload after this plan."""
        containing = self.live.references.get(file_id, frozenset()) - self.released
        return {*containing, *map(str, self.declared.get(file_id, ()))}


def _released(inputs: PlannerInput, claims: Claims) -> frozenset[str]:
    selected, released = inputs.options.selected, set()
    for desired in inputs.open:  # what is settled contains nothing that is managed
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
    found = [(one.address, one.live) for one in claims.of(Verdict.REMOVED) if not one.refused]
    lost = [(one, live) for one in inputs.undeclared if (live := inputs.taken_over(one))]
    for address, live in (*found, *(one for one in lost if claims.owner(one[1].id) is None)):
        if inputs.options.selected(address):
            for file_id in live.file_ids:
                kept.setdefault(file_id, []).append(address)
    return kept


def wanted_files(inputs: PlannerInput, leftovers: Leftovers) -> dict[Address, Change]:
    """Return a Change for every declared file; its ``id`` is empty where it has to be uploaded."""
    return {
        address: _wanted(inputs, match, leftovers) for address, match in leftovers.uploads.matches.items()
    }


def _wanted(inputs: PlannerInput, match: FileMatch, leftovers: Leftovers) -> Change:
    """Return what becomes of a declared file: it is kept, replaced, adopted or uploaded."""
    file, bound = match.file, match.bound
    if match.refused:
        return Change(
            file.address, Action.ADOPT, Reason.IMPORTED, id=match.id, refused=match.refused, imported=True
        )
    if bound and match.reason is Reason.SAME:
        return _kept_as_is(inputs, file, bound, leftovers)
    is_alive = bound is not None and bound.id in inputs.live.files
    is_ours = bound is not None and is_alive and not leftovers.uploads.proofs.disproves(bound.current)
    earlier = (*bound.old, *((bound.current,) if is_alive else ())) if bound else ()
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
        note="; ".join(filter(None, (_adopted_note(match, inputs.live), parts.note))),
        wanted=file,
        imported=match.reason is Reason.IMPORTED,
    )
    after = _content(file.sha256, file.size)
    if bound and is_ours and bound.current.identity != file.identity:
        before = {**_content(bound.sha256, bound.size), "id": bound.id}
        fields = (FieldChange(CONTENT, before, after, shape=Shape.CONTENT),)
        return replace(made, action=Action.REPLACE, reason=Reason.CONTENT, fields=fields)
    if match.id:
        return replace(made, action=Action.ADOPT, reason=match.reason)
    fields = (FieldChange(CONTENT, None, after, shape=Shape.CONTENT),)
    made = replace(made, fields=fields, binding=binding if old else None)
    if is_alive:
        return replace(made, reason=Reason.STRANGE)
    is_gone = bound is not None and bound.id not in inputs.state.leaving
    return replace(made, drifted=is_gone and not inputs.is_outdated)


def _adopted_note(match: FileMatch, live: Live) -> str:
    """Return the name that an imported upload keeps, or that one stays whose place another one takes."""
    bound = match.bound.current if match.bound else None
    if bound and bound.adopted and bound.id != match.id and bound.id in live.files:
        return f"{bound.id} {_STAYS}"
    is_renamed = match.adopted not in {"", match.file.filename}
    return f"its name on the server is {match.adopted}" if is_renamed else ""


def _kept_as_is(inputs: PlannerInput, file: DesiredFile, bound: FileBinding, leftovers: Leftovers) -> Change:
    parts = leftovers.parts(bound.old)
    keep = replace(bound, old=tuple(one for one in parts.rest if one.id != bound.id))
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
    ids = (match.id, *(one.id for one in parts.rest))
    inferred = tuple(one for one in ids if one in uploads.inferred)
    return FileBinding(
        match.id,
        match.adopted or file.filename,
        file.sha256,
        file.size,
        old=parts.rest,
        inferred=inferred,
        adopted=(match.id,) * bool(match.adopted),
    )


def _content(sha256: str, size: int) -> dict[str, str | int]:
    return {"sha256": sha256, "bytes": size}


def unwanted_files(
    inputs: PlannerInput, leftovers: Leftovers, wanted: Mapping[Address, Change]
) -> Iterator[Change]:
    """Yield a Change for every bound file that is not declared any more."""
    claimed = {change.id for change in wanted.values() if change.id}
    for change in wanted.values():
        claimed.update(change.binding.ids if isinstance(change.binding, FileBinding) else ())
    for address, binding in sorted(leftovers.uploads.bound.items(), reverse=True):
        if address in inputs.desired.by_address:
            continue
        if binding.id in claimed:
            yield Change(address, Action.FORGET, Reason.MOVED, id=binding.id)
        else:
            claimed.add(binding.id)
            yield _unwanted(inputs, address, binding, leftovers)


def _unwanted(inputs: PlannerInput, address: Address, binding: FileBinding, leftovers: Leftovers) -> Change:
    """Return what becomes of a bound file: what nothing refers to is deleted, the rest stays known.

    What a removed assistant keeps, what was imported, and what nothing proves to be ours, is forgotten.
    """
    parts = leftovers.parts(binding.records)
    if binding.current.adopted:
        if not parts.rest:
            note = f"it {_STAYS}"
            return Change(address, Action.FORGET, inputs.options.because, id=binding.id, note=note)
        binding = _reduced(binding, parts.rest)
    keepers = tuple(sorted({keeper for one in binding.ids for keeper in leftovers.kept.get(one, ())}))
    if keepers and not parts.rest:
        note = f"it stays with {', '.join(map(str, keepers))}"
        return Change(address, Action.FORGET, Reason.REMOVED, id=binding.id, note=note, follows=keepers)
    if parts.rest and (keepers or parts.strange):
        binding = _reduced(binding, parts.rest)
    proved = tuple(one for one in parts.rest if one.id not in parts.unproved)
    if not parts.unproved:
        return _discarded(inputs, address, binding, parts)
    note = replace(parts, users=(), hidden="", open=()).note
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
    if parts.is_kept and not parts.steps:
        return replace(change, action=Action.NOOP, reason=_staying(parts))
    if parts.is_kept:
        kept = _divided(binding, parts)
        return replace(change, action=Action.REPLACE, reason=Reason.LEFTOVER, id=kept.id, binding=kept)
    if parts.steps:
        return change
    reason = Reason.UNPROVED if parts.strange else Reason.GONE
    return Change(address, Action.FORGET, reason, id=binding.id)


def _staying(parts: Parts) -> Reason:
    """Return why uploads stay, none of which can be deleted."""
    if parts.hidden:
        return Reason.UNSEEN
    return Reason.IN_USE if parts.users else Reason.UNPROVED


def _divided(binding: FileBinding, parts: Parts) -> FileBinding:
    """Return the same uploads, with those that are deleted as earlier ones of what stays."""
    kept = _reduced(binding, [one for one in parts.rest if one.id not in parts.deletable])
    deleted = (one for one in parts.rest if one.id in parts.deletable)
    return replace(kept, old=(*kept.old, *deleted))


def _reduced(binding: FileBinding, records: Sequence[UploadRecord]) -> FileBinding:
    """Return a binding of some of its uploads."""
    *old, last = records
    return FileBinding(
        last.id, last.filename, last.sha256, last.size, old=tuple(old), inferred=binding.inferred
    )


def left_open(leftovers: Leftovers, options: PlanOptions) -> Sequence[str]:
    """Return the uploads that stay, as only a reviewed plan deletes them."""
    if options.lists_unproved:
        return ()
    bound = sorted(leftovers.uploads.bound.items())
    records = [one for address, binding in bound if options.selected(address) for one in binding.records]
    return leftovers.parts(records).open


def strangers(uploads: Uploads) -> Iterator[str]:
    """Yield what is said of the uploads whose content is not the one that the state records."""
    for address, binding in sorted(uploads.bound.items()):
        ids = ", ".join(one.id for one in binding.records if uploads.proofs.disproves(one))
        if ids:
            yield f"{ids} is not the upload of {address} in the state: its content differs. It is left alone."
