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
from itertools import cycle, islice

import pytest
from render.plans import HOSTILE, SALES, document_of, field, report_of, swap

from reconciler.model import address
from reconciler.model.change import Action, Change, Detail, Reason, Step, StepKind
from reconciler.model.plan import Basis, Plan
from reconciler.render.document import plan_document
from reconciler.render.formats import FORMATS, drawn
from reconciler.render.page_options import Depth, PageOptions
from reconciler.render.visible import visible

LINES = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
SECTION = re.compile(r"section_(?:start|end):\d+:[\w.-]+\r\x1b\[0K")
AT_ONCE = 500  # values of one plan
# Drawing takes longest.
TURNS = [
    [("text", PageOptions()), ("markdown", PageOptions(most=10**6))],
    [("text", PageOptions(depth=Depth.FULL)), *((form, PageOptions()) for form in FORMATS if form != "text")],
]
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
    """GitHub's newer form (ActionCommand.TryParseV2): two colons first, a name, and two colons again."""
    text = line.lstrip()
    if not text.startswith("::"):
        return False
    end = text.find("::", 2)
    return end > 2


def first(line):
    """GitHub's older form (ActionCommand.TryParse), wherever it stands in a line."""
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


def crowd(some):
    """A plan that holds many values: in the lines of prompts, and in every other place of a change."""
    half, named = len(some) // 2, [f"x{text}" for text in some[:8]]
    lines, changed_lines = "\n".join(some[:half]), "\n".join(some[half:])
    fields = [
        field("instructions", lines, changed_lines, source=some[0]),
        field("description", f"a b c {some[1]} d", f"a b c {some[2]} d"),
        field("instructions", f"a b c {some[3]}", f"a b c {some[4]}"),
        *(field(f"metadata.{text}", text, some[5], drifted=True) for text in some[8:16]),
        field(f"tools.{some[6]}", 1, 2, details=tuple(Detail(text, text, [text]) for text in some[16:20])),
        field(f"tools.{some[7]}", {some[8]: 1}, {}, breaking=tuple(some[20:24])),
    ]
    steps = tuple(Step(StepKind.ATTACH, address.file(text), text) for text in named)
    whole = Change(address.assistant(named[0]), Action.UPDATE, Reason.DRIFTED, tuple(fields), steps, some[9])
    swaps = tuple(swap(text) for text in named[1:5])
    refused = Change(SALES, Action.DELETE, Reason.UNDECLARED, refused=some[10], note=some[11])
    basis = Basis("lineage", 1, some[12], some[13])
    return plan_document(Plan(some[14], some[15], basis, (whole, *swaps, refused), tuple(some[16:])))


def harmless(number, seed):
    """Look at so many values, each alone and all of them in plans of many; how many there are in a second."""
    begun, turns = time.monotonic(), cycle(TURNS)
    found = values(seed, number)
    while some := list(islice(found, AT_ONCE)):
        for text in some:
            assert not commands(visible(text)), repr(text)
            assert not commands(f"x {visible(text)}"), repr(text)
        if len(some) == AT_ONCE:
            no_command_in_any(next(turns), crowd(some), some)
    return number / (time.monotonic() - begun)


def no_command_in_any(drawings, document, some):
    for form, look in drawings:
        assert not commands(drawn(document, form, look)), (form, look, some)


def test_no_value_becomes_a_command():
    harmless(10_000, 1)


@pytest.mark.sweep
@pytest.mark.timeout(3600)
def test_no_value_of_a_million_becomes_a_command(capsys):
    number = int(os.environ.get("SWEEP_VALUES", "1000000"))
    rate = harmless(number, 2)
    with capsys.disabled():
        print(f"\n{number:,} values, {rate:,.0f} a second, no command")  # noqa: T201 - a sweep tells its figure


def test_many_of_the_values_would_be_commands_if_they_were_printed_as_they_are():
    acting = [text for text in values(1, 20_000) if commands(text)]

    assert len(acting) > 400
    assert any(second(text) for text in acting)
    assert any(first(text) for text in acting)
    assert any(others(text) for text in acting)
    assert any(SECTION.search(text) for text in acting)


@pytest.mark.parametrize("where", ["reconciler.render.view.visible", "reconciler.render.text_diff.visible"])
def test_a_plan_that_is_drawn_without_the_neutraliser_is_caught(where, monkeypatch):
    monkeypatch.setattr(where, lambda text: str(text).replace("\n", " "))

    with pytest.raises(AssertionError):
        harmless(20_000, 1)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", [*FORMATS])
def test_no_hostile_plan_or_report_has_a_command_in_any_format(name, form):
    for colour in (False, True):
        assert not commands(drawn(document_of(HOSTILE[name]), form, PageOptions(colour=colour)))
        assert not commands(drawn(report_of(HOSTILE[name]), form, PageOptions(colour=colour)))
