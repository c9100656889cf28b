"""Many servers behind one socket, in a process of its own: each case has an account to itself.

What a header names is the account, so that the URL, which a state is bound to, is the same for all of them.
"""

import hashlib
import json
import os
import signal
from contextlib import contextmanager, suppress
from http.client import HTTPConnection

from reliability.actor import ACTS

from reconciler.server import Database, Fault, Faults, create_app, serve

HEADER = "x-account"
_CONTROL = "/control"
_TABLES = ("assistants", "files", "chunks", "attachments", "agents")


class Account:
    """One server: its content, its faults, and when somebody else acts on it."""

    def __init__(self, like, faults=(), acts=None, seed=0):
        self.database = Database.memory()
        if like is not None:
            copy(like, self.database)
        self.faults = Faults([Fault(**each) for each in faults], seed=seed)
        self.app = create_app(self.database, faults=self.faults)
        self.acts = {int(number): act for number, act in (acts or {}).items()}
        self.actor = create_app(self.database)
        self.taken = []
        self.seen = 0
        self.victim = None

    async def __call__(self, scope, receive, send):
        self.seen += 1
        dies = self.victim and self.seen == self.victim["at"]
        if dies and not self.victim["after"]:
            await self.kill(receive)
        else:
            await self.served(scope, receive, _lost if dies else send)
        if dies and self.victim["after"]:
            await self.kill(receive)

    async def kill(self, receive):
        """End the program that asked, and wait until it is gone."""
        os.kill(self.victim["process"], signal.SIGKILL)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def served(self, scope, receive, send):
        """Let somebody else act before a request, if it is time, and answer it."""
        if (act := self.acts.get(self.seen)) is not None:
            done = len(self.app.state.ledger)
            name, _, about = act.partition(" ")
            self.taken += [{**one, "after": done} for one in await ACTS[name](self.actor, about)]
        await self.app(scope, receive, send)

    def look(self):
        """Everything there is, and every request so far."""
        with self.database.read() as connection:
            carried = {}
            for row in connection.execute("SELECT assistant, file FROM attachments ORDER BY number"):
                carried.setdefault(row["assistant"], []).append(row["file"])
            assistants = [dict(row) for row in connection.execute("SELECT * FROM assistants ORDER BY number")]
            files = [dict(row) for row in connection.execute("SELECT * FROM files ORDER BY number")]
            for one in assistants:
                one["file_ids"] = carried.get(one["id"], [])
            assistants += [_agent(row) for row in connection.execute("SELECT * FROM agents ORDER BY number")]
            for one in files:
                parts = connection.execute(
                    "SELECT content FROM chunks WHERE file = ? ORDER BY part", (one["id"],)
                )
                one["sha256"] = hashlib.sha256(b"".join(row[0] for row in parts)).hexdigest()
        asked = [[one.method, one.path, one.status, one.fault] for one in list(self.app.state.ledger)]
        return {"assistants": assistants, "files": files, "ledger": asked, "taken": self.taken}


def _agent(row):
    """An agent as an assistant would be, its tools as they were declared."""
    fields = json.loads(row["fields"])
    return {
        **{name: row[name] for name in ("id", "created_at", "updated_at")},
        **{name: fields[name] for name in ("name", "model", "instructions")},
        "description": None,
        "tools": json.dumps([*map(_tool, fields["tools"])]),
        "metadata": json.dumps(fields["metadata"]),
        "file_ids": [],
    }


def _tool(tool):
    """A tool without what the server fills in."""
    if tool["type"] != "function":
        return {"type": tool["type"]}
    inner = {name: tool[name] for name in ("name", "parameters", "description")}
    return {"type": "function", "function": inner}


async def _lost(_):
    """The answer to a program that is about to die."""


def copy(old, new):
    """Let a database hold what another one holds."""
    with old.read() as source, new.write() as sink:
        for table in _TABLES:
            for row in source.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own names
                places = ",".join("?" * len(row))
                sink.execute(f"INSERT INTO {table} VALUES ({places})", tuple(row))  # noqa: S608 - the same


class Accounts:
    """The application: passes a request to its account, and answers what the harness orders."""

    def __init__(self):
        self.accounts = {}
        self.kept = {}

    async def __call__(self, scope, receive, send):
        if scope["path"] == _CONTROL:
            await self.obey(receive, send)
            return
        name = dict(scope["headers"]).get(HEADER.encode(), b"").decode()
        await self.accounts[name](scope, receive, send)

    async def obey(self, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        asked = json.loads(body)
        if asked["order"] == "act":
            await ACTS[asked["act"]](self.accounts[asked["account"]].actor, "")
        answer = json.dumps(self.ordered(**asked)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer})

    def ordered(self, order, account, **rest):
        """Carry out one order."""
        if order == "open":
            like = self.kept.get(rest.pop("like", ""))
            self.accounts[account] = Account(like, **rest)
        elif order == "keep":
            self.kept[rest["name"]] = self.accounts[account].database
        elif order == "kill":
            found = self.accounts[account]
            found.victim, found.seen = rest, 0
        elif order == "calm":
            found = self.accounts[account]
            found.faults.clear()
            found.acts.clear()
            found.victim = None
        elif order == "look":
            return self.accounts[account].look()
        elif order == "close":
            self.accounts.pop(account)
        return {}


class Servers:
    """The other end: what the harness asks of the process that serves."""

    def __init__(self, port):
        self.port = port
        self.url = f"http://127.0.0.1:{port}/v1"

    def order(self, order, account, **rest):
        """Let an order be carried out; its answer."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request("POST", _CONTROL, json.dumps({"order": order, "account": account, **rest}))
            return json.loads(line.getresponse().read())
        finally:
            line.close()


@contextmanager
def serving():
    """Servers in a process of their own, until the end of the block."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        _serve(writing)
    os.close(writing)
    with os.fdopen(reading) as stream:
        port = int(stream.readline())
    try:
        yield Servers(port)
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _serve(writing):
    def ready(url):
        os.write(writing, url.rpartition(":")[2].partition("/")[0].encode() + b"\n")

    try:
        serve(Accounts(), "127.0.0.1", 0, ready=ready)
    finally:
        os._exit(0)
