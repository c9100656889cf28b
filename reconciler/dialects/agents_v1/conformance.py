"""Whether a server speaks the Agents API at all: what its list must have, or nothing may rest on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.api.json_body import BodyError, parsed, shown
from reconciler.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_MISSING = object()
_TIMES = ("created_at", "updated_at")


class NonconformingError(RefusedError):
    """A server does not speak the Agents API, whatever it calls its paths; nothing was written."""


def confirm(body: bytes, target: str) -> None:
    """Raise NonconformingError for a page that is not of this API; objects that lack other fields may be."""
    problem = next(_problems(_read(body)), None)
    if problem:
        raise NonconformingError(
            f"{target} does not speak agents-v1: in its list of agents, {problem}. Nothing was written. "
            "Choose the dialect of that server with `dialect:`, or another server with --server"
        )


def _read(body: bytes) -> Any:
    try:
        return parsed(body, deep=True)
    except BodyError:
        return None


def _problems(page: Any) -> Iterator[str]:
    """Yield what an API of this kind has, and the page has not."""
    if not isinstance(page, dict):
        yield "the answer is no JSON object"
        return
    yield from _word(page, "object", "list")
    if not isinstance(page.get("has_more"), bool):
        yield _wrong("has_more", page.get("has_more", _MISSING), "true or false")
    data = page.get("data", _MISSING)
    if not isinstance(data, list):
        yield _wrong("data", data, "a list")
        return
    for number, one in enumerate(data):
        yield from _of_object(one, f"data[{number}]")


def _of_object(one: Any, where: str) -> Iterator[str]:
    if not isinstance(one, dict):
        yield _wrong(where, one, "an object")
        return
    yield from _word(one, "object", "agent", where)
    for name in _TIMES:
        if type(one.get(name)) is not int:
            yield _wrong(f"{where}.{name}", one.get(name, _MISSING), "a time in whole seconds since 1970")


def _word(values: Mapping[str, Any], name: str, wanted: str, where: str = "") -> Iterator[str]:
    if values.get(name) != wanted:
        path = f"{where}.{name}" if where else name
        yield _wrong(path, values.get(name, _MISSING), f'"{wanted}"')


def _wrong(path: str, value: Any, wanted: str) -> str:
    """Return what is wrong with a value; it is the server's, so only its beginning is shown."""
    if value is _MISSING:
        return f"`{path}` is missing"
    return f"`{path}` is {shown(value)}, not {wanted}"
