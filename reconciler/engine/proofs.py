"""Proofs that an upload is the one that the state records: the word of a state alone proves nothing.

An ownership mark on the server covers the names and contents of the files of its assistant, and the content
of an upload can be read. A state or a journal that was changed by hand has neither on its side.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.address import Address, assistant
from reconciler.model.mark import files_digest
from reconciler.model.resource import DesiredAssistant
from reconciler.model.state import UploadRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from reconciler.engine.ownership import PlannerInput
    from reconciler.model.resource import DesiredFile, LiveAssistant, LiveFile
    from reconciler.model.state import FileBinding

_MOST = 200
"""Recorded uploads of one assistant that are compared; where there are more, their content must be read."""


@dataclass(frozen=True)
class Proofs:
    """What the server proves of the uploads that the state records.

    ``covered`` are those that the list proves: an assistant with our mark contains them under their name and
    with their size, and the mark covers their content. ``settled`` are uploads that the state records as all
    that such an assistant contains: with these nothing is attached and nothing detached. This is enough to
    leave them where they are, on a server that changes names or keeps no sizes.
    """

    files: Mapping[str, LiveFile]
    covered: frozenset[UploadRecord]
    settled: frozenset[UploadRecord]

    @classmethod
    def of(cls, inputs: PlannerInput, bound: Mapping[Address, FileBinding]) -> Proofs:
        """Return what the list of this run proves of all that is bound."""
        by_id: dict[str, list[_Bound]] = defaultdict(list)
        for address, binding in bound.items():
            for record in binding.records:
                by_id[record.id].append(_Bound(address, record, record == binding.current))
        covered: set[UploadRecord] = set()
        settled: set[UploadRecord] = set()
        for live in (one for marked in inputs.marked.values() for one in marked):
            contained = [known for one in live.file_ids for known in by_id.get(one, ())]
            if 0 < len(contained) <= _MOST:
                covered.update(_covered(inputs, live, contained, bound))
                settled.update(_settled(live, _desired(inputs, live), contained))
        return cls(inputs.live.files, frozenset(covered), frozenset(settled))

    def proves(self, record: UploadRecord) -> bool:
        """Return whether an upload is proved to be the recorded one."""
        return not self.disproves(record) and (record in self.covered or self._is_read(record))

    def disproves(self, record: UploadRecord) -> bool:
        """Return whether the content of an upload was read, and is not the recorded one."""
        upload = self.files.get(record.id)
        is_read = upload is not None and upload.sha256 is not None and not upload.inferred
        return is_read and bool(record.sha256) and not self._is_read(record)

    def is_open(self, record: UploadRecord) -> bool:
        """Return whether only its content, which was not read, can prove an upload."""
        upload = self.files.get(record.id)
        is_unread = upload is not None and (upload.sha256 is None or upload.inferred)
        return is_unread and bool(record.sha256) and record not in self.covered

    def is_usable(self, record: UploadRecord) -> bool:
        """Return whether an upload may stay the one of a declared file."""
        return self.proves(record) or (record in self.settled and not self.disproves(record))

    def _is_read(self, record: UploadRecord) -> bool:
        upload = self.files.get(record.id)
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


def _covered(
    inputs: PlannerInput,
    live: LiveAssistant,
    contained: Sequence[_Bound],
    bound: Mapping[Address, FileBinding],
) -> Collection[UploadRecord]:
    """Return the records among what an assistant contains that its mark and the list prove."""
    for known in _guesses(inputs, _desired(inputs, live), contained, bound):
        if live.mark and known and live.mark.files == _digest(known):
            return _listed(live, inputs.live.files, [one.record for one in contained], known)
    return ()


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
        yield [_declared(one) for one in inputs.desired.files_of(desired)]
    latest = {one.address for one in contained if one.is_current}
    former = {one.address for one in contained if not one.is_current}
    yield [one.record for one in contained if one.is_current or one.address not in latest]
    yield [one.record for one in contained if not one.is_current or one.address not in former]


def _declared(file: DesiredFile) -> UploadRecord:
    """Return the record that the upload of a declared file would have, without an id."""
    return UploadRecord("", file.filename, file.sha256, file.size)


def _digest(known: Iterable[UploadRecord]) -> str:
    return files_digest(one.identity for one in known)


def _listed(
    live: LiveAssistant,
    files: Mapping[str, LiveFile],
    contained: Sequence[UploadRecord],
    known: Sequence[UploadRecord],
) -> Sequence[UploadRecord]:
    """Return the contained records that are among the covered ones, if the list leaves no doubt.

    Where an upload is not as it was recorded, or another one that is contained could be meant as well, none
    of them is proved.
    """
    wanted = Counter(map(_content, known))
    found = [one for one in contained if _content(one) in wanted]
    names: dict[int, set[str]] = defaultdict(set)
    for one in known:
        names[one.size].add(one.filename)
    alike = [one for one in live.file_ids if one in files and _is_named(files[one], names[files[one].size])]
    same = all(one.id in files and _fits(files[one.id], one) for one in found)
    is_sure = same and sorted(alike) == sorted(one.id for one in found)
    return found if is_sure and Counter(map(_content, found)) <= wanted else ()


def _content(record: UploadRecord) -> tuple[str, str, int]:
    return (*record.identity, record.size)


def _is_named(upload: LiveFile, names: Iterable[str]) -> bool:
    return any(map(upload.is_named, names))


def _fits(upload: LiveFile, record: UploadRecord) -> bool:
    return upload.size == record.size and upload.is_named(record.filename)


def _settled(
    live: LiveAssistant, desired: DesiredAssistant | None, contained: Sequence[_Bound]
) -> Iterable[UploadRecord]:
    """Return the uploads of an assistant that contains these only, besides those declared by id."""
    records = [one.record for one in contained]
    given = {one for one in (desired.files if desired else None) or () if isinstance(one, str)}
    ours = [one for one in live.file_ids if one not in given]
    is_all = sorted(ours) == sorted(one.id for one in records)
    return records if is_all and live.mark and live.mark.files == _digest(records) else ()
