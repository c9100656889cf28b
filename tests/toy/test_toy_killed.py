"""Killed at any write to a server of an unknown dialect, the next run finishes the job."""

import pytest
from forked import PREPARED_BY

from reconciler.model.mark import MARK_KEY, Mark

BEFORE = """\
project: acme
dialect: toy
assistants:
  one: {heat: 0.7, dials: {bass: 1, treble: 2}}
  two: {loud: true}
  three: {pace: slow}
"""
AFTER = """\
project: acme
dialect: toy
assistants:
  one: {heat: 0, dials: {bass: 0}}
  four: {pace: slow}
  five: {skills: [{label: sing, level: 0}]}
  six: {stickers: {team: red}}
moved:
  - {from: assistant.three, to: assistant.four}
"""
WRITES = [("first", number) for number in (1, 2, 3)] + [("second", number) for number in (4, 5, 6, 7, 8)]
"""The writes of a first apply, and of one that updates, moves, archives and creates two."""


def die(site):
    """Run an apply in a process of its own, one change at a time, that must be killed."""
    arguments = ("apply", "--auto-approve", "--parallelism", "1", "--server", site.url)
    with pytest.raises(AssertionError, match="the run was killed"):
        site.workspace.run(*arguments, **{PREPARED_BY: "toy.known"})


def names(bots):
    """Return the address that the mark of each bot names."""
    return sorted(Mark.parse(bot["tags"][MARK_KEY]).name for bot in bots)


def wanted(run):
    """Return the names of the bots that a run leaves."""
    return ["one", "three", "two"] if run == "first" else ["five", "four", "one", "six"]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("run", "number"), WRITES)
def test_a_run_that_was_killed_at_a_write_is_finished_by_the_next(zoo, run, number, moment):
    zoo.workspace.configure(BEFORE)
    if run == "second":
        zoo.apply()
        zoo.workspace.configure(AFTER)
    zoo.app.deaths = {number: moment}

    die(zoo)
    assert len(zoo.app.writes()) == (number if moment == "after" else number - 1)
    zoo.apply("--lock-timeout", "30")  # what was killed may take a moment to be gone

    assert names(zoo.app.present) == wanted(run)
    assert len(zoo.app.bots) == (3 if run == "first" else 5)
    assert zoo.plan("--detailed-exitcode").code == 0


def test_the_workload_has_as_many_writes_as_are_tried(zoo):
    for text, most in ((BEFORE, 3), (AFTER, 8)):
        zoo.workspace.configure(text)
        zoo.apply()
        assert len(zoo.app.writes()) == most
