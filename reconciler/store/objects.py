"""A Store in object storage: one state object, objects of journal records, a lock that runs out.

Beneath the address are ``state.json``; ``journal/SAVE/NUMBER.jsonl``, the records that follow the save of
that id, in each object those that became durable together; ``history/SERIAL-SAVE.json``, ten states that were
replaced; ``lock.json``, ``clock.json``, ``conditions.json``.

Why a holder who was stopped and wakes up after its lease does no harm, whatever the clocks say:

* A save id has one writer. Before its first record a run saves what it loaded once more, under an id of
  its own, on condition that ``state.json`` is the very object it loaded. Its records then go beneath that
  id, so two runs never write to one journal, and only records beneath the id that is stored are ever
  read.
* From that moment every save of an earlier holder fails, one of its requests that was long under way too: the
  tag on which it depends is gone. Until that moment the new holder has written nothing that could be lost.
* What the earlier holder still records lies beneath an id that counts no more. It does not take this for
  durable: it checks its lease before *and* after every record, so it makes no call without a known intent.

What remains is a call to the server that was already decided when the holder was stopped. Its intent was
recorded while the lease was good, so the next holder has loaded it, and searches for its effect.
"""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from reconciler.errors import ConflictError, StoreError, UnreadableStateError, UnsavedError
from reconciler.model import pattern as re
from reconciler.model.state import State
from reconciler.store import conditional_write_probe, journal, rescue
from reconciler.store.bucket import Bucket, Patience
from reconciler.store.lease import Lock, LostError, Span, elapsed
from reconciler.store.record import GENERATIONS, Saved, fresh, readable, reporting_damage, saved_of, text_of
from reconciler.store.store import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model.address import Address
    from reconciler.model.state import Binding, Intent
    from reconciler.store.journal import Entry
    from reconciler.store.lease import Lease

_STATE, _JOURNAL, _HISTORY = "state.json", "journal", "history"
_GENERATION = re.compile(r"history/(\d{8,})-\w+\.json", re.ASCII)
_READS = 10  # of a state that is saved again and again meanwhile
_AT_ONCE = 8  # journal objects that are read at the same time


@dataclass(slots=True)
class _Stored:
    """A stored save, its text and tag, and the journal's objects, which go with the next save.

    ``own``: this run saved it, so that its journal is this run's alone; ``number`` is its last
    record's.
    """

    saved: Saved
    text: bytes
    tag: str | None
    superfluous: tuple[str, ...]
    own: bool = False
    number: int = 0


def names(address: str) -> list[str]:
    """Return the names of all states beneath an address."""
    objects = Bucket(address).names("")
    ends = [name.removesuffix(f"/{_STATE}") for name in objects if name.endswith(f"/{_STATE}")]
    return [name for name in ends if name.count("/") == 1]  # PROJECT/ENVIRONMENT


class ObjectStore:
    """State, journal and lock beneath ``s3://BUCKET/PREFIX``.

    Every write has a condition, and after a lost answer the object is read again. A run that is killed
    leaves a lock that runs out by itself, at the latest after ``Span.lasts`` seconds.
    """

    def __init__(
        self,
        address: str,
        span: Span | None = None,
        clock: Callable[[], float] = elapsed,
        patience: Patience | None = None,
    ) -> None:
        patience = patience or Patience()
        # a renewal that hangs must not cost the lease
        hasty = replace(patience, request=min(patience.request, 10.0))
        self._bucket = Bucket(address, patience)
        self._lock = Lock(Bucket(address, hasty), span or Span(), clock)
        self._lease: Lease | None = None
        self._stored: _Stored | None = None
        self._state = State("", 0)  # what was loaded, with the journal folded in
        self._doubt = False  # whether the last save may have happened
        self._whole = True  # whether the journal took every record

    @property
    def location(self) -> str:
        """The address of the state, for people."""
        return self._bucket.location(_STATE)

    def load(self) -> State:
        """Return the State, or a new one of serial 0 where none is stored; writes nothing."""
        for _ in range(_READS):
            if self._read():
                return self._state
        raise StoreError(f"{self.location} is being changed while it is read. Run the same command again.")

    def snapshot(self) -> Snapshot:
        """Return the State, when it was saved, and its lock's holder, or the last one."""
        self.load()
        at = self._stored.saved.at if self._stored else ""
        return Snapshot(self._state, at, self._lock.holder())

    def _read(self) -> bool:
        """Read state and journal; False when the state was replaced meanwhile, whose journal goes then."""
        stored = self._bucket.get(_STATE)
        text, tag = (stored.text, stored.tag) if stored else (b"", None)
        saved = self._parsed(text) if stored else Saved(State(uuid4().hex, 0))
        journaled = self._bucket.names(_JOURNAL)
        names = [name for name in journaled if name.startswith(f"{_JOURNAL}/{saved.save}/")]
        texts = self._texts(names)
        if texts is None or self._bucket.tag(_STATE) != tag:
            return False
        self._state = self._folded(saved, names, texts)
        self._stored = _Stored(saved, text, tag, tuple(journaled))
        self._doubt, self._whole = False, True
        return True

    def _texts(self, names: Sequence[str]) -> list[bytes] | None:
        """Return the texts of some objects of the journal; None when one of them has vanished."""
        with ThreadPoolExecutor(_AT_ONCE) as readers:
            objects = list(readers.map(self._bucket.get, names))
        texts = [stored.text for stored in objects if stored]
        return texts if len(texts) == len(names) else None

    def _folded(self, saved: Saved, names: Sequence[str], texts: Sequence[bytes]) -> State:
        lines = [
            (name, line)
            for name, text in zip(names, texts, strict=True)
            for line in text.removesuffix(b"\n").split(b"\n")
        ]
        try:
            return journal.folded(saved, journal.records_of(line for _, line in lines))
        except journal.DamagedRecordError as cause:
            location = self._bucket.location(lines[cause.number - 1][0])
            remedy = (
                "Delete that object: what it recorded is found again on the server by its ownership marks."
            )
            raise UnreadableStateError(location, "this record of the journal is damaged", remedy) from cause

    def _parsed(self, text: bytes) -> Saved:
        with reporting_damage(self.location, self._remedy):
            return saved_of(text)

    def _remedy(self) -> str:
        newest = self._newest()
        if newest is None:
            return (
                "Restore it from a backup, or delete it: everything of ours is found again "
                "by its ownership mark."
            )
        back = shlex.join(["aws", "s3", "cp", self._bucket.location(newest), self.location])
        return (
            f"The newest generation that can be read is put back with: {back}. What was done since then is "
            "found again by its ownership marks."
        )

    def _newest(self) -> str | None:
        """Return the generation that was saved last among those that can be read."""
        generations = [(name, self._bucket.get(name)) for name in self._bucket.names(_HISTORY)]
        whole = [
            (saved.at, name) for name, stored in generations if stored and (saved := readable(stored.text))
        ]
        return max(whole)[1] if whole else None

    @contextmanager
    def lock(
        self, purpose: str, timeout: float = 0.0, waiting: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Hold the lease, renewed by a thread; before the first one the service's conditions are tried.

        A lock that another run holds is waited for ``timeout`` seconds; ``waiting`` gets the holder
        once. Then LockedError names it, with the id that :meth:`unlock` expects.
        """
        conditional_write_probe.prove(self._bucket)
        with self._lock.held(purpose, timeout, waiting) as lease:
            self._lease, self._stored = lease, None  # others may have written since
            try:
                yield
            finally:
                self._lease = None

    def unlock(self, id_: str) -> None:
        """Take the lock from the holder of an id, which LockedError names; for runs known to be dead.

        A live one goes on for up to ``Span.renewed`` seconds, but cannot write the state once
        another has.
        """
        self._lock.unlock(id_)

    def intend(self, intent: Intent) -> None:
        """Record durably a call that is about to be made."""
        self.commit([journal.intended(intent)])

    def record(self, address: Address, binding: Binding | None) -> None:
        """Record durably what an address is bound to."""
        self.commit([journal.Entry(address, binding)])

    def commit(self, entries: Sequence[Entry]) -> None:
        """Record several in one more object of the journal.

        The lease must be good before, and after it as well.
        """
        whole, self._whole = self._whole, False
        stored = self._owned()
        stored.number += 1  # also after a failure: the request may still be under way
        name = f"{_JOURNAL}/{stored.saved.save}/{stored.number:08}.jsonl"
        stored.superfluous += (name,)
        lines = [journal.line_of(stored.saved, entry, id=uuid4().hex) + b"\n" for entry in entries]
        if self._bucket.swap(name, b"".join(lines), None) is None:
            raise ConflictError(stored.saved.state.serial, stored.saved.state.serial)
        self._check()
        self._whole = whole

    def _owned(self) -> _Stored:
        """Return the stored save, under an id of this run alone: no other run can add to its journal."""
        stored = self._expected()
        if self._doubt:  # a save that is still on its way would leave this record behind
            raise StoreError(f"whether {self.location} was written is unknown. Run the same command again.")
        return stored if stored.own else self._replaced(stored, fresh(self._state))

    def _expected(self) -> _Stored:
        """Return the save that was loaded or written last; LostError unless this run may write."""
        self._check()
        if self._stored is None:
            self.load()
        if self._stored is None:
            raise AssertionError("load leaves what is stored")
        return self._stored

    def _check(self) -> None:
        if self._lease is None:
            raise LostError(f"{self.location} is written only under its lock. Nothing was written.")
        self._lease.check()

    def save(self, state: State, expecting: int, serial: int | None = None) -> None:
        """Replace the state object, then delete the journal, whose records are now part of it.

        What is replaced goes into ``history``; that it cannot be kept there keeps nothing from being
        saved. UnsavedError when the service does not take the state: it says where a copy of it is.
        """
        saving = fresh(replace(state, serial=serial or expecting + 1))
        try:
            self._saved(saving, expecting)
        except ConflictError:
            raise
        except StoreError as cause:
            raise self._unsaved(saving, cause) from None
        self._whole = True
        with suppress(StoreError):  # the state is saved
            self._tidy(expecting)

    def _saved(self, saving: Saved, expecting: int) -> None:
        stored = self._expected()
        if stored.saved.state.serial != expecting:
            raise ConflictError(expecting, stored.saved.state.serial)
        self._keep(stored)
        self._replaced(stored, saving)

    def _tidy(self, serial: int) -> None:
        """Delete what is never read again: records of earlier saves, and the oldest generations.

        Only objects that were seen while an earlier save was stored; what is newer may be another run's.
        """
        stored = self._expected()
        self._bucket.delete(stored.superfluous)
        stored.superfluous = ()
        self._bucket.delete(_generations_beyond(self._bucket.names(_HISTORY), serial))

    def _keep(self, stored: _Stored) -> None:
        """Keep what is about to be replaced."""
        if stored.text:
            with suppress(StoreError):
                name = f"{_HISTORY}/{stored.saved.state.serial:08}-{stored.saved.save}.json"
                self._bucket.put(name, stored.text)

    def _replaced(self, before: _Stored, saving: Saved) -> _Stored:
        """Replace one save by another, and return it; ConflictError when another run replaced it first."""
        text = text_of(saving)
        self._doubt = True
        tag = self._bucket.swap(_STATE, text, before.tag)
        self._doubt = False
        if tag is None:
            raise ConflictError(before.saved.state.serial, self._serial())
        self._stored = _Stored(saving, text, tag, before.superfluous, own=True)
        return self._stored

    def _serial(self) -> int:
        """Return the serial that is stored now."""
        stored = self._bucket.get(_STATE)
        return self._parsed(stored.text).state.serial if stored else 0

    def _unsaved(self, saving: Saved, cause: StoreError) -> UnsavedError:
        """Return the error of a State that was not saved, once a copy of it is as safe as can be.

        It does not say how to put the copy back where another run may have gone on.
        """
        saved = rescue.copy(f"assistants-sync-state-{saving.save}.json", text_of(saving))
        problem = str(cause).removeprefix(f"cannot write {self.location}: ").rstrip(".")
        back = (
            "" if isinstance(cause, LostError) else shlex.join(["aws", "s3", "cp", str(saved), self.location])
        )
        return UnsavedError(self.location, problem, saved, whole=self._whole, back=back)


def _generations_beyond(names: Sequence[str], serial: int) -> list[str]:
    """Return all but the newest generations, those first that a restored generation has left behind."""
    generations = [(int(match[1]), name) for name in names if (match := _GENERATION.fullmatch(name))]
    generations.sort(key=lambda generation: (generation[0] <= serial, generation))
    return [name for _, name in generations[:-GENERATIONS]]
