"""Edits of YAML text: a value is appended, replaced or removed, and every other letter stays.

The places are those that our own composer found. After an edit the text is composed again: it must mean
exactly what was wanted, or the edit fails and nothing is returned.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.config.errors import ConfigError
from reconciler.config.splices import Append, Edit, Editor, Remove, Replace, UnusualError, bare, spliced
from reconciler.config.text import compose
from reconciler.config.writing import inline
from reconciler.errors import ReconcilerError
from reconciler.model.canonical import canonical

if TYPE_CHECKING:
    from reconciler.config.node import Node
    from reconciler.config.source import Source

__all__ = ["Append", "Edit", "EditError", "Remove", "Replace", "edited"]

_EMPTY = "AS108"


class EditError(ReconcilerError):
    """The text cannot be edited where it stands; the message has what to write by hand, and where."""


def edited(source: Source, edit: Edit) -> str:
    """Return the text of a source after an edit; EditError where that is not possible without a loss.

    Raises ConfigError for a text that cannot be read.
    """
    root = _root(source)
    try:
        wanted = _applied(root.plain() if root else None, edit)
        editor = Editor(source, root)
        text = spliced(source.text, editor.splices(edit))
        for made in (text, text + editor.line_end):  # a literal text at the very end may need a line end
            if canonical(compose(replace(source, text=made)).plain()) == canonical(wanted):
                return made
    except (ConfigError, UnusualError, LookupError, TypeError):
        pass  # as where it means something else
    raise EditError(_advice(source, root, edit))


def _root(source: Source) -> Node | None:
    """Return the root; None for a file of nothing but comments."""
    try:
        return compose(source)
    except ConfigError as cause:
        if [one.code for one in cause.diagnostics] != [_EMPTY]:
            raise
        return None


def _advice(source: Source, root: Node | None, edit: Edit) -> str:
    where = f"{source.path}:{root.at(*edit.path).line if root else 1}"
    path = ".".join(map(str, edit.path))
    if isinstance(edit, Remove):
        remedy = f"Remove `{path}` by hand"
    elif isinstance(edit, Replace):
        remedy = f"Set `{path}` by hand to: {inline(bare(edit.value))}"
    else:
        remedy = f"Add to `{path}` by hand: - {inline(bare(edit.value))}"
    return f"cannot edit {where} without changing another part of it; nothing was written. {remedy}"


def _applied(value: Any, edit: Edit) -> Any:
    """Return what a document means after an edit."""
    if not edit.path:
        return bare(edit.value) if isinstance(edit, Replace) else {}
    value = {} if value is None else value
    outer = value
    *steps, last = edit.path
    for number, step in enumerate(steps):
        if outer[step] is None and number == len(steps) - 1 and isinstance(edit, Append):
            outer[step] = {}
        outer = outer[step]
    if isinstance(edit, Remove):
        del outer[last]
    elif isinstance(edit, Replace):
        _ = outer[last]  # a LookupError where there is nothing to replace
        outer[last] = bare(edit.value)
    else:
        before = outer.get(last) if isinstance(outer, dict) else outer[last]
        outer[last] = [*(before or []), bare(edit.value)]
    return value
