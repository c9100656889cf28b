"""Places where a state can live, each with its misfortunes. A new kind of store is one more of them."""

import errno
import os
import secrets
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from psycopg import sql
from store.crossing import crossing

from reconciler.store import LocalStore
from reconciler.store.postgres import Patience, PostgresStore

QUICK = Patience(connection=2, answer=5.0, look=2.0, grace=1.0)


class LocalPlace:
    """A folder."""

    answers = False  # nothing that can be lost on its way
    frees = 1.0  # seconds after its holder's death in which a lock is another's

    def __init__(self, request):
        self.folder = request.getfixturevalue("tmp_path") / "state"

    def open(self):
        """Another store of the same state."""
        return LocalStore(self.folder)

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

    def __init__(self, request):
        self.server = request.getfixturevalue("postgres")
        self.name = f"acme/{secrets.token_hex(6)}"
        self._ways = ExitStack()
        request.addfinalizer(self._ways.close)

    def open(self):
        """Another store of the same state."""
        return PostgresStore(self.server.url(), self.name, QUICK)

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
        return PostgresStore(self.server.url(port=way.port), self.name, QUICK), way

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


_NO_ROOM = sql.SQL(
    "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
)
_TRIGGER = sql.SQL(
    "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON assistants_sync.{} FOR EACH ROW "
    "WHEN (NEW.name = {}) EXECUTE FUNCTION {}()"
)

PLACES = {"local": LocalPlace, "postgres": PostgresPlace}
