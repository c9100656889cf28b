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
