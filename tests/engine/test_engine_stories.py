"""Random stories of renaming and letting go, with deaths and lost answers; a clean run must end them well."""

import os
import random
from contextlib import suppress

import httpx
import pytest
from builders import assistant
from engine.deaths import Killed, Scene
from faults import Faulty

from reconciler.model.mark import MARK_KEY

PATHS = ("a.md", "b.md", "c.md")
CONTENTS = (b"about a", b"one", b"two")
STORIES = 40


class Character:
    """One assistant through all its names, the latest first, and the ids that were ever seen for it."""

    def __init__(self, name):
        self.names, self.ids, self.is_removed, self.uploads = [name], set(), False, set()


class Story:
    """A world, its characters, and what the dice say of them."""

    def __init__(self, seed, folder):
        self.dice = random.Random(seed)  # noqa: S311 - a seed that is printed must replay
        self.scene, self.cast, self.made, self.is_calm = Scene(folder), [], 0, True
        self.scene.contents["c.md"] = b"about c"

    @property
    def declared(self):
        return [one for one in self.cast if not one.is_removed]

    def edit(self):
        """Somebody edits the configuration; nothing is deleted from it while a move may be half done."""
        for one in self.declared:
            fate = self.dice.random()
            if fate < 0.3:
                one.names.insert(0, self.name())
            elif fate < 0.4:
                self.remove(one)
            elif fate < 0.5 and self.is_calm:
                self.cast.remove(one)
        while self.dice.random() < 0.6 and len(self.declared) < 3:
            self.cast.append(Character(self.name()))
        self.scene.contents[self.dice.choice(PATHS)] = self.dice.choice(CONTENTS)
        self.scene.moved = {}
        for one in self.declared:
            self.scene.move(*one.names)

    def name(self):
        self.made += 1
        return f"n{self.made}"

    def remove(self, one):
        one.is_removed = True
        one.uploads = {
            file for live in self.scene.assistants() if live.id in one.ids for file in live.file_ids
        }
        self.scene.remove(*one.names)

    def wanted(self):
        return [
            assistant(
                one.names[0],
                description=self.dice.choice("pq"),
                files=self.dice.sample(PATHS, self.dice.randint(0, 2)),
            )
            for one in self.declared
        ]

    def run(self):
        """An apply that may be told lies, or die."""
        self.scene.transport = faulty(self.dice, self.scene.reaper)
        self.is_calm = False
        with suppress(Killed):
            report = self.scene.apply(*self.wanted(), parallelism=self.dice.choice((1, 5)))
            self.is_calm = report.exit_code == 0
        self.scene.reaper.rest()
        self.scene.transport = lambda inner: inner
        for name, live in self.scene.named().items():
            for one in self.cast:
                one.ids |= {live.id} if name in one.names else set()

    def ending(self):
        """What is wrong after a clean run; nothing, if all is well."""
        wanted, scene = self.wanted(), self.scene
        code = scene.apply(*wanted).exit_code
        live = {one.id: one for one in scene.assistants()}
        kept = {one for each in self.cast if each.is_removed for one in each.ids}
        files = {file for one in live.values() for file in one.file_ids}
        names = {name: found.id for name, found in scene.named().items()}
        found = {
            "exit code": code,
            "changes left": scene.plan(*wanted).has_changes,
            "somebody else": [one.names for one in self.declared if one.ids - {names.get(one.names[0])}],
            "too many": len(live) - len(wanted) - len(kept),
            "removed and gone": kept - live.keys(),
            "removed and marked": [one for one in kept & live.keys() if MARK_KEY in live[one].metadata],
            "uploads lost": {file for one in self.cast for file in one.uploads} - scene.files().keys(),
            "uploads left over": scene.files().keys() - files,
            "bound": self.bound(live.keys() - kept) ^ {str(one) for one in scene.desired(*wanted).by_address},
        }
        scene.moved = {}
        return found | {"changes without moved": scene.plan(*wanted).has_changes}

    def bound(self, ours):
        """What the state says, but for uploads that were shared with an assistant which is forgotten."""
        live = {one.id: one for one in self.scene.assistants()}
        used = {file for one in ours for file in live[one].file_ids} | live.keys()
        return {where for where, one in self.scene.bound().items() if one in used}


def faulty(dice, reaper):
    """Meet one write with an error, before or after it counts, or die at it."""
    number, after = dice.randint(1, 12), dice.random() < 0.5
    if dice.random() < 0.6:
        reaper.arm(number, after=after)
        return lambda inner: Faulty(inner, reaper.script, after=after)
    fault = httpx.ReadTimeout("late") if after else httpx.Response(400, json={"error": {"message": "no"}})
    writes = []

    def script(request):
        writes.extend([request] * (request.method != "GET"))
        return fault if request.method != "GET" and len(writes) == number else None

    return lambda inner: Faulty(inner, script, after=after)


def check(seeds, folder):
    for seed in seeds:
        story = Story(seed, folder / str(seed))
        try:
            for _ in range(story.dice.randint(2, 6)):
                story.edit()
                story.run()
            story.edit()
            found = story.ending()
        finally:
            story.scene.database.close()
        assert not any(found.values()), f"seed {seed}: {found}"


def test_a_few_stories_end_well(tmp_path):
    check(range(STORIES), tmp_path)


@pytest.mark.sweep
@pytest.mark.timeout(3000)
def test_thousands_of_stories_end_well(tmp_path):
    check(range(STORIES, int(os.environ.get("SWEEP_STORIES", "5000"))), tmp_path)
