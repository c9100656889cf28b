"""The values remembered between two runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.model.address import Address


FIRST_DIALECT = "assistants-v1"
"""The dialect of states and plans from before they recorded one."""


@dataclass(frozen=True, slots=True)
class AssistantBinding:
    """The remote assistant of an address, and digests of what was last applied to it.

    ``digests`` maps every managed field (``name``, ``tools``, ``metadata.team``, ``files``) to the
    digest of the value last sent, so its keys are the managed fields. ``echoes`` has the digest of what the
    server returned, for every one where that differs; it is None where nothing was recorded, as in a state of
    an earlier version. ``ignored`` are managed fields whose last value the server did not take. ``mark`` is
    the digest of the ownership mark that the assistant had then, and ``declared`` the path beneath the root
    of the file that declared it; each is empty in a state of an earlier version. ``marked`` is the name in
    that mark where a user has given the assistant another address since, in the state alone.
    """

    id: str
    nonce: str
    digests: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    echoes: Mapping[str, str] | None = None
    ignored: tuple[str, ...] = ()
    mark: str = ""
    declared: str = ""
    marked: str = ""

    def echo(self, path: str) -> str:
        """Return the digest of what the server returned to our last write; empty where it is not known."""
        return "" if self.echoes is None else self.echoes.get(path, self.digests.get(path, ""))


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """One upload as it was made: its id, and the name and content that were sent.

    An earlier version recorded no more than the ids of earlier uploads; ``sha256`` is then empty. ``adopted``
    is of an upload that was imported; the binding says so, not what a state keeps of the record.
    """

    id: str
    filename: str = ""
    sha256: str = ""
    size: int = 0
    adopted: bool = False

    @property
    def identity(self) -> tuple[str, str]:
        """What makes a declared file the same upload."""
        return self.filename, self.sha256


@dataclass(frozen=True, slots=True)
class FileBinding:
    """The upload of a file; ``old`` are earlier uploads of it that still have to be deleted.

    ``inferred`` are those of them that are taken for ours by name, size and time alone, since the server does
    not allow reading uploads; they are never deleted. ``adopted`` has the id where the upload was imported:
    another user made it, under a name that may be another one, and it is never deleted.
    """

    id: str
    filename: str
    sha256: str
    size: int
    old: tuple[UploadRecord, ...] = ()
    inferred: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()

    @property
    def current(self) -> UploadRecord:
        """The record of the upload itself."""
        is_adopted = self.id in self.adopted
        return UploadRecord(self.id, self.filename, self.sha256, self.size, adopted=is_adopted)

    @property
    def records(self) -> tuple[UploadRecord, ...]:
        """Every upload of the file, the earlier ones first."""
        return (*self.old, self.current)

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of every upload of the file, the earlier ones first."""
        return tuple(one.id for one in self.records)


Binding: TypeAlias = AssistantBinding | FileBinding


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that was about to be made when the journal was last written.

    ``nonce`` belongs to a create. An upload, which carries no mark, is found again among the ids
    that are not in ``known``: those that already had its name and size before the call. Of a delete ``known``
    are the ids to delete. Of an update they are the uploads that were attached before, ``attached`` those
    that will be, ``id`` is the assistant, ``digests`` maps each field to the digest of the value that is
    sent, and ``mark`` is the digest of the ownership mark. ``at`` is the time of the journal entry in seconds
    since 1970, 0 if unrecorded.
    """

    address: Address
    step: str
    nonce: str = ""
    filename: str = ""
    size: int = 0
    sha256: str = ""
    known: tuple[str, ...] = ()
    at: float = 0.0
    attached: tuple[str, ...] = ()
    id: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""

    @property
    def leaving(self) -> tuple[str, ...]:
        """The ids that a delete was about to remove."""
        return self.known if self.step == "delete" else ()

    def deletes(self, address: Address) -> bool:
        """Return whether it is a delete of what an address is bound to."""
        return bool(self.leaving) and self.address == address

    def updates(self, *bindings: Binding | None) -> bool:
        """Return whether it is an update of what one of some bindings names."""
        return self.step == "update" and any(one is not None and one.id == self.id for one in bindings)

    @property
    def effects(self) -> Iterator[object]:
        """What it may have done, each as a value that the binding or address concerned has too."""
        yield self.nonce or (self.address, self.filename, self.sha256)
        if self.leaving:
            yield ("delete", self.address)
        if self.step == "update":
            yield ("update", self.id)

    def is_made(self, binding: Binding | None) -> bool:
        """Return whether a binding is what this call made."""
        if isinstance(binding, AssistantBinding):
            return bool(self.nonce) and self.nonce == binding.nonce
        if binding is None or self.nonce:
            return False
        return (self.filename, self.sha256) == (binding.filename, binding.sha256)


class PendingIndex:
    """Pending operations that are added and resolved one by one, in a time that does not grow with them."""

    def __init__(self, pending: Iterable[Intent]) -> None:
        self._numbers = count()
        self._by_number: dict[int, Intent] = {}
        self._by_effect: dict[object, list[int]] = {}
        for one in pending:
            self.add(one)

    def __iter__(self) -> Iterator[Intent]:
        return iter(self._by_number.values())

    def add(self, intent: Intent) -> None:
        """Add the latest operation."""
        number = next(self._numbers)
        self._by_number[number] = intent
        for effect in intent.effects:
            self._by_effect.setdefault(effect, []).append(number)

    def resolve(self, address: Address, before: Binding | None, binding: Binding | None) -> None:
        """Remove what `Pending.resolved_by` removes."""
        finished = () if _is_admission(before, binding) else (before, binding)
        if binding is not None and _is_new(before, binding):
            made: object = (
                binding.nonce
                if isinstance(binding, AssistantBinding)
                else (address, binding.filename, binding.sha256)
            )
            self._remove(made, only_latest=True)
        for effect in (("delete", address), *(("update", one.id) for one in finished if one is not None)):
            self._remove(effect)

    def _remove(self, effect: object, *, only_latest: bool = False) -> None:
        numbers = self._by_effect.get(effect, [])
        while numbers:
            is_removed = self._by_number.pop(numbers.pop(), None) is not None
            if is_removed and only_latest:
                return


class Pending(tuple[Intent, ...]):
    """Operations whose outcome is not known, oldest first."""

    __slots__ = ()

    def resolved_by(self, address: Address, before: Binding | None, binding: Binding | None) -> Pending:
        """Return what is still pending once an address, which had the first binding, has the second one.

        The latest operation that made the binding is resolved. Others stay: a request without a response can
        still take effect. No update or delete of the address stays, since its binding says whether it took
        effect.
        """
        made = self._latest_that_made(address, binding) if _is_new(before, binding) else None
        finished = () if _is_admission(before, binding) else (before, binding)
        return Pending(
            one for one in self if one is not made and not one.deletes(address) and not one.updates(*finished)
        )

    def _latest_that_made(self, address: Address, binding: Binding | None) -> Intent | None:
        """Return the latest operation that made a binding; an upload is known by its address too."""
        intents = (intent for intent in reversed(self) if intent.nonce or intent.address == address)
        return next((intent for intent in intents if intent.is_made(binding)), None)


def _is_admission(before: Binding | None, binding: Binding | None) -> bool:
    """Return whether a binding only says that one more field is managed, before a first write to it."""
    if not (isinstance(before, AssistantBinding) and isinstance(binding, AssistantBinding)):
        return False
    added = binding.digests.keys() - before.digests.keys()
    return bool(added) and {**before.digests, **dict.fromkeys(added, "")} == binding.digests


def _is_new(before: Binding | None, binding: Binding | None) -> bool:
    return binding is not None and (before is None or before.id != binding.id)


@dataclass(frozen=True, slots=True)
class State:
    """Bindings, and the identity of their state.

    ``lineage`` never changes in the life of a state, ``serial`` grows by one at every save, ``target`` names
    the server it belongs to, ``account`` that server's name for the account, empty if unknown,
    ``dialect`` the API that it speaks, empty before the first save, ``traits`` how the server deviates from
    that API, as far as it was found out. ``pending`` are intents whose result is
    not known. ``journaled``: some of this came from the journal; it is never saved. ``exceptions`` are the
    findings of the checks that the configuration of the last apply allowed, None where that is not recorded.
    ``cursors`` are ids behind which parts of the list of assistants can be read at the same time.
    """

    lineage: str
    serial: int
    project: str = ""
    target: str = ""
    bindings: Mapping[Address, Binding] = field(default_factory=dict)
    pending: Sequence[Intent] = ()
    journaled: bool = False
    account: str = ""
    dialect: str = ""
    traits: frozenset[str] = frozenset()
    exceptions: frozenset[str] | None = None
    cursors: tuple[str, ...] = ()

    def updates_by_id(self) -> Mapping[str, Sequence[Intent]]:
        """Return the updates that may or may not have taken effect, by the id of the assistant."""
        found: dict[str, list[Intent]] = {}
        for one in self.pending:
            if one.step == "update":
                found.setdefault(one.id, []).append(one)
        return found

    def assistant(self, address: Address) -> AssistantBinding | None:
        """Return the binding of an assistant, if it has one."""
        binding = self.bindings.get(address)
        return binding if isinstance(binding, AssistantBinding) else None

    def assistant_ids(self) -> Mapping[Address, str]:
        """Return every bound assistant's remote id, sorted by address."""
        bindings = sorted(self.bindings.items())
        return {address: binding.id for address, binding in bindings if isinstance(binding, AssistantBinding)}

    @property
    def declaring(self) -> frozenset[str]:
        """The files that declared an assistant at the last apply, as far as that is recorded."""
        bindings = self.bindings.values()
        return frozenset(one.declared for one in bindings if isinstance(one, AssistantBinding)) - {""}

    @property
    def leaving(self) -> frozenset[str]:
        """The ids of everything that an interrupted run may have deleted itself."""
        return frozenset(id_ for intent in self.pending for id_ in intent.leaving)

    @property
    def files(self) -> dict[Address, FileBinding]:
        """Every bound file."""
        bindings = self.bindings.items()
        return {address: binding for address, binding in bindings if isinstance(binding, FileBinding)}
