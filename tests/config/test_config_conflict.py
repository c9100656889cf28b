"""Conflict markers that a merge left: found in prompts and files, however the bytes are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.conflict import ConflictMarkers, conflict

LEFT = "Be kind.\n<<<<<<< HEAD\nour side\n=======\ntheir side\n>>>>>>> branch\n"


def found(*pieces):
    markers = ConflictMarkers()
    for piece in pieces:
        markers.feed(piece)
    return markers.are_found


@given(st.lists(st.integers(0, len(LEFT)), max_size=8).map(sorted))
def test_the_pieces_of_a_file_do_not_matter(cuts):
    text = LEFT.encode()
    assert found(*(text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)))


def test_a_conflict_behind_an_example_is_found():
    assert found(f"```\n{LEFT}```\n{LEFT}".encode())
    assert found(LEFT.replace("\n", "\r\n").encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<< our own words\n",
        LEFT.replace(">>>>>>> ", ">>>>>> ").replace("HEAD", "our own side"),
        ">>>>>>> When do you come?\n>>>>>> Soon.\n>>>>>>> branch\n",
        "Title\n=======\n",
        f"As git shows it:\n```\n{LEFT}```\n",
        f"~~~text\n{LEFT}~~~\nTitle\n=======\n",
        f"```\n~~~\n{LEFT}```\n",
    ],
)
def test_a_text_with_a_part_of_them_has_no_conflict(text):
    assert conflict(text) is None
    assert not found(text.encode())


GIT = LEFT.replace("branch", "3f2a1bc (fix price)")


@pytest.mark.parametrize(
    "text",
    [
        LEFT.replace("our side", "```\nour side").replace("their side", "```py\ntheir side"),
        f"```\n{LEFT}",
        f"Example:\n```\na\n```\n~~~\n{LEFT}",
        f"```\n{GIT}```\n",
        f"{LEFT}```\na\n```\n",
        f"```\n{LEFT.replace('our side', '```')}",
        f"`````\n````\n`````\n{LEFT}`````\na\n`````\n",
        f"```not a fence```\n{LEFT}```\n",
    ],
    ids=[
        "a fence within a side",
        "a fence without an end",
        "another example before",
        "a commit in an example",
        "an example behind",
        "an example that ends within a side",
        "a short fence in an example",
        "code within a line",
    ],
)
def test_fences_do_not_hide_a_conflict(text):
    assert conflict(text) is not None
    assert found(text.encode())
    assert found(*(text.encode()[at : at + 1] for at in range(len(text.encode()))))


@pytest.mark.parametrize(
    "text",
    [
        f"````md\n```\n{LEFT}```\n````\n",
        f"````\n```\n````\nA line.\n````\n{LEFT}````\n",
        f"   ```\n{LEFT}   ```\n",
        f"1. ```\n{LEFT}   ```\n",
        f"- As git shows it:\n\n    ```text\n{LEFT}    ```\n",
        f"It begins so:\n```\n<<<<<<< HEAD\n```\nand ends so:\n```\n>>>>>>> main\n```\n{'Ä' * 300}",
    ],
)
def test_an_example_is_one_however_its_fence_is_written(text):
    assert conflict(text) is None
    assert not found(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        LEFT.replace("HEAD", "SEARCH").replace("branch", "REPLACE"),
        LEFT.replace("HEAD", "ORIGINAL").replace("branch", "UPDATED").replace("\n", "\r\n"),
        "Title\n=======\n>>>>>>> Hello\n",
        ">>>>>>> Soon.\n",
        ">>>>>>> defaced\n",
    ],
)
def test_an_edit_of_a_coding_prompt_and_a_quoted_mail_are_no_conflict(text):
    assert conflict(text) is None
    assert not found(text.encode())


@pytest.mark.parametrize(
    "side", ["HEAD", "theirs", "main", "fix/price", "v1.2-rc", "3f2a1bc", "3f2a1bc (fix)"]
)
def test_the_last_marker_alone_is_found_by_the_name_of_a_side(side):
    assert conflict(f"Be brief.\n>>>>>>> {side}\n") == 10
    assert conflict(f"```\na\n```\nÄ.\n>>>>>>> {side}\n") == 13
    assert conflict(f"```\n>>>>>>> {side}\n```\n") is None


def test_the_first_marker_is_pointed_at():
    assert conflict(LEFT) == LEFT.index("<<<")
    assert conflict(LEFT.replace("\n", "\r\n")) == LEFT.index("<<<") + 1
    assert conflict(LEFT.removeprefix("Be kind.\n")) == 0


def test_a_file_with_them_is_refused_and_not_sent(workspace, refused):
    workspace.write("handbook.md", LEFT)
    workspace.configure("project: acme\nassistants: {a: {model: m, files: [handbook.md]}}\n")
    message = "cannot read the file: a merge left its conflict markers in handbook.md"
    assert refused() == [f"assistants.yaml:2:36: {message}"]


@pytest.mark.parametrize(
    "text",
    [
        LEFT.replace("=======\n", "||||||| base\nBe\n=======\n"),
        "<<<<<<< conflict 1 of 1\n%%%%%%% from base\n-a\n+b\n+++++++ side 2\nc\n>>>>>>> conflict 1 ends\n",
        f"\ufeff{LEFT.removeprefix('Be kind.' + chr(10))}",
        "<<<<<<< HEAD\nBe brief.\n",
        "Be brief.\n>>>>>>> tone-guide\n",
        "Be brief.\n=======\nBe thorough.\n>>>>>>> 8c1f0ab (tone guide)\n",
    ],
    ids=[
        "three sides",
        "another tool",
        "a byte order mark",
        "the first alone",
        "the last alone",
        "without the first",
    ],
)
def test_what_is_left_of_a_conflict_is_found(text):
    assert conflict(text) is not None


@pytest.mark.parametrize(
    "field",
    [
        "name: {}",
        "metadata: {{k: {}}}",
        "tools: [{{type: function, function: {{name: f, description: {}}}}}]",
    ],
)
def test_a_conflict_is_found_in_every_text(refused, workspace, field):
    declared = field.format('"<<<<<<< HEAD\\na\\n=======\\nb\\n>>>>>>> main"')
    workspace.configure(f"project: acme\nassistants: {{a: {{model: m, {declared}}}}}\n")
    assert any("a merge left its conflict markers here" in one for one in refused())
