"""A text is quiet if neither it nor a value in it has a fault; each fault is found in a text that is not."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.lint import VARIABLE
from reconciler.config.text_faults import is_quiet, searched

WORDS = [
    *(
        "Ask",
        "the customer.",
        "TODO:",
        "todo",
        "TBD",
        "XXX",
        "[INSERT NAME]",
        "[AT, DE]",
        "<your-team>",
        "Lorem ipsum",
    ),
    *(
        "[object Object]",
        "[name goes here]",
        "[Your Name]",
        "... the rest of",
        "\u2026 (rest of it)",
        "is unchanged",
    ),
    *(
        "\u00c0 COMPL\u00c9TER]",
        "[\u0412\u0421\u0422\u0410\u0412\u0418\u0422\u042c",
        "\u586b\u5199]",
        "<",
        "[",
        "]",
    ),
    *(
        "<<<<<<< HEAD",
        "=======",
        ">>>>>>> main",
        "ENC[AES256_GCM,data:abc",
        "&#x202e;",
        "\r",
        "\r\n",
        "\n",
        "\n\n",
    ),
    *(
        " " * 210,
        "\n" * 110,
        "\u2003" * 9,
        "\u2009" * 9,
        "e" + "\u0301" * 9,
        "${var.name}",
        "it's",
        "\u4f60\u597d",
    ),
]
TEXTS = st.builds(
    lambda words, sign: sign.join(words), st.lists(st.sampled_from(WORDS)), st.sampled_from(["", " "])
)


def has_fault(text):
    """Whether a text that is no prompt has a fault, by a search for each."""
    return any(searched(text)) or VARIABLE.search(text) is not None


@pytest.mark.parametrize("word", WORDS)
def test_what_has_a_fault_is_not_quiet(word):
    assert not (is_quiet(word) and has_fault(word))


@given(TEXTS)
def test_a_quiet_text_has_no_fault(text):
    assert not (is_quiet(text) and has_fault(text))


@given(TEXTS, st.sampled_from(["'", ">", "|", ">+", "|-"]))
def test_no_value_of_a_quiet_file_has_a_fault(text, style):
    written = yaml.safe_dump({"a": text}, default_style=style, allow_unicode=True, width=20)
    if is_quiet(written) and "\\" not in written:
        assert not has_fault(yaml.safe_load(written)["a"])
