"""YAML as text that our own reader reads back as the same values; what is not plain is quoted.

Only the forms that every reader of YAML shares are written: block mappings and lists, plain scalars that
cannot mean anything else, strings in double quotes, and literal blocks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.model import pattern as re
from reconciler.model.characters import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_.,/()-]+)*")
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "none"})
_INDENT = "  "


class Commented:
    """A value with a comment, which is written on the line before it."""

    def __init__(self, value: Any, comment: str) -> None:
        self.value = value
        self.comment = comment


class Flow:
    """A mapping of a few scalars that is written between braces, on one line."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.value = value


def scalar(value: Any) -> str:
    """Return a string, a number, true, false or null on one line."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    if isinstance(value, str):
        return _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """Return a string in double quotes, with an escape for each character that is not printed plainly."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    if " " <= one <= "~" or (one > "~" and is_plain(one)):
        return one
    if one in _SHORT:
        return _SHORT[one]
    code = ord(one)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"  # noqa: PLR2004 - the widths of the escapes


_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def lines(value: Any, *, indent: int = 0) -> Iterator[str]:
    """Yield the lines of a document or of a part of one, without line ends; ``indent`` counts levels."""
    value, comment = (value.value, value.comment) if isinstance(value, Commented) else (value, "")
    yield from comments(comment, indent=indent)
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _entry(f"{scalar(key)}:", inner, indent=indent)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _item(inner, indent=indent)
    else:
        yield _INDENT * indent + inline(value)


def comments(text: str, *, indent: int = 0) -> Iterator[str]:
    """Yield a comment in lines; each line of the text is one."""
    for line in text.splitlines():
        yield f"{_INDENT * indent}# {line}".rstrip()


def inline(value: Any) -> str:
    """Return a value on one line, mappings and lists between brackets."""
    if isinstance(value, Flow):
        value = value.value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_within(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_within, value)) + "]"
    return scalar(value)


def _within(value: Any) -> str:
    """Return a value between brackets, where a comma or a bracket ends a plain scalar."""
    text = inline(value)
    is_bare = isinstance(value, str) and not text.startswith('"')
    return _quoted(value) if is_bare and not set(text).isdisjoint(",()") else text


def _entry(key: str, value: Any, *, indent: int) -> Iterator[str]:
    if isinstance(value, Commented):
        yield from comments(value.comment, indent=indent)
        value = value.value
    space = _INDENT * indent
    if isinstance(value, str) and is_block(value):
        yield f"{space}{key} {_header(value)}"
        yield from _block(value, indent=indent + 1)
    elif isinstance(value, (dict, list)) and value:
        yield f"{space}{key}"
        yield from lines(value, indent=indent + 1)
    else:
        yield f"{space}{key} {inline(value)}"


def _item(value: Any, *, indent: int) -> Iterator[str]:
    if isinstance(value, Commented):
        yield from comments(value.comment, indent=indent)
        value = value.value
    space = _INDENT * indent
    if isinstance(value, (dict, list)) and value:
        inner = [*lines(value, indent=indent + 1)]
        first = next(number for number, line in enumerate(inner) if not line.lstrip().startswith("#"))
        yield from (line.removeprefix(_INDENT) for line in inner[:first])  # comments cannot follow a dash
        yield f"{space}- {inner[first].lstrip(' ')}"
        yield from inner[first + 1 :]
    else:
        yield f"{space}- {inline(value)}"


def is_block(text: str) -> bool:
    """Return whether a string is written as a literal block: several lines, each as it stands."""
    body: Sequence[str] = text.split("\n")
    if len(body) < 2 or not body[0].strip():  # noqa: PLR2004 - one line needs no block
        return False
    if not all(all(one == "\t" or is_plain(one) for one in line) for line in body):
        return False
    is_trailing = any(line != line.rstrip() for line in body)
    return not (is_trailing or body[0].startswith((" ", "\t")) or text.endswith("\n\n"))


def _header(text: str) -> str:
    return "|" if text.endswith("\n") else "|-"


def _block(text: str, *, indent: int) -> Iterator[str]:
    for line in text.removesuffix("\n").split("\n"):
        yield f"{_INDENT * indent}{line}" if line else ""


def document(value: Mapping[str, Any]) -> str:
    """Return a whole document as text."""
    return "".join(f"{line}\n" for line in lines(dict(value)))
