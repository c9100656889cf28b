"""Projects of assistants-v1 that are drawn by a seed, each in a layout of its own."""

import json
import random

_TOOLS = (
    "retrieval",
    "code_interpreter",
    "function",
    "bare function",
    "function in a file",
    "bare in a file",
)
_FULL = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}


def written(folder, seed):
    """Write the project of a seed into a folder."""
    dice = random.Random(seed)  # noqa: S311 - a project that can be drawn again
    (folder / "a.md").write_text("about a")
    (folder / "full.json").write_text(json.dumps(_FULL))
    (folder / "bare.json").write_text(json.dumps({"name": "bare", "parameters": {"type": "object"}}))
    lines = [f"# The project of seed {seed}", f"project: acme-{seed}   # the owner"]
    if dice.random() < 0.5:
        lines.append("dialect: assistants-v1 # the first one")
    lines += ["", "defaults:", "  model: gpt-5.6   # for all", "assistants:"]
    for number in range(dice.randint(1, 3)):
        lines += [f"  one-{number}:", *_assistant(dice)]
    if dice.random() < 0.3:
        lines += ["environments:", "  prod:", "    patches:", "      assistant.one-0: {name: One of prod}"]
    (folder / "assistants.yaml").write_text("\n".join(lines) + "\n" * dice.randint(0, 2))


def _assistant(dice):
    yield f"    name: {'A name ' * dice.choice((1, 3, 25))}".rstrip()
    yield from dice.choice(
        (["    instructions: Be kind."], ["    instructions: |", "      Be kind.", "      # no comment"], [])
    )
    yield from dice.choice((["    description: Helps."], ["    description: null"], []))
    yield from _tools(dice.sample(_TOOLS, dice.randint(0, 3)))
    yield from dice.choice((["    files: [a.md]"], ["    files: []"], ["    # files come later"]))
    if dice.random() < 0.4:
        yield "    metadata: {tier: gold} # paid"
    if dice.random() < 0.4:
        yield "    lifecycle: {prevent_destroy: true, ignore_changes: [description, name]}"


def _tools(names):
    if names:
        yield "    tools: # in this order"
    for name in names:
        yield from {
            "retrieval": ["      - type: retrieval"],
            "code_interpreter": ["      - {type: code_interpreter}"],
            "function": [
                "      - type: function",
                f"        function: {json.dumps({**_FULL, 'name': 'whole'})}",
            ],
            "bare function": ["      - type: function", "        function: {name: short} # to be described"],
            "function in a file": ["      - type: function", "        function: {file: full.json}"],
            "bare in a file": ["      - type: function", "        function: {file: bare.json}"],
        }[name]
