"""Coroutines that commands wait for."""

import pytest

from reconciler.cli.event_loop import result_of


class Large:
    """A value whose repr would take long."""

    def __repr__(self):
        raise AssertionError("its repr was asked for")


def test_what_a_coroutine_returns_is_never_written_out():
    made = Large()

    async def work():
        return made

    assert result_of(work()) is made


def test_an_error_of_a_coroutine_comes_out_as_it_is():
    async def work():
        raise KeyError("x")

    with pytest.raises(KeyError):
        result_of(work())
