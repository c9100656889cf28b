"""The small checks that every rule is made of: types, lengths, keys and choices."""

import json
import math
from collections.abc import Collection, Mapping
from typing import Any, Final

from reconciler.server import refusals
from reconciler.server.decisions import length

# Deeper than any schema, and far from the depth at which Python gives up sending it back in a list.
_DEPTH: Final = 100


def decoded(body: bytes) -> dict[str, Any]:
    """Parse a JSON object; what could not be sent back as JSON is refused."""
    try:
        value = json.loads(body, parse_constant=_unsendable, parse_float=_finite)
        # A lone surrogate can be written as an escape, but no UTF-8 reply could carry it.
        json.dumps(value, ensure_ascii=False).encode()
        _shallow(value, _DEPTH)
    except (ValueError, RecursionError):
        raise refusals.unparsable() from None
    if not isinstance(value, dict):
        raise refusals.not_object(value)
    return value


def _unsendable(constant: str) -> float:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _unsendable(digits)


def _shallow(value: Any, depth: int) -> None:
    if not depth:
        raise RecursionError
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _shallow(each, depth - 1)


def known(sent: Collection[str], names: Collection[str], within: str = "") -> None:
    """Refuse a key that is not among `names`."""
    for name in sent:
        if name not in names:
            raise refusals.unknown_parameter(within + name)


def present(sent: Collection[str], names: Collection[str], within: str = "") -> None:
    """Refuse an object that lacks one of `names`."""
    for name in names:
        if name not in sent:
            raise refusals.missing(within + name)


def text(param: str, value: Any, limit: int | None = None) -> str:
    """Return a string of at most `limit` characters."""
    if not isinstance(value, str):
        raise refusals.wrong_type(param, "a string", value)
    if limit is not None and length(value) > limit:
        raise refusals.long_string(param, limit, length(value))
    return value


def array(param: str, value: Any, limit: int) -> list[Any]:
    """Return a list of at most `limit` items."""
    if not isinstance(value, list):
        raise refusals.wrong_type(param, "an array", value)
    if len(value) > limit:
        raise refusals.long_array(param, limit, len(value))
    return value


def mapping(param: str, value: Any) -> Mapping[str, Any]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise refusals.wrong_type(param, "an object", value)
    return value


def chosen(param: str, value: str, choices: Collection[str]) -> str:
    """Return one of `choices`."""
    if value not in choices:
        raise refusals.not_listed(param, value, choices)
    return value


def prefixed(param: str, value: str, prefix: str) -> str:
    """Return an id of one kind of object."""
    if not value.startswith(prefix):
        raise refusals.wrong_prefix(param, value, prefix)
    return value


def file_id(param: str, value: Any) -> str:
    """Return the id of a file."""
    return prefixed(param, text(param, value), "file")
