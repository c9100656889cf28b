"""Warnings take few lines, whatever their number: one for each cause, counted."""

import pytest

from reconciler.model.diagnostic import Diagnostic, Origin
from reconciler.render.warnings import MOST, grouped, of_diagnostics


def warnings(number, code="AS508", message="the model m ends", file="a.yaml"):
    """Some warnings of one cause, on the lines from 2 on."""
    return [Diagnostic(code, message, Origin(file, line + 2, 5), is_warning=True) for line in range(number)]


def lines(*some, omitted=0):
    return grouped(of_diagnostics(some), omitted)


def test_a_warning_is_one_line_with_its_code_and_place():
    assert lines(*warnings(1)) == ("AS508 the model m ends (a.yaml:2:5)",)


def test_warnings_of_one_cause_are_one_line_with_their_number_and_first_place():
    assert lines(*warnings(40), *warnings(2, "AS503", "'TODO' is left")) == (
        "AS508 the model m ends: 40 times, first at a.yaml:2:5",
        "AS503 'TODO' is left: 2 times, first at a.yaml:2:5",
        "42 warnings in all; to see each of them, run: assistants-sync validate",
    )


def test_where_causes_are_too_many_those_of_one_code_share_a_line():
    some = [one for number in range(60) for one in warnings(1, "AS507", f"tool {number}")]

    assert lines(*warnings(1), *some) == (
        "AS508 the model m ends (a.yaml:2:5)",
        "AS507 tool 0: and 59 more like it, first at a.yaml:2:5",
        "61 warnings in all; to see each of them, run: assistants-sync validate",
    )


@pytest.mark.parametrize("codes", range(6, 12))
def test_no_number_of_codes_takes_more_than_eight_lines(codes):
    some = [one for code in range(codes) for one in warnings(2, f"AS{code}", f"{code}")]

    shown = lines(*some)

    assert len(shown) == min(MOST, codes + 1)
    assert shown[-1].startswith(f"{2 * codes} warnings in all")


def test_warnings_that_were_only_counted_are_counted_too():
    assert lines(*warnings(1), omitted=20)[-1].startswith("21 warnings in all")


def test_a_long_message_is_cut():
    (line,) = lines(*warnings(1, message="x" * 900))

    assert len(line) < 250
    assert line.endswith("… (a.yaml:2:5)")


def test_nothing_to_warn_of_is_no_line():
    assert lines() == ()
