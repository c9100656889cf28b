"""Say on one line why a server refused a request, without the key and without repeating the request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_EXCERPT = 80
_SENTENCE = 400
_ENTRIES = 3
_SHORT = 8
"""Characters from which on a value of the request is not repeated; shorter ones are words."""
_RUN = 16
"""Characters from which on a part of such a value is not repeated either."""
_NAMES = frozenset({"model", "file_id", "file_ids", "purpose", "type"})
"""Fields of a request whose values are names of the server's own things, which its refusals may repeat."""
_SAYING = ("message", "detail", "msg", "title", "error_description", "error", "errors")
_TITLE = re.compile(
    r"<(title|h1)\b[^<>]{0,200}>((?:[^<]|<(?!/?(?:title|h1)\b)){0,400})</\1", re.IGNORECASE | re.ASCII
)
_LOOKED_AT = 4_000
"""Characters of a refusal that are looked at: a sentence has a tenth of them."""
_TAG = re.compile("<[^<>]*>")
_DOTS = re.compile("…+")
REPEATED = "the answer repeats the request and is not shown"


def reason(body: Any, request: Mapping[str, object] | None) -> str:
    """Return what a refusal says: its message, the fields at fault, a title, or the first 80 characters.

    Empty where it says nothing. ``body`` is the server's error object or its text, ``request`` the JSON body
    that was sent.
    """
    texts = [*sent_texts(request)]
    message = _message(body)
    if message:
        sentence = excerpt(unrepeated(_line(message), texts), most=_SENTENCE)
        return REPEATED if sentence == "…" else sentence
    if isinstance(body, str) and is_html(body):
        return _page(unrepeated(body[:_SENTENCE], texts))
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    whole = _line(text)
    return excerpt(whole) if unrepeated(whole, texts) == whole else REPEATED


def _line(text: str) -> str:
    """Return the beginning of a text on one line."""
    return " ".join(text[:_LOOKED_AT].split())


def sent_texts(value: object, name: str = "") -> Iterator[str]:
    """Yield every string value of a request's body that no error may repeat, on one line and as JSON."""
    if isinstance(value, str) and name not in _NAMES:
        forms = {" ".join(value.split()), json.dumps(value, ensure_ascii=False)[1:-1]}
        yield from (form for form in forms if len(form) >= _SHORT)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from sent_texts(inner, key)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from sent_texts(inner, name)


def unrepeated(text: str, sent: Collection[str]) -> str:
    """Return a text in which … stands for what it repeats of the request, whole values and long parts."""
    for one in sorted(sent, key=len, reverse=True):
        text = text.replace(one, "…")
    return _DOTS.sub("…", _without_runs(text, "\0".join(sent)))


def excerpt(text: str, *, most: int = _EXCERPT) -> str:
    """Return a text on one line, cut to 80 characters or as many as wanted."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def is_html(text: str) -> bool:
    """Return whether a text begins as a page of HTML does."""
    return text.lstrip()[:1] == "<"


def _without_runs(text: str, sent: str) -> str:
    """Return a text in which … stands for every part of 16 characters or more that was sent."""
    parts = _parts(text)
    known = parts & _parts(sent)
    if not known:
        return text
    hidden = bytearray(len(text))
    for at in range(len(text) - _RUN + 1):
        if text[at : at + _RUN] in known:
            hidden[at : at + _RUN] = b"\1" * _RUN
    return "".join("…" if is_hidden else one for one, is_hidden in zip(text, hidden, strict=True))


def _parts(text: str) -> set[str]:
    return {text[at : at + _RUN] for at in range(len(text) - _RUN + 1)}


def _message(value: Any) -> str:
    """Return the message in an error object of any known form; empty when none is found."""
    if isinstance(value, list):
        entries = [message for entry in value if (message := _entry(entry))]
        more = f"; and {len(entries) - _ENTRIES} more" if len(entries) > _ENTRIES else ""
        return "; ".join(entries[:_ENTRIES]) + more
    if not isinstance(value, dict):
        return ""
    for name in _SAYING:
        field = value.get(name)
        message = field.strip() if isinstance(field, str) else _message(field)
        if message:
            return message + _param(value.get("param"), message)
    return ""


def _entry(entry: Any) -> str:
    """Return one entry of a list of mistakes, as FastAPI writes it: where, and what; never its ``input``."""
    if isinstance(entry, str):
        return entry.strip()
    message = _message(entry)
    path = entry.get("loc") if isinstance(entry, dict) else None
    return f"{_path(path)}: {message}" if message and isinstance(path, (list, str)) and path else message


def _path(where: list[Any] | str) -> str:
    if isinstance(where, str):
        return where
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).removeprefix(".")


def _param(param: Any, said: str) -> str:
    return f" (param: {param})" if isinstance(param, str) and param and param not in said else ""


def _page(text: str) -> str:
    title = _TITLE.search(text)
    named = excerpt(_TAG.sub(" ", title[2])) if title else ""
    return f"an HTML page, {named!r}" if named else "an HTML page"
