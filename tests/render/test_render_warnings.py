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
        "AS507 60 warnings, such as: tool 0 (a.yaml:2:5)",
        "61 warnings in all; to see each of them, run: assistants-sync validate",
    )


def test_different_warnings_of_one_code_fit_into_a_line_that_promises_none_the_remedy_of_the_first():
    text = "the model gpt-{}: its maker announced 2026-10-23 as its last day; use gpt-6-luna"
    some = [one for number in range(20) for one in warnings(1, message=text.format(number))]

    (first, _) = lines(*some)

    assert first.startswith("AS508 20 warnings, such as: the model gpt-0: its maker announced")
    assert first.endswith("… (a.yaml:2:5)")
    assert len(first) <= 91
    assert "use gpt-6-luna" not in first


def test_the_example_of_different_warnings_is_legible_beside_a_long_place():
    some = [one for number in range(20) for one in warnings(1, message=f"{number:02}" * 20, file="f" * 120)]

    assert lines(*some)[0].startswith("AS508 20 warnings, such as: 000000000000000000000000000000… (fff")


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
