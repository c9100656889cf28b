"""What is written as YAML is read back as the same values, whatever the values are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.source import Source
from reconciler.config.text import compose
from reconciler.config.writing import Commented, Flow, document, is_block

TRICKY = [
    "",
    " ",
    "no",
    "0o17",
    "1e3",
    "~",
    "null",
    "2026-01-01",
    "a: b",
    "- a",
    "# a",
    "a #b",
    "&a",
    "*a",
    "!a",
]


def uncommented(value):
    return value.value if isinstance(value, Commented) else value


STRINGS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.text(st.sampled_from("ab: #-|>{}[]'\"\\\n\t,&*!%@`?\u2028\x85\x00\u200b\U0001f600"), max_size=30),
    st.sampled_from(TRICKY),
)
KEYS = st.one_of(st.text("ab: #-|>{}[]'\"\\,&*!%@`?é", min_size=1, max_size=20), st.sampled_from(TRICKY[2:]))
VALUES = st.recursive(
    st.one_of(STRINGS, st.booleans(), st.none(), st.integers(-(10**9), 10**9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=4),
        st.dictionaries(KEYS, STRINGS, max_size=3).map(Flow),
        st.builds(
            Commented,
            inner.map(uncommented),
            st.text(st.characters(codec="ascii", categories=["L", "P"]), max_size=20),
        ),
    ),
    max_leaves=12,
)


def bare(value):
    """A value without what only says how it is written."""
    if isinstance(value, (Commented, Flow)):
        return bare(value.value)
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items()}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def read(text):
    return compose(Source("a.yaml", text)).plain()


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_every_value_is_read_back_as_it_was(value):
    assert read(document(value)) == bare(value)


@pytest.mark.parametrize("text", ["Be kind.\nBe brief.\n", "Be kind.\n\nBe brief.", "a: b\n# c\n  d"])
def test_lines_of_prose_are_a_block(text):
    assert is_block(text)
    assert read(document({"a": text, "b": 1})) == {"a": text, "b": 1}
    assert "\\n" not in document({"a": text})


@pytest.mark.parametrize("text", ["one line", "\n", " a\nb", "a \nb", "a\n\n", "a\u200b\nb", "a\x0bb\nc"])
def test_text_that_a_block_would_change_or_hide_is_quoted(text):
    assert not is_block(text)
    assert read(document({"a": text})) == {"a": text}


def test_a_document_looks_as_a_person_writes_it():
    value = {
        "project": "acme",
        "assistants": {
            "support": {
                "name": "Support (EU)",
                "model": "gpt-5.6",
                "instructions": {"file": "prompts/support.md"},
                "tools": [{"type": "retrieval"}],
                "files": ["docs/a.md", Commented(Flow({"id": "file-1"}), "cannot be read")],
                "metadata": {"team": "no"},
            }
        },
        "import": [Flow({"id": "asst_1", "to": "assistant.support"})],
    }
    assert document(value) == (
        "project: acme\n"
        "assistants:\n"
        "  support:\n"
        "    name: Support (EU)\n"
        "    model: gpt-5.6\n"
        "    instructions:\n"
        "      file: prompts/support.md\n"
        "    tools:\n"
        "      - type: retrieval\n"
        "    files:\n"
        "      - docs/a.md\n"
        "      # cannot be read\n"
        "      - {id: file-1}\n"
        "    metadata:\n"
        '      team: "no"\n'
        "import:\n"
        "  - {id: asst_1, to: assistant.support}\n"
    )
