"""Random configurations, lost answers and deaths in one process; one clean apply must leave nothing over.

Ten thousand such stories take minutes: everything but the sockets and the processes is real.
"""

import os
import random
from collections import Counter
from contextlib import suppress

import httpx
import pytest
from builders import World, assistant
from faults import Faulty

from reconciler.engine.review import Consent, needs
from reconciler.model.mark import MARK_KEY, Mark

PATHS = ("a.md", "b.md", "d/a.md")
CONTENTS = (b"about a", b"one", b"two")
STORIES, MOST = 25, int(os.environ.get("SWEEP_STORIES", "5000"))


class Killed(BaseException):
    """The program is gone, in the middle of a call."""


FAULTS = (
    Killed,
    lambda: httpx.ReadTimeout("late"),
    lambda: httpx.Response(400, json={"error": {"message": "no"}}),
    None,
)


def configuration(dice, world):
    """Up to three assistants with whatever the dice say; each upload under one path, as resolving does it."""
    found = []
    for name in ("x", "y", "z"):
        fields = {}
        if dice.random() < 0.8:
            fields["files"] = one_path_each(world, dice.sample(PATHS, dice.randint(0, 2)))
        if dice.random() < 0.5:
            fields["description"] = dice.choice("pq")
        if dice.random() < 0.3:
            fields["metadata"] = {"k": dice.choice("uv")}
        if dice.random() < 0.75:
            found.append(assistant(name, **fields))
    return found


def one_path_each(world, paths):
    same = world.contents["a.md"] == world.contents["d/a.md"]
    return list(dict.fromkeys("a.md" if same and path == "d/a.md" else path for path in paths))


def faulty(dice):
    """A transport that meets one write with a fault, before or after the server acts on it."""
    number, after, fault = dice.randint(1, 10), dice.random() < 0.5, dice.choice(FAULTS)
    writes = []

    def script(request):
        if request.method != "GET":
            writes.append(request)
        hit = request.method != "GET" and len(writes) == number and fault
        return fault() if hit else None

    return lambda inner: Faulty(inner, script, after=after and fault is not FAULTS[2])


def wrong_at_all(world, wanted):
    reviewed = needs(world.plan(*wanted), Consent())  # nobody else was at work
    report = world.apply(*wanted)
    needed = {str(one) for each in wanted for one in each.files or ()}
    return {
        "exit code": report.exit_code,
        "needs a review": reviewed,
        "changes left": world.plan(*wanted).has_changes,
        "assistants too many": len(world.assistants()) - len(wanted),
        "files too many": len(world.files()) - len(needed),
    }


def wrong_without_a_state(world, wanted):
    """What a lost state must not cost; only leftovers that nothing proves to be ours may stay."""
    report = world.apply(*wanted)
    live = [(Mark.parse(one.metadata.get(MARK_KEY)).name, one.file_ids) for one in world.assistants()]
    names, files = Counter(name for name, _ in live), world.files()
    carried = {name: sorted(files[one] for one in ids) for name, ids in live}
    named = {one.address.name: one.files for one in wanted}
    wrong = {name for name, ones in named.items() if ones is not None and carried.get(name) != called(ones)}
    return {
        "exit code": report.exit_code,
        "changes left": world.plan(*wanted).has_changes,
        "twins": names.total() - len(names),
        "assistants missing": named.keys() - names.keys(),
        "other files than named": wrong,
    }


def called(files):
    """What the uploads of some addresses are called."""
    return sorted(one.name.rpartition("/")[2] for one in files)


def story(seed, folder, wrong=wrong_at_all, lost=0.0):
    """What is wrong after a story; nothing, if all is well. ``lost``: how often a run loses its state."""
    dice, world = random.Random(seed), World(folder)  # noqa: S311 - a seed that is printed must replay
    world.contents["d/a.md"] = b"about a"
    try:
        for _ in range(dice.randint(2, 5)):
            world.contents[dice.choice(PATHS)] = dice.choice(CONTENTS)
            wanted, world.transport = configuration(dice, world), faulty(dice)
            with suppress(Killed):
                world.apply(*wanted, parallelism=1)
            if lost and dice.random() < lost:
                world.lose_state()
        world.transport = lambda inner: inner
        return wrong(world, configuration(dice, world))
    finally:
        world.database.close()


def check(seeds, folder, **rest):
    for seed in seeds:
        found = story(seed, folder / str(seed), **rest)
        assert not any(found.values()), f"seed {seed}: {found}"


def test_some_stories_end_well(tmp_path):
    check(range(STORIES), tmp_path)


def test_some_stories_end_well_although_the_state_is_lost(tmp_path):
    check(range(STORIES), tmp_path, wrong=wrong_without_a_state, lost=0.35)


@pytest.mark.sweep
@pytest.mark.timeout(3000)
def test_thousands_of_stories_end_well(tmp_path):
    check(range(STORIES, MOST), tmp_path)


@pytest.mark.sweep
@pytest.mark.timeout(3000)
def test_thousands_of_stories_end_well_although_the_state_is_lost(tmp_path):
    check(range(STORIES, MOST), tmp_path, wrong=wrong_without_a_state, lost=0.35)


def test_the_check_has_teeth(tmp_path, monkeypatch):
    """Without looking for uploads of interrupted runs, some story ends badly."""

    async def sees_nothing(*_):
        return None

    monkeypatch.setattr("reconciler.dialects.assistants_v1.wire.AssistantsV1._match", sees_nothing)
    assert any(story(seed, tmp_path / str(seed))["files too many"] for seed in range(STORIES))
