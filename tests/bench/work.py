"""The work that is measured: so many assistants, as YAML, as wire objects and as Terraform's JSON.

Each assistant has a prompt of about 2 KB of its own, two tools, three metadata pairs and a
description; about 2.7 KB of YAML. Equal numbers give equal texts in every process.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

WORDS = """
the a customer order parcel refund answer question ticket team support agent reply policy country
invoice payment account address delivery return exchange warranty manual product price discount
always never first then only before after when where which this that these with without about
please explain ask check confirm read write send find open close keep change cancel wait repeat
briefly kindly politely truthfully clearly again today tomorrow within days hours minutes every
each one two three more less than and or not if is are was be has have can may must should
password token key session number name date line page section table list step rule example note
""".split()  # noqa: SIM905 - a list of words is easier to read


def prompt(number: int) -> str:
    """About 2 KB of Markdown that no other number has."""
    chosen = random.Random(number)  # noqa: S311 - equal numbers give equal texts
    lines = [f"# Assistant {number}", ""]
    while sum(map(len, lines)) < 1900:
        sentence = " ".join(chosen.choices(WORDS, k=chosen.randint(8, 16)))
        lines.append(
            ("- " if chosen.random() < 0.3 else "")
            + sentence.capitalize()
            + chosen.choice((".", ".", ":", "?"))
        )
    return "\n".join(lines) + "\n"


def values(number: int) -> dict[str, Any]:
    """One assistant's fields, as the wire has them."""
    function = {
        "name": "find_order",
        "description": "Finds an order of a customer.",
        "parameters": {
            "type": "object",
            "properties": {
                "order": {"type": "string", "description": "The number on the parcel"},
                "country": {"type": "string", "enum": ["AT", "DE", "CH"]},
            },
            "required": ["order"],
        },
    }
    return {
        "name": f"Number {number}",
        "description": f"Answers what people ask of number {number}.",
        "model": "gpt-5.6",
        "instructions": prompt(number),
        "tools": [{"type": "retrieval"}, {"type": "function", "function": function}],
        "metadata": {"number": str(number), "tier": "gold", "team": f"team-{number % 40}"},
    }


ASSISTANT = """\
  a{number}:
    name: {name}
    description: {description}
    instructions: |
{indented}
    tools:
      - type: retrieval
      - type: function
        function:
          name: find_order
          description: Finds an order of a customer.
          parameters:
            type: object
            properties:
              order: {{type: string, description: The number on the parcel}}
              country: {{type: string, enum: [AT, DE, CH]}}
            required: [order]
    metadata: {{number: '{number}', tier: gold, team: team-{team}}}
"""


def declared(number: int) -> str:
    """One assistant's YAML."""
    its = values(number)
    indented = "\n".join(f"      {line}" if line else "" for line in its["instructions"].splitlines())
    return ASSISTANT.format(
        number=number, name=its["name"], description=its["description"], indented=indented, team=number % 40
    )


MARK = "v1 bench/-/a{number} n=0123456789abcdef f=dimntx d=0123456789abcdef"


def write_project(folder: Path, count: int, *, files: int = 1) -> int:
    """Write a configuration of so many assistants into so many YAML files; the bytes of all."""
    size = 0
    for part in range(files):
        rows = [declared(number) for number in range(part, count, files)]
        text = "\n".join(["project: bench", "defaults: {model: gpt-5.6}", "assistants:", *rows])
        name = "assistants.yaml" if files == 1 else f"assistants-{part:02}.yaml"
        (folder / name).write_text(text)
        size += len(text)
    return size


def write_bodies(path: Path, count: int) -> None:
    """Write the body of each create, a line of JSON, with a pair of the size of an ownership mark."""
    with path.open("w") as file:
        for number in range(count):
            body = values(number)
            body["metadata"] |= {"assistants_sync": MARK.format(number=number)}
            file.write(json.dumps(body) + "\n")


def write_terraform(folder: Path, count: int) -> None:
    """Write the same values as ``terraform_data``, which needs no server."""
    rows = {f"a{number}": {"input": values(number)} for number in range(count)}
    (folder / "main.tf.json").write_text(json.dumps({"resource": {"terraform_data": rows}}))


def write_records(folder: Path, count: int) -> None:
    """Write a zone of as many TXT records twice: octoDNS plans from one to the other."""
    rows = {
        f"a{number}": {"type": "TXT", "value": " ".join(prompt(number).split())} for number in range(count)
    }
    for side in ("source", "target"):
        (folder / side).mkdir()
        (folder / side / "example.com.yaml").write_text(json.dumps(rows, sort_keys=True))
    yaml = "octodns.provider.yaml.YamlProvider"
    providers = {
        side: {"class": yaml, "directory": str(folder / side), "enforce_order": False}
        for side in ("source", "target")
    }
    zones = {"example.com.": {"sources": ["source"], "targets": ["target"]}}
    (folder / "octodns.yaml").write_text(json.dumps({"providers": providers, "zones": zones}))


def main(kind: str, folder: str, count: str, files: str = "1") -> None:
    """Write work of a kind; a process of its own, since a child's peak memory includes its parent's."""
    where, many = Path(folder), int(count)
    where.mkdir(parents=True, exist_ok=True)
    match kind:
        case "project":
            write_project(where, many, files=int(files))
        case "bodies":
            write_bodies(where / "bodies.jsonl", many)
        case "terraform":
            write_terraform(where, many)
        case "records":
            write_records(where, many)


if __name__ == "__main__":
    main(*sys.argv[1:])
