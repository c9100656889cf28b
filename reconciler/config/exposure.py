"""Who can read a text of a configuration, and so why it must have no key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.config.node import Node
    from reconciler.config.source import Source
    from reconciler.model.diagnostic import Origin
    from reconciler.model.key_forms import Key

READERS: Final = "anyone who chats with the assistant could read it"
"""The reason why a prompt must have no key."""
API: Final = "everyone with access to the API sees it"
"""The reason why nothing else that is sent must have one."""
VARIABLE: Final = "every prompt that uses the variable shows it"
"""The reason why a variable must have none."""
FILE: Final = "everyone who can read the file sees it"
"""The reason why a comment, or what is not sent, must have none."""
NAME: Final = "everyone who sees the file's name can read it"
"""The reason why a name of a file must have none."""
REMEDY: Final = "remove it, and revoke it; if it was committed, git keeps it"
"""What to do about a key."""
RENAME: Final = "rename the file, and revoke it; if it was committed, git keeps it"
"""What to do about a key in the name of a file."""

_SENT = frozenset({"assistants", "defaults", "environments", "patches"})
_VARS, _STATE = "vars", ("state",)
_NAMING = frozenset({"file", "include"})

Path: TypeAlias = tuple[str | int, ...]


class Named(NamedTuple):
    """The names of the fields of a dialect that are prompts, and of those that name files."""

    prose: frozenset[str]
    files: frozenset[str]


def exposure(source: Source, root: Node, key: Key, fields: Named) -> str:
    """Return the reason that fits the place of a key in YAML.

    It is empty for the address of the state, which has a rule of its own.
    """
    at = source.at(key.start)
    written = source.text[key.start : key.end]
    near: tuple[Path, str] | None = None
    for path, text, origin in _texts(root, ()):
        if (origin.line, origin.column) > (at.line, at.column):
            break
        near = path, text
    if near is None or (written not in near[1] and _is_comment(source, key.start)):
        return FILE
    return reason(near[0], fields)


def reason(path: Path, fields: Named) -> str:
    """Return who reads the value under a path."""
    if _VARS in path[:3]:
        return VARIABLE
    if not path or path[0] not in _SENT:
        return "" if path[:1] == _STATE else FILE
    if not (_NAMING | fields.files).isdisjoint(path):
        return NAME
    return READERS if not fields.prose.isdisjoint(path) else API


def _is_comment(source: Source, at: int) -> bool:
    """Return whether there is a # before a place on its line that begins a comment."""
    line = source.text[source.text.rfind("\n", 0, at) + 1 : at]
    return line.lstrip().startswith("#") or " #" in line or "\t#" in line


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, str, Origin]]:
    """Yield every text below a node, keys and values alike, in order, with its path and position."""
    if isinstance(node.value, dict):
        for name, inner in node.value.items():
            yield (*path, name), name, node.key(name)
            yield from _texts(inner, (*path, name))
    elif isinstance(node.value, list):
        for number, inner in enumerate(node.value):
            yield from _texts(inner, (*path, number))
    elif node.value is not None:
        yield path, str(node.value), node.origin
