"""A first look spares rules their searches, and no key is missed for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model.test_keys import HARMLESS, SECRETS

from reconciler.model.first_look import Long, Look
from reconciler.model.keys import keys, keys_seen

WORDS = [
    "password",
    "token",
    "key",
    "api_key",
    "session",
    "is",
    "the",
    "my",
    ":",
    "=",
    "->",
    "|",
    "/",
    ",",
    ";",
    "\n",
    "\n\n",
    "**",
    "'",
    '"',
    "`",
    "+",
    "login",
    "user",
    "access",
    "kind:",
    "Secret",
    "words",
    "phrase",
    "Basic",
    "Bearer",
    "basic",
    "-u",
    "--user",
    "--pass",
    "sshpass",
    "%73",
    "\\u006b",
    "\\n",
    "&amp;",
    "=",
    "12",
    "41",
    "6b",
    "0x41",
    "a1",
    "hunter22",
    "Ab3$xy9!k",
    "team-12",
    "v1.2.3",
    "2026-01-02",
    "XkJdkWpdjskWlQmz",
    "qwrtzxcvb-fghjklqw",
    "密码",
    "пароль",
    "für",
    "\u2013",
    "👋️",
    "db:5432:u:us:Pw123456",
    "admin:",
]


class Whole(Look):
    """A look that leaves everything to be searched."""

    spelt = values = near = property(lambda self: ((0, len(self.text)),))
    is_strange = may_have_groups = may_have_codes = may_have_pieces = True
    may_be_quoted = may_be_hexadecimal = True

    @property
    def long(self):
        return Long(self.text, [(0, len(self.text))])

    def has(self, *_):
        return True

    def is_before_value(self, *_):
        return True


@pytest.mark.parametrize("text", [*SECRETS, *HARMLESS])
def test_a_first_look_misses_no_key(text):
    assert keys(text) == keys_seen(Whole(text))


@given(st.lists(st.sampled_from([*WORDS, *SECRETS, *HARMLESS])), st.sampled_from(["", " ", "\n"]))
def test_a_first_look_misses_no_key_among_words(words, sign):
    text = sign.join(words)
    assert keys(text) == keys_seen(Whole(text))


@given(
    st.sampled_from(SECRETS),
    st.integers(0, 400),
    st.text("aZ9 \n\"'`+=-_/\\.:%&*|\u200b\u00e9\u5bc6", max_size=6),
)
def test_a_first_look_misses_no_key_that_was_changed(secret, at, change):
    text = f"{secret[:at]}{change}{secret[at:]}"
    assert keys(text) == keys_seen(Whole(text))
