"""Places where a state can live, each with its misfortunes. A new kind of store is one more of them."""

import errno
import os
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from psycopg import sql
from store.crossing import Crossing, crossing
from store.objects_server import Door, Misfortune
from store.runners import Site

from reconciler.store import LocalStore, bucket, postgres
from reconciler.store.bucket import Bucket
from reconciler.store.lease import Span, elapsed
from reconciler.store.objects import ObjectStore
from reconciler.store.postgres import PostgresStore

QUICK = postgres.Patience(connection=2, answer=5.0, confirmation=2.0, grace=1.0)
HASTY = bucket.Patience(connect=0.5, request=5.0, repeats=1)
BRIEF = Span(lasts=2.0, renewed=0.4, margin=0.6)


class LocalPlace:
    """A folder."""

    answers = False  # nothing that can be lost on its way
    frees = 1.0  # seconds after its holder's death in which a lock is another's
    no_room = "No space left on device"
    denial = "Permission denied"

    def __init__(self, request):
        self.folder = request.getfixturevalue("tmp_path") / "state"
        self.site = Site(LocalStore, (self.folder,))

    def open(self):
        """Another store of the same state."""
        return self.site.open()

    def unlock(self, store):
        """Take the lock from its holder, who does not know."""
        (store.folder / "lock").unlink()

    def generations(self):
        """The serials of the states that were replaced."""
        return sorted(int(path.stem) for path in (self.folder / "history").iterdir())

    def unreachable(self):
        """A store whose place is not there, and what its errors name."""
        (self.folder.parent / "file").write_text("in the way")
        return LocalStore(self.folder.parent / "file" / "state"), "file/state"

    @contextmanager
    def denied(self):
        """A store to which everything is forbidden."""
        with self._refusing(errno.EACCES, 0):
            yield self.open()

    def full(self):
        """The time in which there is no room."""
        return self._refusing(errno.ENOSPC, os.O_CREAT)

    @contextmanager
    def _refusing(self, code, flag):
        real = os.open

        def refuse(path, flags, *rest, **named):
            if Path(path).is_relative_to(self.folder) and (not flag or flags & flag):
                raise OSError(code, os.strerror(code))
            return real(path, flags, *rest, **named)

        with patch.object(os, "open", refuse):
            yield


class PostgresPlace:
    """A name in a database."""

    answers = True
    frees = 1.0
    no_room = "No space left on device"
    denial = "permission denied"

    def __init__(self, request):
        self.server = request.getfixturevalue("postgres")
        self.name = f"acme/{secrets.token_hex(6)}"
        self.site = Site(PostgresStore, (self.server.url(), self.name, QUICK))
        self._ways = ExitStack()
        request.addfinalizer(self._ways.close)

    def open(self):
        """Another store of the same state."""
        return self.site.open()

    def unlock(self, store):
        """Take the lock from its holder, who does not know."""
        store._held.execute("SELECT pg_advisory_unlock_all()")  # noqa: SLF001 - no other way breaks it

    def generations(self):
        """The serials of the states that were replaced."""
        rows = self.server.run(
            "SELECT serial FROM assistants_sync.generations WHERE name = %s ORDER BY 1", self.name
        )
        return [serial for (serial,) in rows]

    def lossy(self):
        """A store that is reached by a way on which answers can be lost, and that way."""
        way = self._ways.enter_context(crossing(self.server.port))
        return PostgresStore(self.server.url(port=way.port), self.name, QUICK), PostgresWay(way)

    def unreachable(self):
        """A store whose place is not there, and what its errors name."""
        return PostgresStore(self.server.url(port=1), self.name, QUICK), "127.0.0.1:1/postgres"

    @contextmanager
    def denied(self):
        """A store to which everything is forbidden."""
        with self.open().lock("make the tables"):
            pass
        yield PostgresStore(self.server.url(user=self.server.role()), self.name, QUICK)

    @contextmanager
    def full(self):
        """The time in which there is no room."""
        named = sql.Identifier(f"full_{secrets.token_hex(6)}")
        with self.server.session() as session:
            session.execute(_NO_ROOM.format(named))
            for table in ("state", "journal"):
                session.execute(_TRIGGER.format(named, sql.Identifier(table), sql.Literal(self.name), named))
            yield
            session.execute(sql.SQL("DROP FUNCTION {} CASCADE").format(named))


@dataclass
class PostgresWay:
    """A way to the server on which the next answer of a sort can be lost."""

    way: Crossing

    @property
    def lost(self):
        """How many answers were."""
        return self.way.lost

    def lose_save(self, *, closes=False):
        """Lose the answer to the next save; nothing gets through after it if the way ``closes``."""
        self.way.lose, self.way.closes = b"COMMIT", closes

    def lose_record(self):
        """Lose the answer to the next record."""
        self.way.lose = b"assistants_sync.journal"


_NO_ROOM = sql.SQL(
    "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
)
_TRIGGER = sql.SQL(
    "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON assistants_sync.{} FOR EACH ROW "
    "WHEN (NEW.name = {}) EXECUTE FUNCTION {}()"
)


class ObjectsPlace:
    """A prefix of a bucket, with leases that run out soon."""

    answers = True
    frees = 5.0  # the lease, a second that the service's clock does not tell apart, and a look
    no_room = "no space left"
    denial = "permission denied"

    def __init__(self, request):
        self.endpoint = request.getfixturevalue("endpoint")
        self.set = request.getfixturevalue("monkeypatch").setenv
        self.address = f"s3://{self.endpoint.bucket()}/acme"
        settings = {
            "AWS_ENDPOINT_URL": self.endpoint.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
        for name, value in settings.items():
            self.set(name, value)
        self.site = Site(ObjectStore, (self.address, BRIEF, elapsed, HASTY), settings)

    def open(self):
        """Another store of the same state."""
        return ObjectStore(*self.site.arguments)

    def unlock(self, store):
        """Take the lock from its holder, who does not know."""
        self.open().unlock(store._lease.ticket.id)  # noqa: SLF001 - LockedError tells it to whoever waits

    def generations(self):
        """The serials of the states that were replaced."""
        names = Bucket(self.address, HASTY).names("history")
        return sorted(int(name.removeprefix("history/").partition("-")[0]) for name in names)

    def lossy(self):
        """A store that is reached by a way on which answers can be lost, and that way."""
        return self.open(), ObjectsWay(self.endpoint.door)

    def unreachable(self):
        """A store whose place is not there, and what its errors name."""
        self.set("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        return self.open(), self.address

    @contextmanager
    def denied(self):
        """A store to which everything is forbidden."""
        with self._meeting(Misfortune("deny")):
            yield self.open()

    @contextmanager
    def full(self):
        """The time in which there is no room."""
        self.endpoint.door.answer = ("507 Insufficient Storage", b"")
        with self._meeting(Misfortune("answer", "PUT")):
            yield

    @contextmanager
    def _meeting(self, misfortune):
        self.endpoint.door.misfortunes.append(misfortune)
        yield
        self.endpoint.door.misfortunes.remove(misfortune)


@dataclass
class ObjectsWay:
    """A way to the service on which the next answer of a sort can be lost."""

    door: Door

    def lose_save(self, *, closes=False):
        """Lose the answer to the next save; nothing gets through after it if the way ``closes``."""
        self._lose("state.json")
        if closes:
            dead = Misfortune("dead")
            self.door.between.append(("PUT", "state.json", lambda: self.door.misfortunes.append(dead)))

    def lose_record(self):
        """Lose the answer to the next record."""
        self._lose(".jsonl")

    def _lose(self, path):
        self._drop = Misfortune("drop", "PUT", path, times=1)
        self.door.misfortunes.append(self._drop)

    @property
    def lost(self):
        """How many answers were."""
        return 1 - self._drop.times


PLACES = {"local": LocalPlace, "postgres": PostgresPlace, "objects": ObjectsPlace}
