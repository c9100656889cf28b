"""Progress and problems on a terminal, in a log, and in a pipe."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.source import Source
from reconciler.model import address
from reconciler.model.change import Action, Change, Reason, Step, StepKind
from reconciler.model.diagnostic import Diagnostic, Excerpt, Origin
from reconciler.model.outcome import Ended, Outcome, Result, Started, Stepped
from reconciler.render.diagnostics import diagnostic_lines
from reconciler.render.lines import Span, Style, line
from reconciler.render.terminal import LiveProgress, PlainProgress, painted

SUPPORT, HANDBOOK = address.assistant("support"), address.file("docs/handbook.md")


def events(where, kind, *, action=Action.UPDATE, file=None):
    """A change under way, its one step done, and its end."""
    step = Step(kind, file)
    change = Change(where, action, Reason.EDITED, steps=(step,))
    return [Started(change, step), Stepped(change, step, 1.25), Ended(Outcome(change, Result.APPLIED))]


STORY = [
    *events(HANDBOOK, StepKind.UPLOAD, action=Action.REPLACE),
    *events(SUPPORT, StepKind.CREATE),
    *events(SUPPORT, StepKind.UPDATE),
    *events(SUPPORT, StepKind.ATTACH, file=HANDBOOK),
    *events(SUPPORT, StepKind.DETACH, file="file-abc"),
    *events(HANDBOOK, StepKind.DELETE, action=Action.REPLACE),
    *events(SUPPORT, StepKind.DELETE, action=Action.DELETE),
]
SENTENCES = [
    "file.docs/handbook.md uploaded (1.2s)",
    "assistant.support created (1.2s)",
    "assistant.support updated (1.2s)",
    "assistant.support attached file.docs/handbook.md (1.2s)",
    "assistant.support detached file-abc (1.2s)",
    "file.docs/handbook.md old upload deleted (1.2s)",
    "assistant.support deleted (1.2s)",
]


def test_a_log_gets_one_line_for_every_step_that_succeeded():
    written = []
    with PlainProgress(written.append, total=7) as progress:
        for event in STORY:
            progress.tell(event)
    assert written == [f"[{number}/7] {sentence}\n" for number, sentence in enumerate(SENTENCES, 1)]


class Terminal(io.StringIO):
    """A terminal that remembers everything it was sent."""

    def isatty(self):
        return True


def live(story, monkeypatch, *, colour):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()
    with LiveProgress(terminal, total=len(story) // 3, colour=colour) as progress:
        for event in story:
            progress.tell(event)
    return terminal.getvalue()


def text_of(sent):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", sent)


@pytest.mark.parametrize("colour", [True, False])
def test_a_terminal_keeps_every_step_that_succeeded_above_the_bar(colour, monkeypatch):
    sent = live(STORY, monkeypatch, colour=colour)
    lines = [one.rstrip() for one in re.split(r"[\r\n]+", text_of(sent))]
    assert [one for one in lines if one.endswith("s)")] == [f"  {sentence}" for sentence in SENTENCES]
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9][0-9;]*m", sent)) == colour


def test_a_terminal_shows_the_first_two_of_what_is_under_way(monkeypatch):
    started = [events(address.assistant(name), StepKind.CREATE)[0] for name in ("one", "two", "three")]
    sent = text_of(live(started, monkeypatch, colour=False))
    assert "assistant.one, assistant.two " in sent
    assert "three" not in sent


@pytest.mark.parametrize(
    "name",
    [
        "[bold]loud[/bold].md",
        "[/nothing].md",
        "[link=https://example.org]x.md",
        ":smile:.md",
        "{task.total}.md",
        "x" * 300 + ".md",
        "\x1b]52;c;c2VjcmV0\x07.md",
        "\u202egnp.md",
    ],
)
def test_a_name_is_only_a_name_on_a_terminal(name, monkeypatch):
    sent = live(events(address.file(name), StepKind.UPLOAD), monkeypatch, colour=True)
    assert not re.search(r"[\x07\u202e]|\x1b\]", sent)
    shown = text_of(sent).replace("\r", "").replace("\n", "")
    spelt = name.replace("\x1b", "\\x1b").replace("\x07", "\\x07").replace("\u202e", "<U+202E>")
    assert f"file.{spelt} uploaded (1.2s)" in shown
    under_way = live(events(address.file(name), StepKind.UPLOAD)[:1], monkeypatch, colour=True)
    assert f"file.{spelt}"[:50] in text_of(under_way)


@given(
    st.lists(
        st.lists(st.tuples(st.text("ab[]: \\", max_size=90), st.sampled_from(Style)), max_size=4), max_size=4
    )
)
def test_colour_adds_escapes_and_nothing_else(content):
    lines = [line(*(Span(text, style) for text, style in one)) for one in content]
    plain = painted(lines, colour=False)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted(lines, colour=True)) == plain
    assert plain.count("\n") == len(lines)


def test_colour_repeats_what_the_symbol_says():
    lines = [line("a ", Span("+ b", Style.ADD)), line(Span("- c", Style.REMOVE))]
    assert painted(lines, colour=True) == "a \x1b[32m+ b\x1b[0m\n\x1b[31m- c\x1b[0m\n"


def problem(text, column=1, width=1, **rest):
    return Source("a.yaml", text).diagnostic("AS101", "wrong", Origin("a.yaml", 1, column, width), **rest)


def shown(*problems):
    return painted(diagnostic_lines(problems), colour=False)


def test_problems_are_counted_over_their_files():
    one, two = Diagnostic("AS101", "a", Origin("a.yaml")), Diagnostic("AS102", "b", Origin("b.yaml", 2, 3))
    assert shown(one).endswith("\nFound 1 error in 1 file. Nothing was sent.\n")
    assert shown(one, two) == (
        "error[AS101]: a\n  --> a.yaml:1:1\n\n"
        "error[AS102]: b\n  --> b.yaml:2:3\n\n"
        "Found 2 errors in 2 files. Nothing was sent.\n"
    )


def test_the_gutter_is_as_wide_as_the_longest_number():
    found = Diagnostic(
        "AS101", "a", Origin("a.yaml", 9), "here", excerpt=Excerpt(((8, "x"), (9, "y"), (10, "z")), 1)
    )
    assert "   |\n 8 | x\n 9 | y\n   | ^ here\n10 | z\n   |\n" in shown(found)


@pytest.mark.parametrize(
    ("text", "column", "width"),
    [("ab\x1bcd", 4, 2), ("\t\tx", 3, 1), ("a\u202eb", 2, 1), ("x" * 1000 + "HERE" + "y" * 1000, 1001, 4)],
)
def test_the_caret_stands_under_what_is_meant(text, column, width):
    _, _, _, above, carets, *_ = shown(problem(text, column, width)).splitlines()
    under = "".join(one for one, mark in zip(above, carets, strict=False) if mark == "^")
    meant = text[column - 1 : column - 1 + width]
    assert under == meant.replace("\u202e", "<U+202E>")
    assert len(above) < 180


@pytest.mark.parametrize(("before", "columns"), [("日本", 4), ("🚀", 2), ("e\u0301", 1), ("é", 1)])
def test_the_caret_knows_how_wide_characters_are(before, columns):
    assert shown(problem(f"{before}x", len(before) + 1)).splitlines()[4] == f"  | {' ' * columns}^"


def test_a_problem_at_the_end_of_a_line_has_a_caret_too():
    assert shown(problem("ab", 3)).splitlines()[4] == "  |   ^"


@given(st.text(max_size=300), st.integers(1, 320), st.integers(1, 50), st.text(max_size=20))
def test_no_excerpt_acts_on_a_terminal(text, column, width, help):  # noqa: A002 - the field's word
    found = shown(
        Diagnostic(
            "AS101",
            text,
            Origin(text or "a", 1, column, width),
            excerpt=Excerpt(((1, text),), column),
            help=help,
        )
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", found)
    assert len(found.splitlines()) == 8 + bool(help)
