"""A dialect that the product does not know by name is exported by the shapes of its fields."""

import os

import pytest

BOT = """\
project: acme
dialect: toy
assistants:
  support:
    greeting: "Hi.\\nWho is there?\\nA friend?\\nOr not?\\n"
    heat: 0
    loud: false
    pace: fast
    dials: {bass: 0, treble: [1.5, "no", null, {a: b}]}
    skills:
      - {label: sing, level: 0}
      - {label: dance}
    stickers: {team: red, "no": "yes"}
"""


@pytest.fixture
def site(zoo):
    """A server with one bot, made by another project."""
    zoo.workspace.configure(BOT)
    zoo.apply()
    return zoo


def test_every_field_is_exported_and_read_back(site):
    ended = site.run("export", "--all", "--dialect", "toy", "--server", site.url)

    assert (ended.code, ended.err) == (0, "")
    text = (site.workspace.folder / "exported/assistants.yaml").read_text()
    for line in (
        "dialect: toy",
        "  assistant:",
        "    greeting: {file: prompts/assistant.md}",
        "    heat: 0",
        "    loud: false",
        "    pace: fast",
        "      bass: 0",
        "      - label: sing",
        "        level: 0",
        '      "no": "yes"',
        "  - {id: bot-0001-xyz, to: assistant.assistant, from: acme/-}",
    ):
        assert f"{line}\n" in text
    prompt = site.workspace.folder / "exported/prompts/assistant.md"
    assert prompt.read_text() == "Hi.\nWho is there?\nA friend?\nOr not?\n"
    os.chdir("exported")
    assert site.run("validate", "--strict").code == 0
