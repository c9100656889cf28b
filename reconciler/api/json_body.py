"""JSON bodies, whatever is in them: their values, and sentences about what they should have been."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError
from pydantic_core import from_json

from reconciler.api.sentences import excerpt, is_html
from reconciler.model import pattern as re
from reconciler.model.address import is_remote_id
from reconciler.model.redactor import NOTHING, Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

_EXPECTED = {
    "string_type": "a string",
    "string_too_long": "an id",
    "string_pattern_mismatch": "an id",
    "string_unicode": "a string of valid characters",
    "int_type": "a number",
    "int_parsing": "a number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "too_long": "a list of at most 1,000 items",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
"""What a field must be, by pydantic's name for the mistake."""


MOST_VALUES = 2_000_000
"""Values that a body may have: small ones take up to a hundred times their bytes once they are read."""
_SEPARATORS = (b",", b"[", b"{")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_DEEPEST = 200  # levels of a body, which is what the parser allows
_OF_LIST = 2  # of them around a value of a list
_PATH = 200  # characters of the path of a field, which has keys of the server
_SHOWN = 80  # values of a structure that one line may have


class BodyError(ValueError):
    """A body is not the object that was asked for; its text names the field and the value."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reader of bodies; ``redactor`` hides secrets in every sentence about one."""

    redactor: Redactor = field(default=NOTHING, repr=False, kw_only=True)

    def __call__(self, body: bytes) -> Any:
        """Return what a body means; raise BodyError when it is not what was asked for."""
        raise NotImplementedError

    def without(self, redactor: Redactor) -> Self:
        """Return the same reading, which keeps these secrets out of its sentences."""
        return replace(self, redactor=redactor)


def parsed(body: bytes, *, deep: bool = False) -> Any:
    """Return the JSON value of a body; raise BodyError where it is none.

    ``deep``: it may be nested deeply, and the caller looks at each of its values.
    """
    if not body.strip():
        raise BodyError("the body is empty")
    refuse_many_values(body)
    try:
        return from_json(body)
    except ValueError:
        pass
    try:
        value = json.loads(body)  # takes half a surrogate pair, for which no whole list should be lost
    except (ValueError, RecursionError) as cause:
        kind = "HTML, not JSON" if is_html(body.decode(errors="replace")) else "not JSON"
        raise BodyError(f"the body is {kind}") from cause
    if not deep and _is_deep(value):
        raise BodyError("the body is not JSON that can be read: it is nested too deeply")
    return value


def refuse_deep(value: Any) -> None:
    """Raise BodyError for a value of a list that is nested too deeply to be read."""
    if _is_deep(value, _DEEPEST - _OF_LIST):
        raise BodyError("it is nested too deeply")


def refuse_many_values(body: bytes) -> None:
    """Raise BodyError for a body with more values than any reply has."""
    if len(body) > MOST_VALUES and _separators(body) > MOST_VALUES < _separators(_STRING.sub(b"", body)):
        raise BodyError(f"the body has more than {MOST_VALUES:,} values")


def _separators(body: bytes) -> int:
    return sum(map(body.count, _SEPARATORS))


def _is_deep(value: Any, most: int = _DEEPEST) -> bool:
    level = [value]
    for _ in range(most):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def created(raw: Any) -> str:
    """Return the id that a JSON object has; empty when it has none that can be used."""
    named = raw.get("id") if isinstance(raw, dict) else None
    return named if isinstance(named, str) and is_remote_id(named) else ""


def problem(cause: Exception, body: bytes, redactor: Redactor) -> str:
    """Return a sentence about a body that any reading refused; pydantic repeats the value otherwise."""
    if not isinstance(cause, ValidationError):
        return redactor.redacted(str(cause))
    try:
        return wrong_field(cause, parsed(body), redactor)
    except BodyError as error:
        return str(error)


def shown(value: Any, redactor: Redactor = NOTHING) -> str:
    """Return a JSON value on one line of at most 80 characters, without secrets."""
    brief = redactor.hidden(_beginning(value, iter(range(_SHOWN))))
    text = json.dumps(brief, ensure_ascii=False)
    return excerpt(text if is_unicode(text) else json.dumps(brief))


def _beginning(value: Any, left: Iterator[int]) -> Any:
    """Return what of a structure one line can show; ``left`` has an item for each value."""
    if next(left, None) is None:
        return None
    if isinstance(value, list):
        return [_beginning(inner, left) for inner in value[:_SHOWN]]
    if isinstance(value, dict):
        return {key: _beginning(inner, left) for key, inner in islice(value.items(), _SHOWN)}
    return value


def wrong_field(cause: ValidationError, raw: Any, redactor: Redactor) -> str:
    """Return what is wrong with a value, by the first mistake that names a field."""
    mistakes = cause.errors(include_url=False, include_context=False)
    error = next(
        (mistake for mistake in mistakes if not mistake["type"].startswith("union_tag")), mistakes[0]
    )
    path, value = _location(error, raw)
    field = excerpt(redactor.redacted(path), most=_PATH) or "the body"
    if error["type"] == "missing":
        return f"{field} is missing"
    expected = _EXPECTED.get(error["type"])
    rule = f"not {expected}" if expected else excerpt(redactor.redacted(error["msg"]))
    return f"{field} is {shown(value, redactor)}, {rule}"


def _location(error: ErrorDetails, raw: Any) -> tuple[str, Any]:
    """Return the path of a mistake, as in ``tools[0].type``, and its value; variants have no name in it."""
    path, value = "", raw
    for part in error["loc"]:
        if isinstance(part, int) and isinstance(value, list) and part < len(value):
            path, value = f"{path}[{part}]", value[part]
        elif isinstance(value, dict) and part in value:
            path, value = f"{path}.{part}", value[part]
    if error["type"] == "missing":
        path = f"{path}.{error['loc'][-1]}"
    return path.removeprefix("."), value


def is_unicode(text: str) -> bool:
    """Return whether a text can be encoded: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
