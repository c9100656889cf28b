"""Two corpora of texts, by authors who had not seen the checks: all of one pass, and none of the other.

The texts of the second are in ROT13: their keys are random, and look like real ones to every scanner.
"""

import base64
import codecs
import json
from pathlib import Path

import pytest

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.resolve import configuration
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1

CORPORA = Path(__file__).with_name("corpora")
HARMLESS = json.loads((CORPORA / "harmless.json").read_text())
TRICKS = json.loads((CORPORA / "tricks.json").read_text())
HEAD = "project: acme\ndefaults: {model: m}\n"
MOST = 20  # files of an assistant


def written(value):
    """A value as YAML has it."""
    return json.dumps(value, ensure_ascii=False)


def plain(text):
    return codecs.decode(text, "rot13")


def prompt(text):
    return {"p.md": text, "assistants.yaml": HEAD + "assistants: {a: {instructions: {file: p.md}}}\n"}


def inside(field):
    """A configuration whose field has a text."""
    return lambda text: {
        "assistants.yaml": f"{HEAD}assistants: {{a: {{{field.replace('TEXT', written(text))}}}}}\n"
    }


def attached(name, content="x"):
    return {name: content, "assistants.yaml": f"{HEAD}assistants: {{a: {{files: [{written(name)}]}}}}\n"}


PLACES = {
    "prompt": prompt,
    "metadata": inside("metadata: {k: TEXT}"),
    "description": inside("description: TEXT"),
    "function description": inside("tools: [{type: function, function: {name: f, description: TEXT}}]"),
    "file name": attached,
    "comment": lambda text: {"assistants.yaml": f"{HEAD}assistants: {{a: {{}}}}  # {text}\n"},
}


def laid_out(trick):
    """The files of a project with a trick in it."""
    text, place = plain(trick["text"]), trick["where"]
    if place == "variables":
        values = {name: plain(value) for name, value in trick["parts"].items()}
        made = f"assistants: {{a: {{instructions: {{text: {written(text)}, template: true}}}}}}\n"
        return {"assistants.yaml": f"{HEAD}vars: {written(values)}\n{made}"}
    if place == "file content":
        encoded = trick.get("content_base64")
        return attached("document.md", base64.b64decode(encoded) if encoded else text)
    return PLACES[place](text)


@pytest.fixture
def found(workspace):
    """The codes of what is found in a project."""

    def found(files):
        for path, content in files.items():
            workspace.write(path, content)
        try:
            return [
                f"{one.code} {one.origin}"
                for one in configuration(
                    Root(workspace.folder), [workspace.folder / "assistants.yaml"], ASSISTANTS_V1
                ).warnings
            ]
        except ConfigError as cause:
            return [f"{one.code} {one.origin}" for one in cause.diagnostics]

    return found


def test_the_corpora_are_as_large_as_they_should_be():
    assert len(HARMLESS["prompts"]) >= 150
    assert len(HARMLESS["files"]) >= 60
    assert len({one["language"] for one in HARMLESS["prompts"]}) >= 25
    assert len(TRICKS) >= 80


def test_every_harmless_prompt_is_accepted_from_a_file_and_in_place(found):
    texts = dict(enumerate(one["text"] for one in HARMLESS["prompts"]))
    from_files = {f"prompts/{number}.md": text for number, text in texts.items()}
    named = "".join(f"  f{number}: {{instructions: {{file: prompts/{number}.md}}}}\n" for number in texts)
    in_place = "".join(f"  t{number}: {{instructions: {written(text)}}}\n" for number, text in texts.items())
    assert found({**from_files, "assistants.yaml": f"{HEAD}assistants:\n{named}{in_place}"}) == []


def test_every_harmless_name_of_a_file_is_accepted(found):
    names = HARMLESS["files"]
    groups = [names[start : start + MOST] for start in range(0, len(names), MOST)]
    lines = "".join(f"  a{number}: {{files: {written(group)}}}\n" for number, group in enumerate(groups))
    contents = {name: f"document {number}" for number, name in enumerate(names)}
    assert found({**contents, "assistants.yaml": f"{HEAD}assistants:\n{lines}"}) == []


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: f"{trick['kind']} in {trick['where']}")
def test_no_trick_is_accepted(found, trick):
    assert found(laid_out(trick)), trick["why"]
