"""One server has one name, and the digest of a plan covers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import Basis, Plan
from reconciler.model.target import canonical_target
from reconciler.model.weakening import Protection, Weakening

SPELLINGS = [
    "https://api.example/v1",
    "https://api.example/v1/",
    "https://API.Example/v1",
    "HTTPS://api.example/v1",
    "https://api.example:443/v1",
    "https://API.EXAMPLE:443/v1//",
]
OTHERS = [
    "http://api.example/v1",
    "https://api.example:8443/v1",
    "https://api.example/V1",
    "https://api.example/v1?tenant=2",
    "https://api.example./v1",
    "https://api.example:80/v1",
    "https://user@api.example/v1",
    "https://xn--api.example/v1",
    "the embedded server",
    "https://[::1/v1",
    "https://api.example:99999/v1",
]


def plan(target, account="", weakened=()):
    return Plan("acme", "-", Basis("l", 1, target, account=account), (), weakened=weakened)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_server_is_one_target(spelling):
    assert canonical_target(spelling) == "https://api.example/v1"
    assert plan(spelling).digest == plan(SPELLINGS[0]).digest


@pytest.mark.parametrize("other", OTHERS)
def test_another_server_is_another_target(other):
    assert canonical_target(other) != canonical_target(SPELLINGS[0])
    assert plan(other).digest != plan(SPELLINGS[0]).digest


def test_an_address_is_one_in_all_its_spellings():
    assert canonical_target("http://[0:0:0:0:0:0:0:1]:80/v1") == canonical_target("http://[::1]/v1")


@given(st.text())
def test_any_text_has_one_canonical_form(text):
    assert canonical_target(canonical_target(text)) == canonical_target(text)


def test_another_account_is_another_digest():
    assert plan("t", "org-a").digest != plan("t", "org-b").digest


def test_a_weakened_protection_is_part_of_the_digest():
    weakened = (Weakening(Protection.PREVENT_DESTROY, "assistant.a"),)
    assert plan("t", weakened=weakened).digest != plan("t").digest
