"""A starter project: small, valid, and commented where a newcomer would ask."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler import dialects
from reconciler.config.models import schema
from reconciler.errors import ReconcilerError, UsageError
from reconciler.files import create_source

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = "assistants-sync.schema.json"
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


_REMEDY = "Make room or change the rights, and run the same command again"


class StarterError(ReconcilerError):
    """The starter project could not be written."""


def write(folder: Path, project: str | None) -> list[str]:
    """Write the starter, and return the paths written; UsageError if one of them exists."""
    name = (
        project or re.sub(r"[^a-z0-9_.-]+", "-", folder.resolve().name.lower()).strip("-._") or "assistants"
    )
    texts = {
        "assistants.yaml": _CONFIGURATION.format(project=name, schema=_SCHEMA),
        "prompts/support.md": _PROMPT,
        "docs/handbook.md": _HANDBOOK,
        _SCHEMA: schema("configuration", dialects.dialect(dialects.DEFAULT)),
    }
    existing = [path for path in texts if os.path.lexists(folder / path)]
    if existing:
        raise UsageError(f"already exist: {', '.join(existing)}; nothing was written")
    try:
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            create_source(folder / path, text.encode())
    except OSError as cause:
        for path in texts:  # none of them was there before
            with suppress(OSError):
                (folder / path).unlink()
        why = cause.strerror or cause
        raise StarterError(
            f"cannot write {cause.filename or path}: {why}; nothing was kept. {_REMEDY}"
        ) from cause
    return [*texts]
