"""Keys are recognised by their form, how random they are and what is beside them; words pass."""

import random
import time
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.key_tricks import near
from reconciler.model.keys import keys, masked, named
from reconciler.model.randomness import are_words, is_placeholder, randomness

HERE = Path(__file__).parent / "keys"


def corpus(name):
    """Return texts between lines of %%; ¦ keeps scanners of repositories from finding the keys in them."""
    text = (HERE / name).read_text().removesuffix("\n")
    for written, meant in (("¦", ""), ("{200B}", "\u200b"), ("{AD}", "\u00ad")):
        text = text.replace(written, meant)
    return text.split("\n%%\n")


SECRETS, HARMLESS = corpus("secrets.txt"), corpus("harmless.txt")


def test_both_corpora_are_large():
    assert len(SECRETS) >= 60
    assert len(HARMLESS) >= 60


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_found_and_masked_in_a_text_of_the_same_length(text):
    found = keys(text)
    shown = masked(text, found)
    assert found
    assert len(shown) == len(text)
    assert all(text[key.start : key.end] != shown[key.start : key.end] for key in found)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_passes(text):
    assert keys(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Recommend the package sk-learn-contrib-imbalanced.",
        "https://shop.example/sk/sk-velke-stany-a-spacie-vaky",
        "docs/sk-obchodne-podmienky-2026.pdf",
        "xoxb-not-a-real-token-example",
    ],
)
def test_words_are_shown_as_they_are(text):
    assert masked(text) == text


def test_a_placeholder_with_the_form_of_a_key_is_masked_but_is_no_key():
    text = "ghp_" + "a1b1" * 9
    assert keys(text) == []
    assert masked(text) == "ghp" + "*" * (len(text) - 3)


def test_a_key_is_named_by_its_maker_its_beginning_and_its_length():
    text = "Use sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z."
    assert [named(text, key) for key in keys(text)] == ["an OpenAI key (sk-p…, 40 characters)"]


def test_nothing_of_a_password_is_shown():
    text = 'password = "Summer2024!"'
    assert [named(text, key) for key in keys(text)] == ["a password (11 characters)"]
    assert masked(text) == 'password = "***********"'


@pytest.mark.parametrize(
    "text",
    ["AKIAIOSFODNN7EXAMPLE", "your-api-key", "xxxxxxxxxxxxxxxx", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
)
def test_values_of_manuals_are_placeholders(text):
    assert is_placeholder(text) or randomness(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "correct-horse-battery-staple",
        "Rechtsschutzversicherungen",
        "S3CredentialProvider",
        "sandbox_environment_2026",
        "i18n-l10n-a11y",
    ],
)
def test_words_in_any_case_are_words(text):
    assert are_words(text)


@pytest.mark.parametrize(
    "letters", ["abcdefghijklmnopqrstuvwxyz0123456789", "0123456789abcdef", "ABCDEFGHIJabcdefghij0123456789"]
)
def test_random_letters_are_random(letters):
    drawn = random.Random(21)  # noqa: S311 - the same again
    found = [randomness("".join(drawn.choices(letters, k=32))) for _ in range(200)]
    assert sum(each < 10 for each in found) <= 1


HOSTILE = {
    "names": "key=aaaaaa1 ",
    "passwords": "password=hunter2x ",
    "keys": "sk-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z ",
    "tokens": "eyJhbGciOiJIUzI1NiJ9.",
    "addresses": "://a:b@",
    "cuts": "a\u200b",
    "base64": b64encode(random.Random(20).randbytes(700_000)).decode(),  # noqa: S311 - the same again
}


def seconds(text):
    begun = time.process_time()
    masked(text, keys(text))
    return time.process_time() - begun


@pytest.mark.no_cover  # which counts each line
@pytest.mark.timed
@pytest.mark.parametrize("name", HOSTILE)
def test_half_a_megabyte_is_read_in_no_more_than_its_share(name):
    one = HOSTILE[name]
    text = one * (500_000 // len(one) + 1)
    # What runs beside it counts too, so the least of three runs; each of another text, since one is cached.
    assert any(seconds(text[: 500_000 - number]) < 2 for number in range(3))


@given(st.lists(st.tuples(st.integers(0, 6_000), st.integers(1, 9)), max_size=6), st.integers(2_000, 6_010))
def test_what_is_near_a_cut_is_looked_at_and_nothing_else(cuts, length):
    spans = sorted((begin, min(begin + size, length)) for begin, size in cuts if begin < length)
    view = near("x" * length, spans)

    around = [range(max(0, begin - 1_000), min(length, end + 1_000)) for begin, end in spans]
    seen = (
        set() if view is None else {at for at, one in zip(view.starts, view.text, strict=True) if one == "x"}
    )
    assert seen == set().union(*around)
