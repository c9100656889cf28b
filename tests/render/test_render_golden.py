"""Every format of every plan and report, letter for letter; `make golden` writes them anew."""

import os
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from render.plans import PLANS, REPORTS

from reconciler.render.formats import FORMATS, drawn
from reconciler.render.page_options import Depth, PageOptions

GOLDEN = Path(__file__).with_name("golden")
WRITING = os.environ.get("GOLDEN") == "write"
LOOKS = {
    "brief": ("text", PageOptions(depth=Depth.BRIEF)),
    "full": ("text", PageOptions(depth=Depth.FULL)),
    "coloured": ("text", PageOptions(colour=True)),
    **{form: (form, PageOptions(commit="0" * 40, time="2026-11-23 00:00 UTC")) for form in FORMATS},
}
MOST = 60
ALL = PLANS | REPORTS
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def cut(text):
    """A long text as its beginning, and a digest of the rest."""
    lines = [line if len(line) <= 400 else f"{line[:400]}… {digest(line)}" for line in text.split("\n")]
    more = lines[MOST:]
    return "\n".join(lines[:MOST] + [f"… {len(more)} more lines, {digest(text)}"] * bool(more))


def digest(text):
    return f"sha256 {sha256(text.encode()).hexdigest()[:16]}"


@cache
def drawings(name):
    """A plan or a report as every format draws it."""
    return {what: drawn(ALL[name], *how) for what, how in LOOKS.items()}


def page(name):
    """Everything about a plan on one page; escapes are spelt, so that a page can be read."""
    return "".join(
        f"===== {what}\n{cut(text).replace(chr(27), '␛')}\n" for what, text in drawings(name).items()
    )


@pytest.mark.parametrize("name", ALL)
def test_a_plan_or_report_is_drawn_as_it_was(name):
    file = GOLDEN / f"{name.replace(' ', '-')}.txt"
    if WRITING:
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(page(name), encoding="utf-8")

    assert page(name) == file.read_text(encoding="utf-8")


def test_no_page_is_left_of_a_plan_that_is_no_more():
    assert {file.stem for file in GOLDEN.iterdir()} == {name.replace(" ", "-") for name in ALL}


@pytest.mark.parametrize("name", ALL)
def test_the_width_of_a_terminal_changes_nothing(name, monkeypatch):
    found = []
    for columns in ("80", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        found.append({what: drawn(ALL[name], *how) for what, how in LOOKS.items() if how[0] == "text"})

    assert found[0] == found[1]


@pytest.mark.parametrize("name", ALL)
def test_only_colour_brings_escape_sequences_and_takes_nothing_away(name):
    plain = drawings(name)

    assert ESCAPE.sub("", plain["coloured"]) == plain["text"]
    assert not any("\x1b" in text for what, text in plain.items() if what != "coloured")


@pytest.mark.parametrize("name", ALL)
def test_no_line_of_ours_is_wider_than_80_columns_unless_a_value_is(name):
    if "hostile" in name or "long" in name:
        return
    wide = [line for line in drawn(ALL[name], "text", PageOptions()).split("\n") if len(line) > 80]

    assert all(re.search(r"sha256|changed on the server|words", line) for line in wide)
