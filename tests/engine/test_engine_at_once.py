"""Calls that run at the same time share the writes of the journal, each in its order."""

import json
import os
import time
from pathlib import Path

import pytest
from builders import assistant
from faults import Faulty

from reconciler.model.mark import MARK_KEY, Mark
from reconciler.model.outcome import Result

MANY = [assistant(f"n{number}") for number in range(40)]


class Disk:
    """Counts the writes of the journal that are made durable; some of them fail.

    ``before`` is the journal before the first of these.
    """

    def __init__(self, monkeypatch):
        self.count, self.failing, self.before = 0, (), ""
        monkeypatch.setattr(os, "fsync", self.fsync)

    def fsync(self, number):
        if Path(f"/proc/self/fd/{number}").readlink().name != "journal.jsonl":
            return
        self.count += 1
        time.sleep(0.002)
        if self.count in self.failing:
            raise OSError(28, "No space left on device")
        if self.failing and self.count < min(self.failing):
            self.before = Path(f"/proc/self/fd/{number}").read_text()


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


def recorded(world):
    """The names of everything that the journal knows: what it has bound, and what it was about to make."""
    state = world.store.load()
    return {where.name for where in state.bindings} | {one.address.name for one in state.pending}


def name_in(metadata):
    """The name in an ownership mark."""
    return Mark.parse(metadata[MARK_KEY]).name


def test_creates_at_the_same_time_wait_for_the_disk_together(world, disk):
    report = world.apply(*MANY, parallelism=20)

    assert report.exit_code == 0
    assert disk.count < len(MANY) / 2  # two records each


def test_no_create_is_sent_before_its_intent_is_durable(world, disk):
    unknown = []

    def script(request):
        if request.method == "POST" and name_in(json.loads(request.content)["metadata"]) not in recorded(
            world
        ):
            unknown.append(request)

    world.transport = lambda inner: Faulty(inner, script)
    world.apply(*MANY[:10], parallelism=5)

    assert unknown == []


@pytest.mark.parametrize("first", range(1, 12, 2))
def test_whenever_the_disk_fails_nothing_more_starts_and_the_next_run_makes_nothing_twice(world, disk, first):
    disk.failing = range(first, 10_000)
    report = world.apply(*MANY, parallelism=8)

    assert {one.result for one in report.outcomes} >= {Result.FAILED}
    live = world.assistants()
    assert len(live) < len(MANY)
    assert {name_in(one.metadata) for one in live} <= recorded(world)

    disk.failing = ()
    assert world.apply(*MANY, parallelism=8).exit_code == 0
    assert len(world.assistants()) == len(MANY)
    assert world.store.load().pending == ()


def test_a_disk_that_fails_once_loses_nothing_that_was_made(world, disk):
    disk.failing = {4}
    report = world.apply(*MANY, parallelism=8)

    failed = [one for one in report.outcomes if one.result is not Result.APPLIED]
    assert failed
    assert all("No space left" in one.message for one in failed)

    assert world.apply(*MANY, parallelism=8).exit_code == 0
    assert len(world.assistants()) == len(MANY)


@pytest.mark.parametrize("failing", [4, 6, 8])
def test_no_create_is_begun_once_a_record_was_not_taken(world, disk, failing):
    disk.failing = {failing}
    begun_later = []

    def script(request):
        if request.method == "POST" and disk.count >= failing:
            name = name_in(json.loads(request.content)["metadata"])
            if f'"assistant.{name}"' not in disk.before:
                begun_later.append(name)

    world.transport = lambda inner: Faulty(inner, script)
    report = world.apply(*MANY, parallelism=8)

    assert begun_later == []
    skipped = [one for one in report.outcomes if one.result is Result.SKIPPED]
    assert skipped
    assert all(one.message.startswith("not started: ") for one in skipped)
