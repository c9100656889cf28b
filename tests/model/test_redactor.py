"""Secrets are hidden in every known form, and nothing else is."""

import base64
import html
import itertools
import json
import random
import shlex
import time
import urllib.parse

import pytest
from budgets.bar import SECONDS, SHARED

from reconciler.model.keys import masked
from reconciler.model.redactor import NOTHING, Redactor

SECRETS = [
    "0123456789abcdefCANARY",
    "sk-proj-AbC_dEf-0123456789xyz",
    "p4ss/w@rd:with+signs&more=1%41",
    "pässwörter-und-mehr",
]


def percent(text):
    return "".join(f"%{octet:02X}" for octet in text.encode())


def some_percent(text):
    return "".join(percent(one) if index % 2 else one for index, one in enumerate(text))


def lines_of(text, width=7):
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


FORMS = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "swapped case": str.swapcase,
    "reversed": lambda s: s[::-1],
    **{
        f"base64 at offset {n}": lambda s, n=n: base64.b64encode(b"xyz"[:n] + s.encode() + b"!").decode()
        for n in range(3)
    },
    **{
        f"base64 for URLs at offset {n}": lambda s, n=n: base64.urlsafe_b64encode(
            b"xyz"[:n] + s.encode()
        ).decode()
        for n in range(3)
    },
    "base64 without padding": lambda s: base64.b64encode(s.encode()).decode().rstrip("="),
    "base64 over lines": lambda s: lines_of(base64.b64encode(s.encode()).decode()),
    "base64 of the upper case": lambda s: base64.b64encode(s.upper().encode()).decode(),
    "hex": lambda s: s.encode().hex(),
    "upper hex": lambda s: s.encode().hex().upper(),
    "percent": percent,
    "some percent": some_percent,
    "quoted": lambda s: urllib.parse.quote(s, safe=""),
    "quoted twice": lambda s: urllib.parse.quote(urllib.parse.quote(s, safe=""), safe=""),
    "JSON": json.dumps,
    "JSON in JSON": lambda s: json.dumps(json.dumps(s)),
    "JSON escapes": lambda s: "".join(f"\\u{ord(one):04x}" for one in s),
    "HTML": html.escape,
    "HTML numbers": lambda s: "".join(f"&#{ord(one)};" for one in s),
    "HTML hexadecimal": lambda s: "".join(f"&#x{ord(one):X};" for one in s),
    "JSON in HTML": lambda s: html.escape(json.dumps(json.dumps(s))),
    "shell": shlex.quote,
    "Python": repr,
    "over lines": lines_of,
    "over lines, in JSON": lambda s: json.dumps(lines_of(s)),
    "with blanks": " ".join,
    "in two colours": lambda s: f"{s[:9]}\x1b[0m\x1b[31m{s[9:]}",
    "its beginning": lambda s: s[:16],
    "its end": lambda s: s[-16:],
    "its middle": lambda s: s[2:18],
    "a part in base64": lambda s: base64.b64encode(s[1:18].encode()).decode(),
}


def each(pattern):
    """Return a form in which every octet is written by a pattern."""
    return lambda s: "".join(pattern.format(octet) for octet in s.encode())


def between(separator):
    return lambda s: separator.join(f"{octet:02x}" for octet in s.encode())


UNUSUAL = {
    "HTML without semicolons": each("&#{}"),
    "HTML with zeros": each("&#{:09};"),
    "HTML hexadecimal with zeros": each("&#x{:08x};"),
    "octal": each("\\{:o}"),
    "octal of three digits": each("\\{:03o}"),
    "octal of four digits": each("\\{:04o}"),
    "long escapes of four digits": each("\\U{:04X}"),
    "escapes in braces": each("\\u{{{:x}}}"),
    "hexadecimal with colons": between(":"),
    "hexadecimal with blanks": between(" "),
    "hexadecimal as in C": lambda s: ", ".join(f"0x{octet:02x}" for octet in s.encode()),
}
FORMS |= UNUSUAL
ROUNDS = {
    name: FORMS[name]
    for name in ("base64 without padding", "hex", "percent", "JSON escapes", "HTML numbers", "octal")
} | {"hexadecimal with colons": between(":")}


@pytest.mark.parametrize("names", [*itertools.product(ROUNDS, repeat=3)], ids=", ".join)
def test_a_secret_is_hidden_in_three_encodings_around_each_other(names):
    text = "p4ss/w@rd:with+signs&more=1%41"
    for name in names:
        text = ROUNDS[name](text)
        shown = REDACTOR.redacted(f"begin [{text}] end")
        assert "***" in shown
        assert len(shown) <= len("begin [***] end") + 4


REDACTOR = Redactor.of("p4ss/w@rd:with+signs&more=1%41")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_hidden_in_every_form(secret, form):
    shown = Redactor.of(secret).redacted(f"begin [{FORMS[form](secret)}] end")

    assert "***" in shown
    assert shown.startswith("begin [")
    assert shown.endswith(" end")
    assert (
        len(shown) <= len("begin [***] end") + 30
    )  # quotes, and letters of base64 that depend on both sides


@pytest.mark.parametrize("secret", SECRETS)
def test_a_text_without_the_secret_is_the_same_byte_for_byte(secret):
    for text in ("", secret[:9], "%41\\u0041&#65;\x1b[31m\\", "ünï\u200b\r\n\t", "https://a:b@c/d?e=f"):
        assert Redactor.of(secret).redacted(text) is text


def test_json_stays_json_around_a_secret():
    awkward = 'n"ew\\line\\and&more 0123456789'
    for before, after in itertools.product(["", "\n", "\\", '"', "\\n"], repeat=2):
        text = json.dumps({"a": [f"{before}{awkward}{after}", 1], "b": None})
        shown = Redactor.of(awkward).redacted(text)
        assert "0123456789" not in shown
        assert json.loads(shown)["b"] is None


TEXT = """
You are a kind assistant of the support team . Answer the question in the language of the customer . Never
ask for a password or a secret token ; use `sk-test` in examples , and https://example.com/reset?step=1 .
Say "I do not know" if the handbook has no answer . api-key : see the key management page . Translate
authentication errors into plain words . {"type": "object", "properties": {"password": {"type": "string"}}}
internationalisation matters ; secret-token rotation too . Basic authorization is not supported . 100% sure &
tested \\n \\u00e9 &amp; done
"""
KEYS = [
    "sk-test",
    "password",
    "secret-token-for-tests",
    "key",
    "token",
    "Answer every question that a customer may have about the handbook",
    "the quick brown fox jumps over the lazy dog",
    "0000000000000000",
    "--------------------",
    "sk-proj-AbC_dEf-0123456789xyz",
]


def prompts():
    chance = random.Random(20)  # noqa: S311 - prompts that come again
    for _ in range(200):
        yield " ".join(chance.choices(TEXT.split(), k=chance.randint(5, 120)))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("secret", [*SECRETS, "hunter2-x"])
def test_one_look_at_many_texts_finds_what_is_hidden_in_one_of_them(secret, form):
    redactor, others = Redactor.of(secret), ["Be kind.", "a\\", "%4", "&#1", "c2VjcmV0IHdvcmRzIGFyZQ", "ab12"]
    for text in (form(secret), f"before {form(secret)} after", f"x={form(secret)}"):
        if redactor.hidden(text) != text:
            assert redactor.may_hide_in([*others, text, *others])
    assert not redactor.may_hide_in(others)


def test_no_word_of_a_prompt_is_hidden():
    redactor = Redactor.of(*KEYS)
    for prompt in prompts():
        assert redactor.redacted(prompt) is prompt
        assert redactor.hidden({"instructions": prompt}) == {"instructions": prompt}
        assert not redactor.leaks(prompt)
        assert redactor.redacted(json.dumps(prompt)) == json.dumps(prompt)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Use sk-test here.", "Use sk-test here."),
        ("X-Api-Key: sk-test", "X-Api-Key: ***"),
        ('{"authorization": "Bearer sk-test"}', '{"authorization": "Bearer ***"}'),
        ("postgresql://h/d?password=sk-test", "postgresql://h/d?password=***"),
        ("host=h password=sk-test dbname=d", "host=h password=*** dbname=d"),
        ("http://me:sk-test@proxy:3128", "http://me:***@proxy:3128"),
        ("https://example.com/password", "https://example.com/password"),
        ("https://example.com/h4nter2", "https://example.com/***"),
        ("sk-tests and sk-test-2: api-key: sk-test-2", "sk-tests and sk-test-2: api-key: sk-test-2"),
    ],
)
def test_a_short_secret_is_hidden_in_urls_headers_and_connection_strings_only(text, shown):
    assert Redactor.of("sk-test", "password", "h4nter2").redacted(text) == shown


@pytest.mark.parametrize(
    "form", ["as it is", "upper case", "reversed", "base64 without padding", "hex", "percent"]
)
def test_a_short_secret_is_hidden_where_it_is_the_whole_of_a_value(form):
    redactor, value = Redactor.of("hunter2"), FORMS[form]("hunter2")

    assert redactor.hidden({"a": [value, "is hunter2"], "n": 7}) == {"a": ["***", "is hunter2"], "n": 7}
    assert not redactor.hides(value)


def test_a_number_that_is_a_secret_is_hidden_too():
    assert Redactor.of("1234567890123").hidden([1234567890123, 12, True, None]) == ["***", 12, True, None]


def test_nothing_shows_the_secrets_of_a_redactor():
    assert "CANARY" not in repr(Redactor.of(*SECRETS))
    assert NOTHING.hidden({"a": "b"}) == {"a": "b"}


PEM = """-----BEGIN {0}PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED

MIICANARYlinelinelineline
CANARYlast==
-----END {0}PRIVATE KEY-----"""


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize(
    "written", [str, json.dumps, lambda s: json.dumps(json.dumps(s)), lambda s: s.replace("\n", "\r\n")]
)
def test_a_private_key_is_masked_to_its_end_or_to_that_of_the_text(kind, cut, written):
    block = PEM.format(kind)
    text = written(f"key: {block[: block.rfind('-----END')] if cut else block}")

    shown = masked(text)
    assert "CANARY" not in shown
    assert len(shown) == len(text)
    assert shown.count("\n") == text.count("\n")
    assert "CANARY" not in Redactor.of("x").redacted(f"{text}\nand more text here")
    assert Redactor.of("x").redacted(f"{text}\nand more text here").endswith("and more text here")


@pytest.mark.parametrize(
    "after", [".", " is what you never repeat.", "\nis how a key begins.", "`, of course"]
)
def test_a_sentence_about_private_keys_is_shown(after):
    text = f"A key that begins with -----BEGIN PRIVATE KEY-----{after}\n\nBe kind."

    assert masked(text).endswith(text.partition("PRIVATE KEY-----")[2])
    assert Redactor.of("x").redacted(text) == text


HOSTILE = {
    "percent signs": "%41",
    "escapes": "\\u0041",
    "backslashes": "\\\\",
    "entities": "&amp;",
    "the secret": "0123456789abcdefCANARY ",
    "the secret in percent": percent("0123456789abcdefCANARY"),
    "parts that are too short": "0123456789abcde ",
    "a short secret": "sk-test ",
    "URLs": "https://sk-test/",
    "headers": "api-key: ",
    "colours": "\x1b[31m",
    "keys": "-----BEGIN PRIVATE KEY-----\n",
    "lines of a key": "-----BEGIN PRIVATE KEY-----\nAAAA\n",
    "letters": "é",
    "letters of base64": "A",
    "hexadecimal": "5a",
    "numbers": "0x5a, ",
    "words of base64": "QUJDREVGR0hJSktMTU5P ",
    "base64 of base64": base64.b64encode(base64.b64encode(b"0123456789abcdefCANARY") * 99).decode() + " ",
    "base64 that differs": random.Random(20).randbytes(700_000),  # noqa: S311 - the same again
}


@pytest.mark.no_cover  # which counts each line
@pytest.mark.timed
@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_stays_below_the_bar(name):
    one = HOSTILE[name]
    one = base64.b64encode(one).decode() if isinstance(one, bytes) else one
    text = one * (1_000_000 // len(one.encode()))
    redactor = Redactor.of(*SECRETS, "sk-test")

    begun = time.process_time()
    redactor.hidden({"a": text})
    masked(text)
    assert time.process_time() - begun < SECONDS * SHARED


def test_a_text_may_end_in_a_part_of_a_secret_that_is_itself_one():
    sentence = Redactor.of("river staple staple battery correct")
    both = Redactor.of("acme-dev-key1-and-more-of-it", "acme-dev-key1")

    assert "battery" not in sentence.hidden("zrive\nr st\naple\n sta\nple \nbatt\nery \ncorr\nect")
    assert both.hidden("it says acme-dev-key1").startswith("it says ")
    assert "key1" not in both.hidden("it says acme-dev-key1")
