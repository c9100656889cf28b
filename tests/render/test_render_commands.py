"""No value becomes a command of a build service, by the rules that its runner publishes.

GitHub's runner looks at each line twice: for `::name properties::message` after leading white space, and for
`##[name properties]message` anywhere in it. Azure's looks for `##vso[`, TeamCity's for `##teamcity[` at the
beginning of a line, GitLab's for `section_start:` and `section_end:` with a time, a name, a carriage return
and an escape.
"""

import os
import random
import re
import time

import pytest
from render.plans import HOSTILE, document_of

from reconciler.render.formats import FORMATS, Depth, Look, drawn
from reconciler.render.visible import visible

LINES = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
SECTION = re.compile(r"section_(?:start|end):\d+:[\w.-]+\r\x1b\[0K")
ALPHABET = [
    *":::::####[[[]]]  \t\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\u00a0\u2003\u3000\ufeff",
    *"\x00\x08\x1b\x7f\x9b\u200b\u200d\u202e\u2066\u00ad\U000e0041ax%=,;.-",
    *(
        "error",
        "group",
        "set-env",
        "add-mask",
        "stop-commands",
        "vso",
        "teamcity",
        "command",
        "\u0130",
        "\uff1a",
    ),
    *("section_start:1:x\r", "section_end:1:x", "##[", "::", "##vso[", "\x1b[0K"),
]


def second(line):
    """GitHub's newer form: two colons first, a name, and two colons again."""
    text = line.lstrip()
    if not text.startswith("::"):
        return False
    end = text.find("::", 2)
    return end > 2


def first(line):
    """GitHub's older form, wherever it stands in a line."""
    start = line.find("##[")
    return start >= 0 and line.find("]", start) >= 0


def others(line):
    return "##vso[" in line or line.lstrip().startswith("##teamcity[")


def commands(text):
    """Every part of a text in which some runner finds a command."""
    found = [line for line in LINES.split(text) if second(line) or first(line) or others(line)]
    return found + SECTION.findall(text)


def values(seed, number):
    dice = random.Random(seed)  # noqa: S311 - only for a test
    for _ in range(number):
        yield "".join(dice.choices(ALPHABET, k=dice.randint(1, 12)))


@pytest.mark.parametrize(
    "text",
    [
        "::error::x",
        "  ::set-output name=a::b",
        "x ##[group]y",
        "\u3000::debug::",
        "a\r::add-mask::x",
        "##vso[x]y",
    ],
)
def test_the_oracle_knows_a_command(text):
    assert commands(text)


def harmless(number, seed):
    """Look at so many values, each alone and many of them in plans."""
    begun = time.monotonic()
    for count, text in enumerate(values(seed, number)):
        assert not commands(visible(text)), repr(text)
        assert not commands(f"x {visible(text)}"), repr(text)
        if count % 500 == 0:
            for look in (Look(), Look(depth=Depth.FULL)):
                assert not commands(drawn(document_of(text), "text", look)), repr(text)
            for form in FORMATS:
                assert not commands(drawn(document_of(text), form, Look())), (form, text)
    return number / (time.monotonic() - begun)


def test_no_value_becomes_a_command():
    harmless(20_000, 1)


@pytest.mark.sweep
@pytest.mark.timeout(1800)
def test_no_value_of_a_million_becomes_a_command(capsys):
    number = int(os.environ.get("SWEEP_VALUES", "1000000"))
    rate = harmless(number, 2)
    with capsys.disabled():
        print(f"\n{number:,} values, {rate:,.0f} a second, no command")  # noqa: T201 - a sweep tells its figure


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", [*FORMATS])
def test_no_hostile_plan_has_a_command_in_any_format(name, form):
    for colour in (False, True):
        assert not commands(drawn(document_of(HOSTILE[name]), form, Look(colour=colour)))
