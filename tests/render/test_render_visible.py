"""What cannot be seen, or could act, is spelt out; everything else is left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.characters import HIDDEN
from reconciler.render.visible import visible

SELECTORS = {"\ufe0e", "\ufe0f"}  # of which one alone may stay
ANY = st.text(st.characters())


@given(ANY)
def test_nothing_that_acts_or_hides_passes(text):
    shown = visible(text)
    assert not {one for one in shown if one in HIDDEN} - SELECTORS
    assert len(shown.splitlines()) <= 1


def test_every_character_there_is_passes_or_is_spelt_out():
    characters = [chr(code) for code in range(0x110000) if chr(code) != "|"]
    shown = visible("|".join(characters)).split("|")
    assert len(shown) == len(characters)
    passed = {one for one, text in zip(characters, shown, strict=True) if one == text}
    assert not {one for one in passed if one in HIDDEN} - SELECTORS
    assert all(text.isascii() and len(text) > 1 for text in set(shown) - passed)


@given(ANY)
def test_what_is_visible_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Übersicht 日本語 🚀 é", "Übersicht 日本語 🚀 é"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("line\nnext\r\n\ttab", "line\\nnext\\r\\n\\ttab"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b", "\\x9b"),
        ("a\u202eb", "a<U+202E>b"),
        ("a\u200bb", "a<U+200B>b"),
        ("a\u2028b", "a<U+2028>b"),
        ("\ufeffa", "<U+FEFF>a"),
        ("\U000e0041", "<U+E0041>"),
        ("\U000e0100", "<U+E0100>"),
        ("a\ufe0e\ufe0fb", "a<U+FE0E><U+FE0F>b"),
        ("a\ufe01", "a<U+FE01>"),
        ("\u3164", "<U+3164>"),
        ("\ue000", "<U+E000>"),
        ("\ud800", "<U+D800>"),
        ("soft\xadhyphen", "soft\\xadhyphen"),
        ("##[group]", "##\\x5bgroup]"),
        ("#[x] [y]", "#[x] [y]"),
    ],
)
def test_each_is_spelt_in_its_way(text, shown):
    assert visible(text) == shown
