"""Assistants made of the JSON of a server, without a model in between, where both ways end alike.

Most objects of most servers are as the wire says, and a list may have ten thousand. What is accepted is
said once, in ``api/types.py``: in doubt an object goes that way.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reconciler.api.reading import plain_list
from reconciler.api.types import Assistant
from reconciler.dialects.sheet import Sheet
from reconciler.model.address import is_remote_id
from reconciler.model.canonical import exact
from reconciler.model.resource import LiveAssistant

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from reconciler.dialects.sheet import Item
    from reconciler.model.field import Fields

_OWN = frozenset(Assistant.model_fields)
_LATEST = 100_000_000_000  # larger times are no seconds
_MOST = 1_000  # tools or files of an assistant
_OF_FUNCTIONS = ("name", "description", "parameters")
_STRINGS = frozenset({str})
_TEXT = frozenset({str, type(None)})
_OBJECT = frozenset({dict, type(None)})
_SHARED = 256  # lists of tools that are remembered


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class DoubtError(Exception):
    """An object is not so plain that its values could be taken as they are."""


class PlainReader:
    """Makes sheets of pages, and assistants of JSON objects; equal lists of tools are one list.

    ``fields`` are the values that an assistant has. ``expected`` are those that are probably found, by id.
    """

    def __init__(self, fields: Fields, expected: Mapping[str, Mapping[str, Any]] = _NOTHING) -> None:
        self._names = [row.name for row in fields.plain]
        self._expected = expected
        self._tools: dict[bytes, Sequence[Any]] = {}

    def sheet(self, body: bytes, typed: Callable[[], Sheet]) -> Sheet:
        """Return the page in a body, its objects not made yet; ``typed`` reads it where that is in doubt."""
        page = plain_list(body)
        ids: list[Any] = [] if page is None else [raw.get("id") for raw in page.data if type(raw) is dict]
        if page is None or len(ids) < len(page.data) or not _are_ids(ids):
            return typed()
        rows = [*zip(ids, page.data, strict=True)]

        def made(known: Container[str]) -> Sequence[Item]:
            try:
                return [self.assistant(raw) for one, raw in rows if one not in known]
            except DoubtError:
                return typed().made(known)

        return Sheet(ids, page.has_more, made)

    def assistant(self, raw: Mapping[str, Any]) -> LiveAssistant:
        """Return the assistant of a JSON object that has a usable id; DoubtError.

        It is what ``replies.live_assistant`` makes of the same object.
        """
        if not _is_plain(raw):
            raise DoubtError
        expected = self._expected.get(raw["id"], _NOTHING)
        values = {name: _same(raw.get(name), expected.get(name)) for name in self._names}
        values["tools"] = self._shared(raw["tools"])
        return LiveAssistant(
            raw["id"],
            raw["created_at"],
            values,
            raw["metadata"],
            file_ids=tuple(raw["file_ids"]),
            others={} if raw.keys() <= _OWN else _others(raw),
        )

    def _shared(self, tools: list[Any]) -> Sequence[Any]:
        """Return the normal form of tools: the same list for the same JSON, so that it is checked once.

        Equality will not do for the same: 1 equals true.
        """
        if not tools:
            return tools
        text = exact(tools)
        known = self._tools.get(text)
        if known is None:
            if len(tools) > _MOST:
                raise DoubtError
            known = [_tool(one) for one in tools]
            if len(self._tools) >= _SHARED:
                self._tools.clear()
            self._tools[text] = known
        return known


def _same(found: Any, expected: Any) -> Any:
    """Return a value, which is the expected object where both are the same text: so that is there once."""
    is_text = type(found) is type(expected) is str
    return expected if is_text and found == expected else found


def _is_plain(raw: Mapping[str, Any]) -> bool:
    """Return whether everything but the tools is there, and of the type that the wire says."""
    get = raw.get
    created, file_ids, pairs = get("created_at"), get("file_ids"), get("metadata")
    return (
        type(created) is int
        and 0 <= created < _LATEST
        and get("object") == "assistant"
        and type(get("model")) is str
        and type(get("name")) in _TEXT
        and type(get("description")) in _TEXT
        and type(get("instructions")) in _TEXT
        and type(get("tools")) is list
        and type(pairs) is dict
        and _STRINGS.issuperset(map(type, pairs.values()))
        and type(file_ids) is list
        and len(file_ids) <= _MOST
        and (not file_ids or _are_ids(file_ids))
    )


def _are_ids(values: Sequence[Any]) -> bool:
    are_texts = _STRINGS.issuperset(map(type, values))
    return are_texts and all(map(is_remote_id, values))


def _tool(raw: Any) -> dict[str, Any]:
    """Return a tool in the order of its model."""
    kind = raw.get("type") if type(raw) is dict else None
    if type(kind) is not str:
        raise DoubtError
    if kind == "function":
        return {"type": kind, "function": _function(raw.get("function")), **_without(raw, "type", "function")}
    return {"type": kind, **_without(raw, "type")}


def _function(raw: Any) -> dict[str, Any]:
    is_plain = (
        type(raw) is dict
        and type(raw.get("name")) is str
        and type(raw.get("description")) in _TEXT
        and type(raw.get("parameters")) in _OBJECT
    )
    if not is_plain:
        raise DoubtError
    return {name: raw[name] for name in _OF_FUNCTIONS if name in raw} | _without(raw, *_OF_FUNCTIONS)


def _without(raw: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name not in names}


def _others(raw: Mapping[str, Any]) -> dict[str, Any]:
    extra = {name: value for name, value in raw.items() if name not in _OWN}
    return {name: value for name, value in extra.items() if value not in (None, "", [], {})}
