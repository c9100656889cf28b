"""Again or not, and how long until then: the decision by itself."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import cycle, islice

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.api.retry import Failure, Retry

NOW = datetime(2024, 4, 12, 10, 0, tzinfo=UTC)


def wait(attempt=0, *, times=3, repeatable=True, chance=0.0, **failed):
    facts = {name: failed.pop(name) for name in ("sent", "status") if name in failed}
    headers = {name.replace("_", "-"): value for name, value in failed.items()}
    failure = Failure(**{"status": 500} | facts, headers=headers, now=NOW.timestamp())
    return Retry(times).delay(attempt, failure, repeatable=repeatable, chance=chance)


def excess(**said):
    headers = {name.replace("_", "-"): value for name, value in said.items()}
    return Retry().excess(Failure(status=500, headers=headers, now=NOW.timestamp()), 0.0)


def in_seconds(seconds):
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(("attempt", "longest"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 8), (50, 8), (5000, 8)])
def test_the_wait_doubles_up_to_eight_seconds(attempt, longest):
    assert wait(attempt, times=10_000) == longest
    assert wait(attempt, times=10_000, chance=1.0) == 0.75 * longest
    assert wait(attempt, times=10_000, chance=0.4) == pytest.approx(0.9 * longest)


@pytest.mark.parametrize("times", [0, 1, 2, 5])
def test_there_are_so_many_repetitions_and_no_more(times):
    assert [wait(attempt, times=times) is None for attempt in range(times + 2)] == [False] * times + [
        True
    ] * 2


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        ("20", 20),
        ("0.5", 0.5),
        ("0.05", 0.1),
        ("120", 120),
        (in_seconds(20), 20),
        (in_seconds(120), 120),
        ("Fri Apr 12 10:00:20 2024", 20),
        ("Fri, 12 Apr 2024 10:00:20 -0000", 20),
        ("Fri, 12 Apr 2024 12:00:20 +0200", 20),
    ],
)
def test_a_server_may_ask_for_up_to_two_minutes_and_is_never_asked_in_a_busy_loop(hint, expected):
    assert wait(retry_after=hint) == expected


USELESS = ["0", "-10", "9" * 400, "1e400", "inf", "-inf", "nan", "NaN", "", " ", "soon"]
DATES = [
    in_seconds(0),
    in_seconds(-1),
    in_seconds(-86_400),
    "Fri, 99 Apr 2024 10:00:20 GMT",
    "Fri, 12 Apr 0 10:00:20 GMT",
    "Fri, 12 Apr 99999999 10:00:20 GMT",
    "Fri, 12 Apr 2024 10:00:20 +99999999",
]


@pytest.mark.parametrize(("attempt", "own"), [(0, 1), (1, 2), (2, 4)])
@pytest.mark.parametrize("hint", USELESS + DATES)
def test_a_hint_that_makes_no_sense_is_as_good_as_none(hint, attempt, own):
    assert wait(attempt, retry_after=hint) == own


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        ("1500", 1.5),
        ("120000", 120),
        ("0.5", 0.1),
        ("120001", None),
        ("0", 1),
        ("-5", 1),
        ("nan", 1),
        ("inf", 1),
    ],
)
def test_a_hint_in_milliseconds_comes_before_one_in_seconds(milliseconds, expected):
    assert wait(retry_after_ms=milliseconds, retry_after="20") == expected


@pytest.mark.parametrize("milliseconds", ["", "soon", "1,5"])
def test_milliseconds_that_are_no_number_leave_the_seconds_to_speak(milliseconds):
    assert wait(retry_after_ms=milliseconds, retry_after="20") == 20


WORDS = st.sampled_from(
    ["Mon,", "29", "Feb", "2023", "99999", "10:00:00", "1:2", "GMT", "+9999", "-0000", "."]
)
HTTP_DATES = st.integers(-(10**9), 10**9).map(in_seconds)
NUMBERS = st.floats().map(str) | st.floats(0, 200).map(str) | st.integers().map(str)
HINTS = st.text() | NUMBERS | HTTP_DATES | st.lists(WORDS, max_size=8).map(" ".join)
ABSURD = st.sampled_from(["0", "-1", "1e9", "1e308", "1e309", "NaN", "inf", "-inf", "-0", "1_0", "٣"])
HEADERS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("retry_after", "retry_after_ms", "x_should_retry", "date"), HINTS | ABSURD),
)


@settings(deadline=None)
@given(headers=HEADERS, attempt=st.integers(0, 9), chance=st.floats(0, 1))
@example(headers={"retry_after": "Mon, 1 Jan 1 00:00:00 +2359"}, attempt=0, chance=0.5)
def test_no_header_makes_a_crash_or_a_wait_that_makes_no_sense(headers, attempt, chance):
    found = wait(attempt, times=10, chance=chance, **headers)
    if found is None:
        assert headers.get("x_should_retry") == "false" or excess(**headers)
    else:
        assert 0.1 <= found <= 120
        assert excess(**headers) == ""


@settings(deadline=None)
@given(answers=st.lists(HEADERS, min_size=1, max_size=4))
def test_whatever_a_server_keeps_saying_the_waits_of_a_call_fit_its_budget(answers):
    clock, waits = NOW.timestamp(), []
    for attempt, headers in enumerate(islice(cycle(answers), 400)):
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        failure = Failure(status=429, headers=said, now=clock)
        found = Retry(400).delay(attempt, failure, repeatable=False, chance=0.5, waited=sum(waits))
        if found is None:
            break
        waits.append(found)
        clock += found
    assert all(0.1 <= one <= 120 for one in waits)
    assert sum(waits) <= 300


@pytest.mark.parametrize("hint", ["120.1", "1e9", in_seconds(121), "Zun, 29 Sep 2024 12:00:00 GMT"])
def test_a_wait_that_is_too_long_is_none_and_told(hint):
    assert wait(retry_after=hint) is None
    assert excess(retry_after=hint).startswith("; the server asks to wait 1")
    assert excess(retry_after=hint).endswith("a call waits 120 s at once and 300 s in all at most")


def test_a_wait_that_the_call_has_no_time_left_for_is_none_and_told():
    failure = Failure(status=429, headers={"retry-after": "100"})
    retry, rest = Retry(9), {"repeatable": True, "chance": 0.0}
    assert retry.delay(2, failure, waited=200.0, **rest) == 100
    assert retry.delay(3, failure, waited=200.5, **rest) is None
    assert retry.excess(failure, 200.0) == ""
    assert "asks to wait 100 s" in retry.excess(failure, 200.5)
    assert retry.delay(3, Failure(status=500), waited=299.5, **rest) is None


@pytest.mark.parametrize("skew", [-86_400, -30, 0, 30, 86_400])
def test_a_date_is_measured_by_the_clock_of_the_server_that_says_it(skew):
    assert wait(retry_after=in_seconds(skew + 20), date=in_seconds(skew)) == 20


@pytest.mark.parametrize("date", ["", "soon", "Fri, 99 Apr 2024 10:00:20 GMT"])
def test_without_that_clock_ours_must_do(date):
    assert wait(retry_after=in_seconds(20), date=date) == 20


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of the process cannot be set")
def test_a_date_without_a_zone_is_in_gmt_wherever_we_are(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert wait(retry_after="Fri Apr 12 10:00:20 2024") == 20
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503, 504, 529, 599])
def test_what_may_end_differently_is_tried_again(status):
    assert wait(status=status) == 1


@pytest.mark.parametrize("status", [300, 307, 400, 401, 403, 404, 410, 418, 422, 499])
def test_what_would_end_the_same_is_not(status):
    assert wait(status=status) is None


@pytest.mark.parametrize("status", [None, 400, 404, 408, 409, 500, 503])
def test_what_may_have_happened_already_is_not_made_to_happen_twice(status):
    assert wait(status=status, repeatable=False) is None


def test_what_certainly_did_not_happen_may_be_tried_again():
    assert wait(status=429, repeatable=False) == 1
    assert wait(status=None, sent=False, repeatable=False) == 1


@pytest.mark.parametrize("status", [400, 404, 500])
def test_the_server_may_ask_for_another_try(status):
    assert wait(status=status, x_should_retry="true") == 1
    assert wait(3, status=status, x_should_retry="true") is None


@pytest.mark.parametrize(("status", "again"), [(400, 1), (404, 1), (500, None)])
def test_what_must_not_be_done_twice_is_tried_again_only_where_nothing_happened(status, again):
    assert wait(status=status, x_should_retry="true", repeatable=False) == again


def test_a_refusal_that_says_when_to_come_back_is_no_last_word():
    assert wait(status=403, retry_after="7", repeatable=False) == 7
    assert wait(status=403, retry_after="soon") is None
    assert wait(status=403) is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_server_may_forbid_another_try(status):
    assert wait(status=status, x_should_retry="false") is None
    assert wait(status=status, x_should_retry="false", retry_after="5") is None


@pytest.mark.parametrize("asked", ["", "True", "yes", "1", "maybe"])
def test_any_other_wish_is_not_understood(asked):
    assert wait(status=500, x_should_retry=asked) == 1
    assert wait(status=404, x_should_retry=asked) is None


def test_a_patient_client_asks_a_busy_server_until_its_budget_is_spent():
    retry, waited, attempts = Retry(0, patient=True), 0.0, 0
    busy = Failure(status=429)
    while (wait := retry.delay(attempts, busy, repeatable=False, chance=0.0, waited=waited)) is not None:
        waited, attempts = waited + wait, attempts + 1

    assert attempts > 30
    assert 290 < waited <= retry.budget


@pytest.mark.parametrize("status", [408, 409, 500, 503, None])
def test_patience_is_for_busy_servers_alone(status):
    assert Retry(0, patient=True).delay(0, Failure(status=status), repeatable=True, chance=0.0) is None
