"""The writes of a request: its head leaves with the first part of its body."""

import pytest

from reconciler.api.interim import Held


@pytest.mark.parametrize(
    ("pieces", "written"),
    [
        ([b"head", b""], [b"head"]),
        ([b"head", b"body", b""], [b"headbody", b""]),
        ([b"head", b"first", b"second", b""], [b"headfirst", b"second", b""]),
        ([b"head", b"x" * 65_536, b""], [b"head", b"x" * 65_536, b""]),
    ],
)
def test_the_head_of_each_request_leaves_with_what_follows_it(pieces, written):
    held = Held()
    for _ in range(2):
        assert [one for piece in pieces for one in held.due(piece)] == written
        held.expect()


def test_a_head_that_nothing_follows_is_left_to_be_written_before_the_answer_is_read():
    held = Held()
    assert held.due(b"head") == ()
    assert held.expect() == b"head"
    assert held.expect() == b""
