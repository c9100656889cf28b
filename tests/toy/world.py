"""A server of either dialect, a state, and what can happen to them; the provider reads what is live."""

import asyncio

from reconciler.api import in_process, read_only
from reconciler.dialects import Connection
from reconciler.engine.applier import Interruption, apply
from reconciler.engine.drift import drift
from reconciler.engine.options import PlanOptions
from reconciler.engine.planned_run import planned
from reconciler.engine.steps import Steps
from reconciler.model import address
from reconciler.model.diagnostic import Origin
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import Desired, DesiredAssistant
from reconciler.model.state import Pending
from reconciler.store import LocalStore

TARGET = "the server"


class World:
    """One project on one server of a dialect."""

    def __init__(self, side, app, folder):
        self.side, self.app = side, app
        self.fields = side.dialect.fields
        self.store = LocalStore(folder / "state")
        self.transport = lambda inner: inner
        self.moved, self.removed, self.project = {}, frozenset(), "acme"

    def assistant(self, key="support", /, *, protected=False, ignored=(), **fields):
        """A declared assistant with what it must have and these fields."""
        return DesiredAssistant(
            address.assistant(key),
            {**self.side.least, **fields},
            None,
            Origin("assistants.yaml"),
            protected=protected,
            ignored=frozenset(ignored),
        )

    def desired(self, *assistants):
        """A configuration of these assistants."""
        return Desired(self.project, assistants, moved=self.moved, removed=self.removed)

    def options(self, **rest):
        """The options of a plan."""
        return PlanOptions(TARGET, self.fields, **{"dialect": self.side.dialect.name, **rest})

    def ask(self, question, *, reading=False, faulty=True):
        """Answer a question with a provider; one that is not ``faulty`` belongs to another user."""

        async def answer():
            transport = in_process(self.app)
            transport = self.transport(transport) if faulty else transport
            transport = read_only(transport) if reading else transport
            async with self.side.dialect.provider(
                Connection(TARGET, self.side.url, "", transport)
            ) as provider:
                return await question(provider)

        return asyncio.run(answer())

    def run(self, *assistants, reading=True, **rest):
        """A plan and everything it was made of."""
        desired, state = self.desired(*assistants), self.store.load()
        return self.ask(
            lambda provider: planned(provider, desired, state, self.options(**rest)), reading=reading
        )

    def plan(self, *assistants, **rest):
        """What would be done for these assistants."""
        return self.run(*assistants, **rest).plan

    def change(self, *assistants, **rest):
        """The one change of a plan."""
        (change,) = self.plan(*assistants, **rest).changes
        return change

    def apply(self, *assistants, between=None, **rest):
        """Plan for these assistants and carry it out; ``between`` happens after the plan was made."""
        with self.store.lock("test"):
            found = self.run(*assistants, **rest)
            if between is not None:
                between()
            return self.ask(lambda provider: self._applied(provider, found))

    async def _applied(self, provider, found):
        steps = Steps(
            plan=found.plan,
            fields=self.fields,
            live=found.live,
            provider=provider,
            store=self.store,
            reopen=None,
            bindings=dict(found.state.bindings),
            pending=Pending(found.state.pending),
        )
        return await apply(
            found.plan,
            found.state,
            self.store,
            steps,
            parallelism=10,
            notify=lambda _: None,
            interruption=Interruption(),
        )

    def drift(self, *assistants):
        """What was changed on the server since the last apply."""
        found = self.run(*assistants)
        return drift(self.fields, found.desired, found.live, found.state)

    def live(self):
        """Every assistant of the server, oldest first."""
        found = self.ask(lambda provider: provider.assistants(), faulty=False).assistants.values()
        return sorted(found, key=lambda one: (one.created_at, one.id))

    def only(self):
        """The one live assistant."""
        (found,) = self.live()
        return found

    def part(self, path):
        """The live part under a path; None where it is absent."""
        row = self.fields.row(path)
        return row.parts(row.found(self.only())).get(path)

    def foreign(self, values=None, pairs=None):
        """Another user changes the one assistant on the server."""
        found = self.only()
        self.ask(lambda provider: provider.update(found, values or {}, pairs or {}), faulty=False)

    def set(self, edit, value):
        """Another user sets the field of an edit."""
        if edit.field == self.side.pairs:
            self.foreign(pairs=value)
        else:
            self.foreign({edit.field: value})

    def copy(self, **pairs):
        """Another user creates an assistant with these pairs."""
        least = dict(self.side.least)
        return self.ask(lambda provider: provider.create(least, pairs, ()), faulty=False)

    def delete(self, live=None):
        """Another user deletes an assistant."""
        found = live or self.only()
        self.ask(lambda provider: provider.delete(found), faulty=False)

    def lose_state(self):
        """The state is gone."""
        for file in self.store.folder.rglob("*"):
            if file.is_file():
                file.unlink()

    def writes(self):
        """What was written on the server so far, as 'METHOD path'."""
        return self.app.writes()


def own(metadata):
    """Return metadata without the ownership mark."""
    return {key: value for key, value in metadata.items() if key != MARK_KEY}


def binding_of(world, key="support"):
    """Return what the state remembers of an assistant."""
    return world.store.load().assistant(address.assistant(key))


def named(plan, key):
    """Return the change of an address."""
    return plan.by_address[address.assistant(key)]
