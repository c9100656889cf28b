"""A starter project: small, valid, and commented where a newcomer would ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler import dialects
from reconciler.config.document import schema
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = "assistants-sync.schema.json"
_IGNORED = "state/"
_CONFIGURATION = """\
# yaml-language-server: $schema=./{schema}
project: {project}            # the owner of everything declared here
defaults:
  model: gpt-5.6
assistants:
  support:                       # the address is assistant.support
    name: Support
    instructions: {{file: prompts/support.md}}
    tools:
      - type: retrieval          # searches the files below
    files:
      - docs/handbook.md         # uploaded once, replaced when it changes
"""
_PROMPT = """\
# Support

You answer customers' questions kindly and briefly.
Look things up in the handbook first, and say so when it does not have the answer.
"""
_HANDBOOK = """\
# Handbook

Orders can be returned within 30 days.
"""


def write(folder: Path, project: str | None) -> list[str]:
    """Write the starter, and return the paths written; UsageError if one of them exists.

    ``.gitignore`` alone may exist: the line that it lacks is added.
    """
    name = (
        project or re.sub(r"[^a-z0-9_.-]+", "-", folder.resolve().name.lower()).strip("-._") or "assistants"
    )
    texts = {
        "assistants.yaml": _CONFIGURATION.format(project=name, schema=_SCHEMA),
        "prompts/support.md": _PROMPT,
        "docs/handbook.md": _HANDBOOK,
        _SCHEMA: schema("configuration", dialects.dialect(dialects.DEFAULT)),
    }
    existing = [path for path in texts if (folder / path).exists()]
    if existing:
        raise UsageError(f"already exist: {', '.join(existing)}; nothing was written")
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return [*texts, *_ignore(folder)]


def _ignore(folder: Path) -> list[str]:
    path = folder / ".gitignore"
    before = path.read_text() if path.exists() else ""
    if _IGNORED in before.splitlines():
        return []
    gap = "" if not before or before.endswith("\n") else "\n"
    path.write_text(f"{before}{gap}{_IGNORED}\n")
    return [".gitignore"]
