"""Other processes at a state: one that holds its lock, and many that want it at once.

They come from a server that forks, which has used no library of a store: some hang in a child when their
parent has used them.
"""

import multiprocessing
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from reconciler.model.address import assistant
from reconciler.model.state import AssistantBinding, State

OTHERS = multiprocessing.get_context("forkserver")
OTHERS.set_forkserver_preload(["store.runners", "reconciler.store.postgres", "reconciler.store.objects"])
PATIENCE = 300


@dataclass(frozen=True)
class Site:
    """A state as another process finds it: how a store of it is opened, and in which environment."""

    kind: type
    arguments: tuple
    environment: dict = field(default_factory=dict)

    def open(self):
        """Another store of the same state."""
        os.environ.update(self.environment)
        return self.kind(*self.arguments)


def hold(site, line):
    """Hold the lock until something is sent."""
    with site.open().lock("apply"):
        line.send("held")
        with suppress(EOFError):
            line.recv()


@contextmanager
def holder(site):
    """Another process that holds the lock until something is sent to it."""
    ours, theirs = OTHERS.Pipe()
    process = OTHERS.Process(target=hold, args=(site, theirs))
    process.start()
    try:
        assert ours.recv() == "held"
        yield process, ours
    finally:
        process.kill()
        process.join()


@dataclass(frozen=True)
class Turn:
    """How one of many came to its turn; times are those of one clock of the machine, in seconds."""

    number: int
    told: list
    asked: float
    held: float
    freed: float


def take_turn(site, number, start, line):
    """Wait for the lock with all the others, add a binding and a save, and tell how it went."""
    told, where = [], assistant(f"a{number}")
    store = site.open()
    start.wait()
    asked = time.monotonic()
    with store.lock("apply", PATIENCE, told.append):
        held = time.monotonic()
        state = store.load()
        bound = AssistantBinding(f"asst_{number}", f"nonce-{number}")
        store.record(where, bound)
        made = State(state.lineage, state.serial, "acme", "", {**state.bindings, where: bound})
        store.save(made, state.serial)
        freed = time.monotonic()
    line.send(Turn(number, told, asked, held, freed))


@dataclass(frozen=True)
class Crowd:
    """What became of many at once."""

    turns: list
    exits: set
    pids: list

    @property
    def figures(self):
        """Throughput and fairness, for a person."""
        ordered = sorted(self.turns, key=lambda one: one.held)
        waits = sorted(one.held - one.asked for one in ordered)
        took = max(one.freed for one in ordered) - min(one.asked for one in ordered)
        asked = {one.number: place for place, one in enumerate(sorted(self.turns, key=lambda one: one.asked))}
        moved = sum(abs(asked[one.number] - place) for place, one in enumerate(ordered)) / len(ordered)
        return (
            f"{len(ordered)} runs in {took:.1f} s, {len(ordered) / took:.1f} a second; waited "
            f"{waits[0]:.2f} / {waits[len(waits) // 2]:.2f} / {waits[-1]:.2f} s (least, median, most); "
            f"each came {moved:.1f} places from its own on average"
        )


def crowd(site, number):
    """As many processes at once, each with one turn."""
    start, lines = OTHERS.Barrier(number), [OTHERS.Pipe() for _ in range(number)]
    running = [OTHERS.Process(target=take_turn, args=(site, n, start, lines[n][1])) for n in range(number)]
    for one in running:
        one.start()
    turns = [line.recv() for line, _ in lines if line.poll(PATIENCE)]
    for one in running:
        one.join()
    return Crowd(turns, {one.exitcode for one in running}, [one.pid for one in running])
