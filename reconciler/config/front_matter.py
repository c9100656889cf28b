"""Whether the front matter of a Markdown file declares an assistant, or describes a document."""

from __future__ import annotations

from codecs import BOM_UTF8
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Final

from reconciler.config.placeholder import placeholder
from reconciler.model import pattern as re
from reconciler.model.field import Items

if TYPE_CHECKING:
    from reconciler.dialects import Dialect
    from reconciler.model.field import Field

OUTER: Final = ("project", "dialect", "lint")
"""Fields of a whole file that front matter may have."""
_OURS = (*OUTER, "template", "lifecycle")
_OPENING = re.compile(rb"---[ \t]*\r?\n")
_CLOSING = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
_MISSPELT = 0.8  # alike: `modle` is `model`, and `title` is not `files`
_DOCUMENTS = frozenset(
    {"title", "layout", "date", "tags", "categories", "slug", "draft", "author", "permalink"}
)
_LOOKED_AT = 100
_EMPTY = re.compile(rb"^[ \t]*\r?$", re.MULTILINE)
_FIRST = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?P<indent>[ ]*)(?P<brace>\{)?")
_KEY = r"""^%s["']?([A-Za-z_][A-Za-z0-9_-]*)["']?[ \t]*:"""
_FLOW = r"""(?:^[ ]*|[{,][ \t\r\n]*)["']?([A-Za-z_][A-Za-z0-9_-]*)["']?[ \t]*:"""
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


def begins(head: bytes) -> bool:
    """Return whether Markdown begins with front matter.

    A placeholder may stand for an assistant: it is reported rather than left out.
    """
    return _OPENING.match(head.removeprefix(BOM_UTF8)) is not None or placeholder(head, head) is not None


def declaring(head: bytes, dialect: Dialect) -> str | None:
    """Return the field by which front matter declares an assistant; None where it describes a document.

    A field that decides how an assistant behaves says so: documents have a name and a description too.
    Beside a document's own field, such as a title, neither a field of the whole file nor a misspelt one does.
    The result is empty for Markdown that has no front matter, since something stands for its content.
    """
    if not _OPENING.match(head.removeprefix(BOM_UTF8)):
        return ""
    values, names = _values(head), dialect.fields.by_name
    brought = {key for key, value in values.items() if key in names and _is_brought(names[key], value)}
    behaving = [name for name, row in names.items() if row.behaves]
    certain = next((key for key in values if key in behaving and key not in brought), None)
    if certain or brought or not _DOCUMENTS.isdisjoint(values.keys() - names.keys()):
        return certain
    return next((key for key in values if key not in names and _is_near(key, [*_OURS, *behaving])), None)


def resembles(head: bytes, dialect: Dialect) -> bool:
    """Return whether front matter that declares no assistant has only fields that an assistant has too."""
    keys = _values(head).keys()
    return bool(keys) and keys <= dialect.fields.by_name.keys()


def _is_near(key: str, known: list[str]) -> bool:
    return bool(get_close_matches(key, known, 1, _MISSPELT))


def _is_brought(row: Field, value: str) -> bool:
    """Return whether a list of items is one of words that mean something to another program only."""
    if not isinstance(row, Items) or not all(kind.tag for kind in row.kinds) or re.search(r"[:{]", value):
        return False
    words = [word.rstrip("./-") for word in _WORD.findall(value)]
    known = [*row.foreign, *(kind.tag for kind in row.kinds)]
    return bool(words) and not any(_is_near(word, known) for word in words[:_LOOKED_AT])


def _values(head: bytes) -> dict[str, str]:
    """Return the first keys of front matter, and the text of their values."""
    front = _front(head)
    first = _FIRST.match(front)
    pattern = _FLOW if first and first["brace"] else _KEY % (first["indent"] if first else "")
    found = [*islice(re.finditer(pattern, front, re.MULTILINE), _LOOKED_AT + 1)]
    ends = [*(one.start() for one in found[1:]), len(front)]
    pairs = zip(found[:_LOOKED_AT], ends, strict=False)
    return {one[1]: front[one.end() : end] for one, end in pairs}


def _front(head: bytes) -> str:
    """Return front matter; up to the first empty line where it does not end, since text may follow."""
    text = head.removeprefix(BOM_UTF8)
    opening = _OPENING.match(text)
    begin = opening.end() if opening else 0
    end = _CLOSING.search(text, begin) or _EMPTY.search(text, begin)
    return text[begin : end.start() if end else len(text)].decode(errors="replace")
