"""Where the state of a case lives: in the project's folder, in PostgreSQL, or in object storage.

Each case begins with the state that its workload left, copied as a folder would be. What a store says is
asked in a process of its own: the runtime of the client of object storage does not survive a fork.
"""

import json
import os
import re
import signal
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from psycopg import sql
from reliability.scenes import PROJECT
from store import postgres_server

from reconciler.errors import StoreError
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.store import LocalStore
from reconciler.store.locations import opened
from reconciler.store.postgres import schema

TITLES = {
    "local": "a folder",
    "agents": "a folder, of agents-v1",
    "postgres": "PostgreSQL",
    "objects": "object storage",
}
"""Every kind of store, for people; one of them has the states of another dialect."""
REMOTE = ("postgres", "objects")
_NAME = f"{PROJECT}/{NO_ENVIRONMENT}"
_PATIENT = ("--lock-timeout", "20")  # a lease has to run out, and a database to notice a death
_SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request"}
_COLUMNS = {
    "state": ("name", "lineage", "serial", "save", "text"),
    "generations": ("name", "serial", "save", "text"),
    "journal": ("name", "record"),
}
_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class Folder:
    """The folder ``state/`` of a project, which is copied with the project."""

    kind = "local"
    options, patience = (), ()

    def begin(self, like=""):
        """Nothing: it has come with the project."""

    def keep(self, name):
        """Nothing, for the same reason."""

    def remembered(self, folder):
        """Which assistant each name is."""
        return known(LocalStore(folder / "state"))


class AgentsFolder(Folder):
    """The folder of a project of another dialect."""

    kind = "agents"


class Postgres:
    """A database of the worker's own, in which one name is one state."""

    kind = "postgres"

    def __init__(self, server):
        self.server, self.database, self.kept = server, server.database(), {}
        self.address = server.url(self.database)
        self.options, self.patience = ("--state", self.address), _PATIENT

    def begin(self, like=""):
        """Let it be as it was kept, or without any table, once no session of an earlier case lives."""
        with self.server.session(self.database) as session:
            session.execute(_OTHERS)
            session.execute("DROP SCHEMA IF EXISTS assistants_sync CASCADE")
            if like not in self.kept:
                return
            schema.make(session)
            for table, rows in self.kept[like].items():
                places = sql.SQL(", ").join(sql.Placeholder() * len(_COLUMNS[table]))
                insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(*_named(table), places)
                session.cursor().executemany(insert, rows)

    def keep(self, name):
        """Keep what there is."""
        with self.server.session(self.database) as session:
            self.kept[name] = {table: _rows(session, table) for table in _COLUMNS}

    def remembered(self, _):
        """Which assistant each name is."""
        return apart(lambda: known(opened(self.address, _NAME)))


def _named(table):
    return sql.Identifier("assistants_sync", table), sql.SQL(", ").join(map(sql.Identifier, _COLUMNS[table]))


def _rows(session, table):
    """Every row, in the order in which they were made."""
    where, columns = _named(table)
    order = sql.Identifier("name" if table == "state" else "number")
    return session.execute(sql.SQL("SELECT {} FROM {} ORDER BY {}").format(columns, where, order)).fetchall()


class Objects:
    """A bucket of the worker's own, in which each case has a prefix to itself."""

    kind = "objects"
    patience = _PATIENT

    def __init__(self, url):
        self.place = urlsplit(url).netloc
        self.bucket, self.number = f"worker-{os.getpid()}", 0
        os.environ.update(
            AWS_ENDPOINT_URL=url,
            AWS_REGION="us-east-1",
            AWS_ACCESS_KEY_ID="key",
            AWS_SECRET_ACCESS_KEY="secret",
        )
        self.asked("PUT", "")

    @property
    def prefix(self):
        """Beneath what the state of this case lives."""
        return f"case-{self.number}"

    @property
    def address(self):
        """The same, for the program."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def options(self):
        """The arguments that name it."""
        return ("--state", self.address)

    def begin(self, like=""):
        """A new prefix with what was kept, or with nothing; what the case before had is deleted."""
        for key in self.keys(self.prefix):
            self.asked("DELETE", key)
        self.number += 1
        self.copy(f"kept-{like}", self.prefix)

    def keep(self, name):
        """Keep what there is."""
        self.copy(self.prefix, f"kept-{name}")

    def copy(self, old, new):
        """Let a prefix have the objects of another one."""
        for key in self.keys(old):
            source = {"x-amz-copy-source": f"/{self.bucket}/{key}"}
            self.asked("PUT", f"{new}{key.removeprefix(old)}", source)

    def keys(self, prefix):
        """The keys of all objects beneath a prefix."""
        return re.findall("<Key>(.*?)</Key>", self.asked("GET", f"?list-type=2&prefix={prefix}/"))

    def asked(self, method, key, headers=None):
        """What the service answers, which looks at no signature."""
        line = HTTPConnection(self.place, timeout=30)
        try:
            line.request(
                method, f"/{self.bucket}/{key}".removesuffix("/"), headers={**_SIGNED, **(headers or {})}
            )
            answer = line.getresponse()
            text = answer.read().decode()
        finally:
            line.close()
        assert answer.status < 300, (answer.status, text)
        return text

    def remembered(self, _):
        """Which assistant each name is."""
        return apart(lambda: known(opened(self.address, _NAME)))


def known(store):
    """Which assistant each name is, as a store says; None when it cannot be read."""
    try:
        state = store.load()
    except StoreError:
        return None
    return {where.name: found for where, found in state.assistant_ids().items()}


def apart(call):
    """What a call returns in a forked process."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.write(writing, json.dumps(call()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    os.waitpid(process, 0)
    return json.loads(said)


@contextmanager
def running(wanted, folder):
    """How a worker makes each store of those that are wanted; and why some cannot be had."""
    makers, missing = {"local": Folder, "agents": AgentsFolder}, {}
    with ExitStack() as ways:
        if "objects" in wanted:
            makers["objects"] = partial(Objects, ways.enter_context(_endpoint()))
        if "postgres" in wanted:
            try:
                server = ways.enter_context(postgres_server.running(folder))
            except pytest.skip.Exception as reason:
                missing["postgres"] = str(reason)
            else:
                makers["postgres"] = partial(Postgres, server)
        yield makers, missing


@contextmanager
def _endpoint():
    """The URL of object storage, which a process of its own serves until the end of the block."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        _serve(writing)
    os.close(writing)
    try:
        with os.fdopen(reading) as stream:
            yield stream.readline().strip()
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _serve(writing):
    try:
        from store.objects_server import serving  # noqa: PLC0415 - large, and of no use where runs are forked

        with serving() as endpoint:
            os.write(writing, endpoint.url.encode() + b"\n")
            signal.pause()
    finally:
        os._exit(0)
