"""Whether the front matter of a Markdown file declares an assistant, or describes a document."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from reconciler.config.placeholder import placeholder

if TYPE_CHECKING:
    from reconciler.dialects import Dialect

OUTER: Final = ("project", "dialect", "lint")
"""Fields of a whole file that front matter may have."""
_OURS = (*OUTER, "template", "lifecycle")
_OPENING = re.compile(rb"---[ \t]*\r?\n")
_CLOSING = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
_MISSPELT = 0.8  # alike: `modle` is `model`, and `title` is not `files`
_LOOKED_AT = 100
_KEY = re.compile(rb"""^["']?([A-Za-z_][\w-]*)["']?[ \t]*:""", re.MULTILINE)


def begins(head: bytes) -> bool:
    """Return whether Markdown begins with front matter.

    A placeholder may stand for an assistant: it is reported rather than left out.
    """
    return _OPENING.match(head.removeprefix(BOM_UTF8)) is not None or placeholder(head, head) is not None


def declares(head: bytes, dialect: Dialect) -> bool:
    """Return whether front matter declares an assistant, by its keys.

    One that decides how an assistant behaves says so, or a misspelt one: documents have a name and a
    description too. Front matter without a key is reported as an assistant's rather than left out.
    """
    keys, names = _keys(head), dialect.fields.by_name
    behaving = [*_OURS, *(name for name, row in names.items() if row.behaves)]
    return not keys or any(
        key in behaving or (key not in names and get_close_matches(key, behaving, 1, _MISSPELT))
        for key in keys[:_LOOKED_AT]
    )


def resembles(head: bytes, dialect: Dialect) -> bool:
    """Return whether front matter that declares no assistant has only fields that an assistant has too."""
    return all(key in dialect.fields.by_name for key in _keys(head))


def _keys(head: bytes) -> list[str]:
    text = head.removeprefix(BOM_UTF8)
    opening = _OPENING.match(text)
    begin = opening.end() if opening else 0
    closing = _CLOSING.search(text, begin)
    front = text[begin : closing.start() if closing else len(text)]
    return [key.decode() for key in _KEY.findall(front)]
