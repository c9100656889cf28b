"""Again or not, and how long until then: the decision by itself."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

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
        ("60", 60),
        (in_seconds(20), 20),
        (in_seconds(60), 60),
        ("Fri Apr 12 10:00:20 2024", 20),
        ("Fri, 12 Apr 2024 10:00:20 -0000", 20),
        ("Fri, 12 Apr 2024 12:00:20 +0200", 20),
    ],
)
def test_a_server_may_ask_for_up_to_a_minute(hint, expected):
    assert wait(retry_after=hint) == expected


USELESS = ["0", "-10", "60.1", "61", "9" * 400, "1e400", "inf", "-inf", "nan", "NaN", "", " ", "soon"]
DATES = [
    in_seconds(0),
    in_seconds(-1),
    in_seconds(-86_400),
    in_seconds(61),
    "Zun, 29 Sep 2024 12:00:00 GMT",
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
        ("60000", 60),
        ("0.5", 0.0005),
        ("60001", 1),
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
HINTS = st.text() | st.floats().map(str) | st.integers().map(str) | st.lists(WORDS, max_size=8).map(" ".join)


@settings(deadline=None)
@given(seconds=HINTS, milliseconds=HINTS, asked=HINTS, attempt=st.integers(0, 9), chance=st.floats(0, 1))
@example(seconds="Mon, 1 Jan 1 00:00:00 +2359", milliseconds="", asked="", attempt=0, chance=0.5)
def test_no_header_makes_a_crash_or_a_wait_that_makes_no_sense(seconds, milliseconds, asked, attempt, chance):
    headers = {"retry_after": seconds, "retry_after_ms": milliseconds, "x_should_retry": asked}
    found = wait(attempt, times=10, chance=chance, **headers)
    assert found is not None
    assert 0 < found <= 60


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


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_server_may_forbid_another_try(status):
    assert wait(status=status, x_should_retry="false") is None
    assert wait(status=status, x_should_retry="false", retry_after="5") is None


@pytest.mark.parametrize("asked", ["", "True", "yes", "1", "maybe"])
def test_any_other_wish_is_not_understood(asked):
    assert wait(status=500, x_should_retry=asked) == 1
    assert wait(status=404, x_should_retry=asked) is None
