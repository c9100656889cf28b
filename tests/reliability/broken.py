"""Programs that lack one thing each: what the harness does not catch in them, it would not catch in ours."""

import os
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace

from reconciler import files
from reconciler.api.errors import APIError, NotFoundError, UnknownOutcomeError
from reconciler.api.retry import Retry
from reconciler.dialects.assistants_v1.wire import AssistantsV1
from reconciler.engine import ownership, review
from reconciler.engine.applier import _Run
from reconciler.engine.options import PlanOptions
from reconciler.engine.steps import Steps
from reconciler.store import LocalStore, conditional_write_probe, folder, journal
from reconciler.store.bucket import Bucket
from reconciler.store.lease import Lease
from reconciler.store.objects import ObjectStore
from reconciler.store.postgres import PostgresStore
from reconciler.store.postgres import lock as database_lock


@dataclass(frozen=True)
class Variant:
    """A broken program: what it lacks, how it is broken, and which experiment has to notice.

    Where only cases of one kind can, ``about`` is a word of their keys.
    """

    lacks: str
    install: Callable[[], None]
    experiment: str
    about: str = ""


def _no_journal():
    LocalStore.commit = lambda *_: None


def _unknown_is_failed():
    async def certain(self, intent, call, find):
        await self._intend(intent)
        try:
            return await call()
        except UnknownOutcomeError as unknown:
            raise APIError(str(unknown)) from unknown

    Steps._certain = certain


def _repeated_post():
    real = Retry.delay
    Retry.delay = lambda self, *given, **named: real(self, *given, **{**named, "repeatable": True})


def _no_folder_fsync():
    files.sync = lambda _: None


def _no_file_fsync():
    def create(path, text):
        number = files.opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        files.write(number, text)
        os.close(number)

    files.create = create
    journal._add = files.write


def _state_in_place():
    def written(self, before, text, saving, serial):
        self.path.write_bytes(b"")
        number = files.opened(self.path, os.O_WRONLY | os.O_TRUNC)
        files.write(number, text)
        os.fsync(number)
        os.close(number)

    LocalStore._replace = written


def _journal_emptied_first():
    real = LocalStore.save

    def save(self, state, expecting, serial=None):
        self._journal.unlink(missing_ok=True)
        real(self, state, expecting, serial)

    LocalStore.save = save


def _no_lock():
    @contextmanager
    def lock(self, *_):
        folder.make(self.folder)
        yield

    LocalStore.lock = lock


def _no_look_before_writing():
    async def recheck(self, change):
        if change.id not in self.fresh and change.id in self.live.assistants:
            self.fresh[change.id] = self.live.assistants[change.id]
            self._begin(change, self.fresh[change.id])

    Steps.recheck = recheck


def _no_look_before_deleting_uploads():
    async def look_again(self):
        self.live = replace(self.live, assistants={})  # as if nobody could carry them
        return ""

    Steps.look_again = look_again


def _one_proof():
    ownership.unproved = lambda *_, **__: ""


def _mark_is_proof():
    real = PlanOptions.__init__

    def init(self, *given, **named):
        real(self, *given, **{**named, "prune": True})

    PlanOptions.__init__ = init


def _forgotten_calls():
    _Run._is_open = staticmethod(lambda _: False)


def _trusted_404():
    real = AssistantsV1._files

    async def found(self):
        try:
            return await real(self)
        except NotFoundError:
            return {}, {}

    async def missing(*_):
        return False

    AssistantsV1._files = found
    AssistantsV1.exists_upload = missing
    # Without the other net: an unattended apply does not create again what seems to be deleted.
    review._overwriting = lambda _: iter(())


def _no_uploads_remembered():
    real = Steps._bind

    def bind(self, where, binding):
        old = getattr(binding, "old", None)
        real(self, where, replace(binding, old=()) if old else binding)

    Steps._bind = bind


def _no_database_lock():
    database_lock.take = lambda *_: None


def _journal_emptied_apart():
    real = PostgresStore.save

    def save(self, state, expecting, serial=None):
        self._held.execute("DELETE FROM assistants_sync.journal WHERE name = %s", [self._name])
        real(self, state, expecting, serial)

    PostgresStore.save = save


def _records_not_committed():
    """They are written in a transaction that only the next save commits."""
    commit, save = PostgresStore.commit, PostgresStore.save

    def committed(self, entries):
        if self._held.autocommit:
            self._held.autocommit = False
        commit(self, entries)

    def saved(self, state, expecting, serial=None):
        if not self._held.autocommit:
            self._held.commit()
            self._held.autocommit = True
        save(self, state, expecting, serial)

    PostgresStore.commit, PostgresStore.save = committed, saved


def _no_if_match():
    real = Bucket._write

    def write(self, name, text, mode):
        return real(self, name, text, "create" if mode == "create" else "overwrite")

    Bucket._write = write
    conditional_write_probe.prove = lambda _: None  # which would refuse such a service


def _no_look_at_the_lease():
    Lease.check = lambda _: None


def _no_object_records():
    ObjectStore.commit = lambda *_: None


VARIANTS = {
    "no-journal": Variant("the journal", _no_journal, "deaths"),
    "unknown-is-failed": Variant("the search for what an unknown outcome made", _unknown_is_failed, "faults"),
    "repeated-post": Variant("the rule that no create is repeated blindly", _repeated_post, "faults"),
    "no-folder-fsync": Variant("the fsync of folders", _no_folder_fsync, "deaths"),
    "no-file-fsync": Variant("the fsync of files", _no_file_fsync, "deaths"),
    "state-in-place": Variant("the rename of a finished state file", _state_in_place, "deaths"),
    "journal-emptied-first": Variant(
        "the order of saving: it counts as done before the state is durable",
        _journal_emptied_first,
        "stories",  # after a single death the ownership marks find everything again
    ),
    "no-lock": Variant("the lock", _no_lock, "races of two"),
    "no-look": Variant("the look just before a write", _no_look_before_writing, "acts"),
    "no-look-at-carriers": Variant(
        "the look before uploads are deleted", _no_look_before_deleting_uploads, "acts", "carry"
    ),
    "one-proof": Variant("the second proof, the Mark", _one_proof, "acts"),
    "mark-is-proof": Variant("the first proof, the state", _mark_is_proof, "acts"),
    "forgotten-calls": Variant("the memory of calls that were given up", _forgotten_calls, "faults", "late"),
    "trusted-404": Variant(
        "the rule that only a 404 to the id of an object means that it is gone", _trusted_404, "faults", "404"
    ),
    "no-old-uploads": Variant("the memory of uploads to be deleted", _no_uploads_remembered, "deaths"),
    "no-database-lock": Variant("the lock of PostgreSQL", _no_database_lock, "races of two on postgres"),
    "emptied-apart": Variant(
        "the one transaction of a save in PostgreSQL: the journal is emptied before",
        _journal_emptied_apart,
        "stories on postgres",
    ),
    "not-committed": Variant(
        "the commit of each record in PostgreSQL", _records_not_committed, "deaths on postgres"
    ),
    "no-if-match": Variant("the condition If-Match", _no_if_match, "races of two on objects"),
    "no-look-at-lease": Variant(
        "the look at the lease before and after each record", _no_look_at_the_lease, "stops on objects"
    ),
    "no-object-records": Variant("the journal in object storage", _no_object_records, "deaths on objects"),
}
