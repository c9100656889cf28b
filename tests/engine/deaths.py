"""A world whose assistants are renamed and let go, and a program that dies at any write of a run."""

from dataclasses import replace
from itertools import count

from builders import World
from faults import Faulty

from reconciler.model import address
from reconciler.model.mark import MARK_KEY, Mark
from reconciler.render.document import plan_document
from reconciler.render.lines import plain
from reconciler.render.plan_view import plan_view
from reconciler.render.text import view_lines
from reconciler.store import LocalStore


class Killed(BaseException):
    """The program is gone."""


class Reaper:
    """Ends a run at its n-th write, to the server or to the disk, before or after the write takes effect."""

    def __init__(self):
        self.left, self.after, self.dead = 0, False, False

    def arm(self, number, *, after):
        """The next n-th write is the last."""
        self.left, self.after, self.dead = number, after, False

    def rest(self):
        """Nobody dies any more."""
        self.left, self.dead = 0, False

    def meets(self):
        """Whether this write is the last; nothing at all happens after it."""
        if self.dead:
            raise Killed
        self.left -= 1
        self.dead = self.left == 0
        return self.dead

    def write(self, act):
        """A write to the disk."""
        hit = self.meets()
        if not hit or self.after:
            act()
        if hit:
            raise Killed

    def script(self, request):
        """What a transport does instead of a request."""
        if self.dead:
            raise Killed
        return Killed() if request.method != "GET" and self.meets() else None


class MortalStore(LocalStore):
    """A store whose every write may be the last."""

    def __init__(self, folder, reaper):
        super().__init__(folder)
        self.reaper = reaper

    def commit(self, entries):
        self.reaper.write(lambda: super(MortalStore, self).commit(entries))

    def save(self, state, expecting, serial=None):
        self.reaper.write(lambda: super(MortalStore, self).save(state, expecting, serial))


class Scene(World):
    """A world whose configuration says what moved and what to forget."""

    def __init__(self, folder):
        super().__init__(folder)
        self.reaper = Reaper()
        self.store = MortalStore(folder / "state", self.reaper)
        self.transport = lambda inner: Faulty(inner, self.reaper.script, after=self.reaper.after)
        self.moved, self.removed = {}, frozenset()

    def desired(self, *assistants, project="acme"):
        """A configuration of these assistants, the files they name, and what it says of others."""
        made = super().desired(*assistants, project=project)
        return replace(made, moved=self.moved, removed=self.removed)

    def move(self, today, *before):
        """Say what an assistant was called earlier, the latest name first."""
        self.moved = {**self.moved, address.assistant(today): tuple(map(address.assistant, before))}

    def remove(self, *names):
        """Say what to forget."""
        self.removed |= {address.assistant(name) for name in names}

    def bound(self):
        """What the state says: address to id."""
        return {str(where): one.id for where, one in self.store.load().bindings.items()}

    def named(self):
        """Live assistants by the name in their Mark; what carries none is None."""
        return {mark.name if (mark := mark_of(one)) else None: one for one in self.assistants()}

    def shown(self, *assistants, **rest):
        """The plan as a person reads it, without its first line."""
        return plain(list(view_lines(plan_view(plan_document(self.plan(*assistants, **rest)))))).partition(
            "\n"
        )[2]

    def edit(self, found, **fields):
        """Somebody else changes an assistant."""
        self.ask(lambda client: client.beta.assistants.update(found.id, **fields))


def mark_of(found):
    return Mark.parse(found.metadata.get(MARK_KEY))


def change_of(plan, where):
    return next((one for one in plan.changes if str(one.address) == where), None)


def dying(folder, before, then):
    """A world for every way a run can die: set up, and left as the dead run left it.

    ``before`` is what happens in peace; ``then`` is run once for each write, and dies there.
    """
    for after in (False, True):
        for number in count(1):
            world = Scene(folder / f"{'after' if after else 'before'} {number}")
            try:
                before(world)
                world.reaper.arm(number, after=after)
                try:
                    then(world)
                except Killed:
                    world.reaper.rest()
                    yield world
                else:
                    break
            finally:
                world.database.close()
