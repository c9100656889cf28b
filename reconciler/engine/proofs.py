"""Proofs that an upload is the one that the state records: the word of a state alone proves nothing.

An ownership mark on the server covers the names and contents of the files of its assistant, and the content
of an upload can be read. A state or a journal that was changed by hand has neither on its side.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.address import Address, assistant
from reconciler.model.mark import files_digest
from reconciler.model.resource import DesiredAssistant
from reconciler.model.state import UploadRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from reconciler.engine.ownership import PlannerInput
    from reconciler.model.resource import DesiredFile, LiveAssistant, LiveFile
    from reconciler.model.state import FileBinding

_MOST = 200
"""Recorded uploads of one assistant that are compared; where there are more, their content must be read."""


@dataclass(frozen=True)
class Proofs:
    """What the server proves of the uploads that the state records.

    ``covered`` are those that the list proves: an assistant with our mark contains them under their name and
    with their size, and the mark covers their content. This is enough to leave them where they are. ``firm``
    are those of them that cannot be another upload either, whatever the state says of their size; they may
    also be attached and deleted where the server does not let users read them.

    ``settled`` are uploads of such an assistant that another one could be taken for: where the server does
    not let users read them, they may stay, as on a server that changes names or keeps no sizes.
    """

    files: Mapping[str, LiveFile]
    covered: frozenset[UploadRecord]
    firm: frozenset[UploadRecord]
    settled: frozenset[UploadRecord]

    @classmethod
    def of(cls, inputs: PlannerInput, bound: Mapping[Address, FileBinding]) -> Proofs:
        """Return what the list of this run proves of all that is bound."""
        by_id = _by_id(inputs, bound)
        declared = frozenset(_content(_declared(file)) for file in inputs.desired.files)
        covered: set[UploadRecord] = set()
        firm: set[UploadRecord] = set()
        settled: set[UploadRecord] = set()
        for live in (one for marked in inputs.marked.values() for one in marked) if by_id else ():
            contained = [known for one in live.file_ids for known in by_id.get(one, ())]
            if 0 < len(contained) <= _MOST:
                sight = _Sight.of(inputs, live, contained, bound=bound, declared=declared)
                covered.update(sight.covered)
                firm.update(sight.firm)
                settled.update((*sight.interrupted, *_settled(inputs, live, contained)))
        return cls(inputs.live.files, frozenset(covered), frozenset(firm), frozenset(settled))

    def proves(self, record: UploadRecord) -> bool:
        """Return whether an upload is proved to be the recorded one: it may be deleted, or attached."""
        return not self.disproves(record) and (record in self.firm or self._is_read(record))

    def disproves(self, record: UploadRecord) -> bool:
        """Return whether the content of an upload was read, and is not the recorded one."""
        upload = self.files.get(record.id)
        is_read = upload is not None and upload.sha256 is not None and not upload.inferred
        return is_read and bool(record.sha256) and not _has_content(upload, record)

    def is_open(self, record: UploadRecord) -> bool:
        """Return whether the content of an upload was not read, and can prove it."""
        upload = self.files.get(record.id)
        return upload is not None and (upload.sha256 is None or upload.inferred) and bool(record.sha256)

    def is_certain(self, record: UploadRecord) -> bool:
        """Return whether an upload may stay where it is, without a look at its content."""
        return self.proves(record) or (record in self.covered and not self.disproves(record))

    def is_usable(self, record: UploadRecord) -> bool:
        """Return whether an upload may stay the one of a declared file."""
        return self.is_certain(record) or (record in self.settled and not self.disproves(record))

    def _is_read(self, record: UploadRecord) -> bool:
        upload = self.files.get(record.id)
        is_named = upload is not None and (not record.filename or upload.is_named(record.filename))
        return is_named and _has_content(upload, record)


def _has_content(upload: LiveFile | None, record: UploadRecord) -> bool:
    return upload is not None and not upload.inferred and upload.sha256 == record.sha256 != ""


class _Bound(NamedTuple):
    """A record, the address that it is bound to, and whether it is the latest one there."""

    address: Address
    record: UploadRecord
    is_current: bool


def _desired(inputs: PlannerInput, live: LiveAssistant) -> DesiredAssistant | None:
    """Return what the configuration declares for an assistant with our mark."""
    address = assistant(live.mark.name) if live.mark else None
    found = inputs.desired.by_address.get(inputs.successors.get(address, address)) if address else None
    return found if isinstance(found, DesiredAssistant) else None


def _guesses(
    inputs: PlannerInput,
    desired: DesiredAssistant | None,
    contained: Sequence[_Bound],
    bound: Mapping[Address, FileBinding],
) -> Iterator[Sequence[UploadRecord]]:
    """Yield the files that a mark may cover; its digest decides which of these it does.

    Usually these are all that is contained. A file that was detached by hand is still covered, and within an
    interrupted swap the assistant contains two uploads of a file, of which the mark covers one.
    """
    yield [one.record for one in contained]
    if desired:
        addresses = [one for one in desired.files or () if isinstance(one, Address)]
        yield [bound[one].current for one in addresses if one in bound]
        yield [_wanted(one, bound.get(one.address)) for one in inputs.desired.files_of(desired)]
    latest = {one.address for one in contained if one.is_current}
    former = {one.address for one in contained if not one.is_current}
    yield [one.record for one in contained if one.is_current or one.address not in latest]
    yield [one.record for one in contained if not one.is_current or one.address not in former]


def _wanted(file: DesiredFile, bound: FileBinding | None) -> UploadRecord:
    """Return the record that a mark covers of a declared file; that of an adopted upload has its own name."""
    is_adopted = bound is not None and bound.current.adopted and bound.sha256 == file.sha256
    return bound.current if bound and is_adopted else _declared(file)


def _declared(file: DesiredFile) -> UploadRecord:
    """Return the record that the upload of a declared file would have, without an id."""
    return UploadRecord("", file.filename, file.sha256, file.size)


def _digest(known: Iterable[UploadRecord]) -> str:
    records = list(known)
    adopted = (one.identity for one in records if one.adopted)
    return files_digest((one.identity for one in records if not one.adopted), adopted)


def _content(record: UploadRecord) -> tuple[str, str, int]:
    return (*record.identity, record.size)


@dataclass(frozen=True)
class _Sight:
    """An assistant with our mark, as the list shows it: the recorded uploads that its mark covers.

    ``contained`` are all recorded uploads in it, ``wanted`` what the mark covers, and ``found`` those of the
    first that are one of the second. ``declared`` are contents whose size the configuration knows: the size
    of another one is the word of the state.
    """

    live: LiveAssistant
    files: Mapping[str, LiveFile]
    contained: Sequence[UploadRecord]
    wanted: Counter[tuple[str, str, int]]
    declared: Collection[tuple[str, str, int]]

    @classmethod
    def of(
        cls,
        inputs: PlannerInput,
        live: LiveAssistant,
        contained: Sequence[_Bound],
        *,
        bound: Mapping[Address, FileBinding],
        declared: Collection[tuple[str, str, int]],
    ) -> _Sight:
        """Return what the mark of an assistant covers; nothing where its digest fits no guess."""
        guesses = _guesses(inputs, _desired(inputs, live), contained, bound)
        fitting = (one for one in guesses if one and live.mark and live.mark.files == _digest(one))
        wanted = Counter(map(_content, next(fitting, ())))
        return cls(
            live,
            inputs.live.files,
            [one.record for one in contained],
            wanted=wanted,
            declared=declared,
        )

    @cached_property
    def found(self) -> Sequence[UploadRecord]:
        """The covered records, if no two of them are for one file, or of one upload; otherwise none."""
        found = [one for one in self.contained if _content(one) in self.wanted]
        is_clear = len({one.id for one in found}) == len(found)
        return found if is_clear and Counter(map(_content, found)) <= self.wanted else ()

    @property
    def covered(self) -> Sequence[UploadRecord]:
        """The records that fit, where no other upload of the name and size could be meant."""
        return self.found if self._fit and not self._others(_fits) else ()

    @property
    def firm(self) -> Sequence[UploadRecord]:
        """The records that fit by their very name, where no other upload could be meant.

        Of a content that is not declared, every upload of its name could be meant, and so could one that
        takes the place of a file which is missing, or whose name is not known.
        """
        is_listed = all(one in self.files for one in self.live.file_ids)
        is_whole = is_listed and self.wanted == Counter(map(_content, self.found))
        is_known = all(_content(one) in self.declared for one in self.found)
        is_exact = self._fit and all(self.files[one.id].filename == one.filename for one in self.found)
        return self.found if is_exact and (is_whole or is_known) and not self._others(self._may_be) else ()

    @property
    def interrupted(self) -> Sequence[UploadRecord]:
        """The records that fit where the only others are recorded too, with another content.

        So it is when a swap was interrupted after its mark was written.
        """
        recorded = {one.id for one in self.contained}
        return self.found if self._fit and recorded.issuperset(self._others(_fits)) else ()

    @cached_property
    def _fit(self) -> bool:
        return all(_fits(self.files.get(one.id), one) for one in self.found)

    def _others(self, may_be: Callable[[LiveFile, UploadRecord], bool]) -> Collection[str]:
        """Return the contained uploads that could be meant by a covered record, and are not recorded so."""
        found = {one.id for one in self.found}
        others = [self.files[one] for one in self.live.file_ids if one in self.files and one not in found]
        return {one.id for one in others if any(may_be(one, known) for known in self._sought)}

    @cached_property
    def _sought(self) -> Sequence[UploadRecord]:
        return [UploadRecord("", *content) for content in self.wanted]

    def _may_be(self, upload: LiveFile, record: UploadRecord) -> bool:
        is_known = _content(record) in self.declared
        return _fits(upload, record) if is_known else upload.is_named(record.filename)


def _fits(upload: LiveFile | None, record: UploadRecord) -> bool:
    return upload is not None and upload.size == record.size and upload.is_named(record.filename)


def _by_id(inputs: PlannerInput, bound: Mapping[Address, FileBinding]) -> Mapping[str, Sequence[_Bound]]:
    """Return the records of each upload, but for those whose size is not the one of their content."""
    sizes = {file.identity: file.size for file in inputs.desired.files}
    found: dict[str, list[_Bound]] = defaultdict(list)
    for address, binding in bound.items():
        for record in binding.records:
            if sizes.get(record.identity, record.size) == record.size:
                found[record.id].append(_Bound(address, record, record == binding.current))
    return found


def _settled(
    inputs: PlannerInput, live: LiveAssistant, contained: Sequence[_Bound]
) -> Iterable[UploadRecord]:
    """Return the uploads of an assistant that contains these only, besides those declared by id.

    One that is declared by id counts as the upload of a file where it looks like it, and the recorded one
    does not.
    """
    desired, files = _desired(inputs, live), inputs.live.files
    records = [one.record for one in contained]
    given = {one for one in (desired.files if desired else None) or () if isinstance(one, str)}
    odd = [one for one in records if not _fits(files.get(one.id), one)]
    alike = {one for one in given if any(_fits(files.get(one), known) for known in odd)}
    ours = [one for one in live.file_ids if one not in given - alike]
    is_all = sorted(ours) == sorted(one.id for one in records)
    return records if is_all and live.mark and live.mark.files == _digest(records) else ()
