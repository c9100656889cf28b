"""Addresses and ids as other programs read them."""

import json
import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.model import address
from reconciler.render.output import only, output_dotenv, output_json, output_text

IDS = {address.assistant("support"): "asst_1", address.assistant("returns-desk.eu"): "asst_22"}


def test_text_is_one_aligned_line_an_assistant():
    assert output_text(IDS) == (
        "assistant.support          asst_1\n"
        "assistant.returns-desk.eu  asst_22\n"
    )  # fmt: skip


def test_json_is_one_object():
    assert json.loads(output_json(IDS)) == {
        "assistant.support": "asst_1",
        "assistant.returns-desk.eu": "asst_22",
    }


def test_nothing_known_is_nothing_printed():
    assert (output_text({}), output_json({}), output_dotenv({})) == ("", "{}\n", "")


def sourced(text, folder):
    """What a shell knows after it has read a dotenv file, and what else it did."""
    file = folder / "ids.env"
    file.write_text(text)
    ended = subprocess.run(
        ["/bin/sh", "-c", "set -a; . ./ids.env; env -0"],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        timeout=10,
    )
    assert ended.stderr == b""
    assert os.listdir(folder) == ["ids.env"]  # noqa: PTH208 - names
    found = dict(pair.split("=", 1) for pair in ended.stdout.decode().split("\0") if "=" in pair)
    return {name: value for name, value in found.items() if name.startswith("ASSISTANT_")}


def test_a_shell_reads_dotenv(tmp_path):
    assert output_dotenv(IDS) == "ASSISTANT_SUPPORT_ID=asst_1\nASSISTANT_RETURNS_DESK_EU_ID=asst_22\n"
    assert sourced(output_dotenv(IDS), tmp_path) == {
        "ASSISTANT_SUPPORT_ID": "asst_1",
        "ASSISTANT_RETURNS_DESK_EU_ID": "asst_22",
    }


@pytest.mark.parametrize(
    "hostile",
    [
        "$(touch pwned)",
        "`touch pwned`",
        "a; touch pwned",
        "a b",
        "'",
        '"',
        "\\",
        "$HOME",
        "#",
        "",
        "~",
        "a=b",
        "!",
    ],
)
def test_a_hostile_id_is_only_a_value(hostile, tmp_path):
    text = output_dotenv({address.assistant("support"): hostile})
    assert sourced(text, tmp_path) == {"ASSISTANT_SUPPORT_ID": hostile}


@settings(max_examples=20)
@given(st.text(max_size=20))
def test_no_id_adds_a_line_to_any_format(hostile):
    ids = {address.assistant("support"): hostile}
    for written in (output_text(ids), output_dotenv(ids)):
        assert written.splitlines(keepends=True) == [written]
    assert json.loads(output_json(ids)) == {"assistant.support": hostile}


def test_two_assistants_of_one_variable_are_refused():
    ids = {address.assistant("a.b"): "asst_1", address.assistant("a-b"): "asst_2"}
    with pytest.raises(UsageError, match=r"both be \$ASSISTANT_A_B_ID; use --format json instead"):
        output_dotenv(ids)


def test_one_address_can_be_asked_for():
    assert only(IDS, "assistant.support") == {address.assistant("support"): "asst_1"}


def test_an_address_nobody_knows_is_refused_with_the_nearest_one():
    with pytest.raises(UsageError, match=r"'assistant\.suport'; did you mean `assistant\.support`\?"):
        only(IDS, "assistant.suport")
    with pytest.raises(UsageError, match="apply creates it; `output` alone lists what is known"):
        only({}, "assistant.support")
