"""--target and --exclude: only these, and what they need."""

import pytest
from builders import assistant

from reconciler.engine.selection import selection
from reconciler.errors import UsageError

SUPPORT = assistant(files=["a.md"])
OTHER = assistant("other", files=["a.md", "b.md"])


def selected(world, *, targets=(), excluded=()):
    plan = world.plan(SUPPORT, OTHER)
    return selection(plan, world.desired(SUPPORT, OTHER), targets, excluded)


def names(found):
    return sorted(str(one) for one in found)


def test_without_a_word_everything_is_meant(world):
    assert selected(world) is None


def test_a_target_brings_the_files_it_carries(world):
    found = selected(world, targets=["assistant.support"])

    assert names(found) == ["assistant.support", "file.a.md"]


def test_an_exclusion_takes_along_what_waits_for_it(world):
    found = selected(world, excluded=["file.b.md"])

    assert names(found) == ["assistant.support", "file.a.md"]


def test_an_excluded_file_that_is_there_already_holds_nobody_up(world):
    world.apply(SUPPORT, OTHER)

    found = selected(world, excluded=["file.b.md"])

    assert names(found) == ["assistant.other", "assistant.support", "file.a.md"]


def test_an_unknown_address_is_refused_with_the_nearest_one(world):
    with pytest.raises(UsageError, match=r"did you mean `assistant\.support`"):
        selected(world, targets=["assistant.suport"])


def test_an_untargeted_assistant_keeps_its_old_upload_until_it_follows(world):
    world.apply(SUPPORT, OTHER)
    world.contents["a.md"] = b"rewritten"
    only = selected(world, targets=["assistant.support"])

    assert world.apply(SUPPORT, OTHER, targets=only).exit_code == 0
    assert len(world.files()) == 3

    assert world.apply(SUPPORT, OTHER).exit_code == 0
    assert len(world.files()) == 2
    assert not world.plan(SUPPORT, OTHER).has_changes


def test_an_untargeted_assistant_is_not_deleted_and_neither_is_its_file(world):
    world.apply(SUPPORT, OTHER)
    only = selection(world.plan(), world.desired(), ["assistant.support"], [])

    world.apply(targets=only)

    assert len(world.assistants()) == 1
    assert len(world.files()) == 2
