"""Values for tests, with defaults that never matter, and a world to apply them to."""

from __future__ import annotations

import asyncio
import hashlib
import io
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from reconciler.api import Assistant, AsyncClient, in_process
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.dialects.assistants_v1.wire import AssistantsV1
from reconciler.engine.applier import Interruption, apply
from reconciler.engine.options import PlanOptions
from reconciler.engine.planned_run import planned
from reconciler.engine.steps import Steps
from reconciler.model import address
from reconciler.model.diagnostic import Origin
from reconciler.model.outcome import Event, Report
from reconciler.model.plan import Plan
from reconciler.model.resource import Desired, DesiredAssistant, DesiredFile
from reconciler.model.state import Pending
from reconciler.server import Database, create_app
from reconciler.store import LocalStore

FUNCTION = {
    "type": "function",
    "function": {
        "name": "lookup",
        "description": "Look up.",
        "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
    },
}

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For plain HTTP: httpx loads certificates, for 45 ms, for each request or client that is given none."""


def assistant(key: str = "support", /, *, files: Any = None, **fields: Any) -> DesiredAssistant:
    """A declared assistant that manages its model and the fields given; ``files`` are paths or ids."""
    protected, ignored = fields.pop("protected", False), frozenset(fields.pop("ignored", ()))
    named = None
    if files is not None:
        named = tuple(one if one.startswith("file-") else address.file(one) for one in files)
    return DesiredAssistant(
        address.assistant(key),
        {"model": "gpt-5.6", **fields},
        named,
        Origin("assistants.yaml"),
        protected,
        ignored,
    )


class World:
    """A server, a folder of files and a state, and everything that can happen to them."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.memory()
        self.app = create_app(self.database)
        self.store = LocalStore(folder / "state")
        self.contents: dict[str, bytes] = {"a.md": b"about a", "b.md": b"about b"}
        self.transport: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda inner: inner
        self.interruption = Interruption()
        self.settle = 0.0
        self.whole = False
        self.events: list[Event] = []

    def desired(self, *assistants: DesiredAssistant, project: str = "acme") -> Desired:
        """A configuration of these assistants and the files they name."""
        paths = dict.fromkeys(
            one.name for each in assistants for one in each.files or () if not isinstance(one, str)
        )
        return Desired(project, assistants, tuple(self.file(path) for path in paths))

    def file(self, path: str) -> DesiredFile:
        """A declared file with the content it has now."""
        content = self.contents[path]
        name = path.rpartition("/")[2]
        return DesiredFile(address.file(path), name, hashlib.sha256(content).hexdigest(), len(content))

    def ask(self, question: Callable[[AsyncClient], Awaitable[Any]]) -> Any:
        """Somebody else's client at work on the same server."""

        async def answer() -> Any:
            transport = self.transport(in_process(self.app))
            client = AsyncClient(base_url="http://server/v1", api_key="", transport=transport, max_retries=0)
            async with client:
                return await question(client)

        return asyncio.run(answer())

    def assistants(self) -> list[Assistant]:
        """Every live assistant, oldest first."""

        async def all_of_them(client: AsyncClient) -> list[Assistant]:
            return [one async for one in client.beta.assistants.list(order="asc", limit=100)]

        return self.ask(all_of_them)

    def only(self) -> Assistant:
        """The one live assistant."""
        (found,) = self.assistants()
        return found

    def edit(self, **fields: Any) -> None:
        """Change the one live assistant behind the program's back."""
        where = self.only().id
        self.ask(lambda client: client.beta.assistants.update(where, **fields))

    def files(self) -> dict[str, str]:
        """Every upload, id to name."""
        listed = self.ask(lambda client: client.files.list())
        return {one.id: one.filename for one in listed.data}

    def plan(self, *assistants: DesiredAssistant, **rest: Any) -> Plan:
        """What would be done for these assistants."""
        desired = self.desired(*assistants)
        state = self.store.load()

        terms = PlanOptions("the server", ASSISTANTS_V1.fields, whole=self.whole, **rest)

        async def compared(client: AsyncClient) -> Plan:
            provider = AssistantsV1(client, "the server", whole=self.whole)
            return (await planned(provider, desired, state, terms)).plan

        return self.ask(compared)

    def apply(self, *assistants: DesiredAssistant, between: Any = None, **rest: Any) -> Report:
        """Plan for these assistants and carry it out; ``between`` happens after the plan was made."""
        desired = self.desired(*assistants)
        parallelism = rest.pop("parallelism", 10)

        async def applied(client: AsyncClient) -> Report:
            provider = AssistantsV1(client, "the server", self.settle, whole=self.whole)
            state = self.store.load()
            terms = PlanOptions("the server", ASSISTANTS_V1.fields, whole=self.whole, **rest)
            found = await planned(provider, desired, state, terms)
            if between is not None:
                await between(client)
            bindings, pending = dict(state.bindings), Pending(state.pending)
            steps = Steps(
                plan=found.plan,
                fields=terms.fields,
                live=found.live,
                provider=provider,
                store=self.store,
                reopen=self.reopen,
                bindings=bindings,
                pending=pending,
            )
            return await apply(
                found.plan,
                state,
                self.store,
                steps,
                parallelism=parallelism,
                notify=self.events.append,
                interruption=self.interruption,
            )

        with self.store.lock("test"):
            return self.ask(applied)

    def reopen(self, file: DesiredFile) -> io.BytesIO:
        """The bytes of a declared file."""
        return io.BytesIO(self.contents[file.address.name])

    def lose_state(self) -> None:
        """The state folder's content is gone."""
        for file in self.store.folder.rglob("*"):
            if file.is_file():
                file.unlink()

    def requests(self, *methods: str) -> list[str]:
        """What the server was asked, as 'METHOD path'."""
        return [f"{one.method} {one.path}" for one in self.app.state.ledger if one.method in methods]

    def forget_requests(self) -> None:
        """Start a new page in the server's ledger."""
        self.app.state.ledger.clear()


def without_mark(metadata: Any) -> dict[str, str]:
    """Metadata as its owner sees it."""
    return {key: value for key, value in metadata.items() if key != "assistants_sync"}


def sharing(one: DesiredAssistant, **fields: Any) -> DesiredAssistant:
    """The same assistant with other fields."""
    return replace(one, **fields)
