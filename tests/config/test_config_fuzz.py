"""Whatever is written is read as another reader reads it, or refused with its place; soon and in little room.

``make sweep`` feeds many more. YAML_SEEDS=7 or YAML_SEEDS=0:1000 names the seeds to feed.
"""

import math
from collections import Counter

import pytest
from config.feeding import MOST_MEBIBYTES, STATUS, batches, fed, found_so_far, outcome, report, taste
from config.readers import (
    MENDINGS,
    braced,
    dashed,
    disagreement,
    indented,
    is_blank,
    is_endless,
    is_large,
    is_signed_twice,
    ours,
    paired,
    quoted,
    same,
    spaced,
    spaced_throughout,
    stripped,
    theirs,
    trimmed,
    untabbed,
)
from config.strange import MOST, UNKNOWN, Strange, strange

KINDS = {"written", "json", "damaged", "numbers", "soup", "shape"}
SOME = [strange(seed) for seed in range(300)]


@pytest.mark.parametrize("some", batches(3000, 1500), ids=str)
def test_strange_texts_are_read_as_another_reader_reads_them_or_refused(some):
    found = fed(some)
    assert not found["problems"], report(found)
    assert sum(found["counts"].values()) == len(some)


def test_there_are_texts_of_every_kind_and_none_is_too_large():
    assert {one.kind for one in SOME} == KINDS
    assert max(len(one.text.encode()) for one in SOME) <= MOST


def test_the_same_seed_is_the_same_text():
    assert [strange(seed) for seed in range(300)] == SOME


def test_most_of_what_is_written_by_the_rules_is_read():
    ends = Counter(outcome(one)[0] for one in SOME if one.tree is not UNKNOWN)
    assert ends["data"] > 3 * (ends.total() - ends["data"])


KNOWN = {
    paired: ('["\\ud83d\\ude80",\n]\n', ["🚀"]),
    spaced: ("a: |#b\n c\nd: [e,#f\n g]\n", {"a": "c\n", "d": ["e", "g"]}),
    spaced_throughout: ("- ''#a\n" * 500, [""] * 500),
    indented: (
        "a:\n  b: [\n  c\n]\n  d: 'e\nf'\n  g:\n  |\n   h\n",
        {"a": {"b": ["c"], "d": "e f", "g": "h\n"}},
    ),
    dashed: ("[a, -, b\n -]\n", ["a", "-", "b -"]),
    untabbed: ("{a:\tb, c: {?\td : e}}\n", {"a": "b", "c": {"d": "e"}}),
    braced: ("[a: {b: c,\n d: e}]\n", [{"a": {"b": "c", "d": "e"}}]),
    trimmed: ("a: |\n b\n ", {"a": "b\n"}),
    stripped: ("a: |\n b", {"a": "b"}),
    quoted: ("a: b\nc: |\n", {"a": "b", "c": ""}),
}


@pytest.mark.parametrize("mend", MENDINGS)
def test_a_known_difference_between_the_readers_is_one_and_is_mended(mend):
    text, meant = KNOWN[mend]
    path = "a.json" if mend is paired else "a.yaml"
    assert ours(text, path) == meant
    assert others(text) != meant
    assert disagreement(text, path, meant) == ""


def others(text):
    try:
        return theirs(text)
    except ValueError as refused:
        return refused


@pytest.mark.parametrize(
    ("is_meant", "written", "own", "other"),
    [
        (is_endless, ".inf", ".inf", math.inf),
        (is_endless, "-.INF", "-.INF", -math.inf),
        (is_endless, "1e999", "1e999", math.inf),
        (is_large, "9223372036854775808", 2**63, 2.0**63),
        (is_large, "0xFFFFFFFFFFFFFFFF", 2**64 - 1, "0xFFFFFFFFFFFFFFFF"),
        (is_blank, "\xa0", "\xa0", None),
        (is_signed_twice, "+-1", "+-1", -1),
        (is_signed_twice, "0x-1F", "0x-1F", -31),
    ],
)
def test_a_known_difference_between_values_is_one(is_meant, written, own, other):
    assert [own] == ours(f"- {written}\n")
    assert [other] == theirs(f"- {written}\n")
    assert is_meant(own, other)
    assert same({"a": [own]}, {"a": [other]})


@pytest.mark.parametrize(
    ("own", "other"),
    [("a", "b"), (1, 1.0), (1, True), ("1", 1), (None, ""), ("nan", math.nan), (2**63, 1.0), ([1], [1, 1])],
)
def test_values_that_differ_for_no_reason_are_told_apart(own, other):
    assert not same(own, other)
    assert not same({"a": own}, {"a": other})
    assert not same({"a": own}, {"b": own})


def test_a_reader_that_errs_is_noticed(monkeypatch):
    monkeypatch.setattr("reconciler.config.text._TRUTH", {"true": True, "no": False})
    found = found_so_far()
    taste(7, Strange("soup", "a: no\n"), found)
    (problem,) = found["problems"]
    assert problem.startswith("seed 7: read as {'a': False}, another reader says {'a': 'no'}")
    assert problem.endswith("'a: no\\n'")


def test_a_reader_that_errs_with_what_was_written_is_noticed():
    assert outcome(Strange("written", "a: no\n", {"a": False}))[1].startswith("written as {'a': False}")
    assert outcome(Strange("json", "[1e2]", path="a.json")) == ("data", "")


def test_a_reader_that_is_slow_or_breaks_is_noticed(monkeypatch):
    monkeypatch.setattr("config.feeding.MOST_SECONDS", 0)
    monkeypatch.setattr("config.feeding.allowed", lambda: 0)
    monkeypatch.setattr("reconciler.config.text.MAX_SCALAR", None)
    found = found_so_far()
    taste(8, Strange("soup", "a: b\n"), found)
    taste(9, Strange("soup", "# a\n"), found)
    assert [problem.split()[:3] for problem in found["problems"]] == [
        ["seed", "8:", "TypeError:"],
        ["seed", "9:", "takes"],
    ]


def test_a_process_that_dies_is_told_with_its_seed():
    found = fed(range(1), "import os; print(7, flush=True); os.abort()")
    assert found["problems"] == ["seed 7: the process ended with -6"]
    assert "YAML_SEEDS=" in report(found)


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells what a process holds")
def test_a_process_that_takes_too_much_room_ends():
    take = (
        f"from config.feeding import bounded; bounded(); print(7, flush=True); bytes({MOST_MEBIBYTES} << 21)"
    )
    assert fed(range(1), take)["problems"] == ["seed 7: the process ended with 1 MemoryError"]
