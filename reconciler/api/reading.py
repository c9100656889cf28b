"""Read successful bodies: strictly first, because that is fast, then leniently, object by object.

Lenient reading accepts what real servers send: null lists, times in any form, a missing or unusual
``object``, lists without their envelope, and deletions without a body. A body that contradicts the
request, or lacks a field that matters, raises BodyError, which names the field.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from pydantic import ValidationError
from pydantic_core import from_json

from reconciler.api.json_body import (
    BodyError,
    Reading,
    created,
    is_unicode,
    parsed,
    refuse_deep,
    refuse_many_values,
    shown,
    wrong_field,
)
from reconciler.api.pages import ListCall
from reconciler.api.sentences import excerpt
from reconciler.api.types import MOST_OBJECTS, FileList, Page, Unreadable, WireObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.api.call import Call
    from reconciler.api.types import FileObject
    from reconciler.model.redactor import Redactor

T = TypeVar("T")
ObjectT = TypeVar("ObjectT", bound=WireObject)

_KINDS = frozenset(
    {
        "agent",
        "agent.deleted",
        "assistant",
        "assistant.deleted",
        "assistant.file",
        "assistant.file.deleted",
        "error",
        "file",
        "list",
        "model",
        "thread",
        "thread.message",
        "thread.run",
        "thread.run.step",
        "vector_store",
    }
)
"""Names of objects of this wire; one of them instead of another contradicts the request."""
_UNREADABLE = 1_000
"""Unreadable objects of one list that are kept aside; more are no list of this wire."""
_TIME = 40  # characters of a time
_TRUE = (None, True, "true")
_DIGITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))  # from nanoseconds, microseconds and milliseconds


@dataclass(frozen=True, slots=True)
class One(Reading, Generic[ObjectT]):
    """Reads one object; ``asked`` is the id that the request names, empty where it names none."""

    kind: type[ObjectT]
    asked: str = ""

    def __call__(self, body: bytes) -> ObjectT:
        """Return the object; raise BodyError when it is another one, or none."""
        refuse_many_values(body)
        try:
            read = self.kind.model_validate_json(body)
        except ValidationError:
            read = self._leniently(parsed(body))
        named = getattr(read, "id", self.asked)
        if self.asked and named != self.asked:
            raise BodyError(f"id is {shown(named, self.redactor)}, not {shown(self.asked, self.redactor)}")
        return read

    def _leniently(self, raw: Any) -> ObjectT:
        try:
            return _leniently(self.kind, raw, self.redactor)
        except BodyError as cause:
            named = "" if self.asked else created(raw)
            raise BodyError(f"{_named(named, self.redactor)}: {cause}" if named else str(cause)) from cause


@dataclass(frozen=True, slots=True)
class Gone(Reading, Generic[ObjectT]):
    """Reads what follows a deletion, which is done unless the body contradicts it.

    Servers answer without a body, with ``{}``, or with another ``object``. ``exact``: an id in the body
    must be the one that was asked for.
    """

    kind: type[ObjectT]
    asked: str
    exact: bool = True

    def __call__(self, body: bytes) -> ObjectT:
        """Return the deletion with its id; raise BodyError where the body denies it."""
        raw = parsed(body) if body.strip() else None
        fields = _object({} if raw is None else raw, self.redactor)
        if fields.get("deleted") not in _TRUE:
            raise BodyError(f"deleted is {shown(fields['deleted'], self.redactor)}, not true")
        named = created(fields) or self.asked
        if self.exact and named != self.asked:
            raise BodyError(f"id is {shown(named, self.redactor)}, not {shown(self.asked, self.redactor)}")
        fields = {
            **fields,
            "id": named,
            "deleted": True,
            "object": self.kind.model_fields["object"].default,
        }
        return self.kind.model_validate(fields)


@dataclass(frozen=True, slots=True)
class Many(Reading, Generic[T]):
    """Reads a list: at once where every object is healthy, otherwise one by one.

    ``tolerant``: an object that cannot be read becomes an Unreadable, and is no error.
    """

    kind: type[T]
    item: type[WireObject]
    tolerant: bool = False

    def __call__(self, body: bytes) -> T:
        """Return the list; raise BodyError that names the object and the field."""
        kind = cast("Any", self.kind)
        refuse_many_values(body)
        try:
            return cast("T", kind.model_validate_json(body))
        except ValidationError:
            return cast("T", self._one_by_one(kind, parsed(body, deep=self.tolerant)))

    def _one_by_one(self, kind: type[WireObject], raw: Any) -> Any:
        whole = {"data": raw} if isinstance(raw, list) else _object(raw, self.redactor)
        data = [*self._read(self._items(whole))]
        rest = {key: value for key, value in whole.items() if key not in {"object", "data"}}
        refuse_deep(rest)
        listed: Any = _shell(kind, rest)
        listed.data = data
        return listed

    def _items(self, whole: Mapping[str, Any]) -> list[Any]:
        """Return the list in a body; null is empty, and missing is where the body says that it is a list."""
        items = whole.get("data")
        if isinstance(items, list):
            if len(items) > MOST_OBJECTS:
                raise BodyError(f"data has more than {MOST_OBJECTS:,} objects")
            return items
        if items is None and ("data" in whole or whole.get("object") == "list"):
            return []
        raise BodyError(
            f"data is {shown(items, self.redactor)}, not a list" if "data" in whole else "data is missing"
        )

    def _read(self, items: list[Any]) -> Iterator[WireObject | Unreadable]:
        """Yield every object; BodyError at the first that is unreadable, or that is one too many.

        An id that no request can name is unreadable too, and only the sentence about it repeats it.
        """
        left = _UNREADABLE if self.tolerant else 0
        for index, raw in enumerate(items):
            try:
                refuse_deep(raw)
                yield _leniently(self.item, raw, self.redactor)
            except BodyError as cause:
                named, problem = created(raw), str(cause)
                if left == 0:
                    more = f"more than {_UNREADABLE:,} objects cannot be read: " if self.tolerant else ""
                    position = (
                        f"data[{index}] ({_named(named, self.redactor)})" if named else f"data[{index}]"
                    )
                    raise BodyError(f"{more}{position}: {problem}") from cause
                left -= 1
                yield Unreadable(named, problem, raw if isinstance(raw, dict) else {})


@dataclass(frozen=True, slots=True)
class PlainList:
    """A list as the wire has it, whose objects are JSON values and were not looked at."""

    data: list[Any]
    has_more: bool | None


def plain_list(body: bytes) -> PlainList | None:
    """Return a list whose objects are not read yet; None where a body is not so plain a list.

    A list that is returned is one that Many reads at once, or object by object.
    """
    try:
        refuse_many_values(body)
        whole = from_json(body)
    except ValueError:
        return None
    if type(whole) is not dict or whole.get("object", "list") != "list" or whole.get("error"):
        return None
    data: Any = whole.get("data")
    more = whole.get("has_more")
    is_plain = (
        type(data) is list
        and len(data) <= MOST_OBJECTS
        and (more is None or type(more) is bool)
        and all(isinstance(whole.get(name), str | None) for name in ("first_id", "last_id"))
    )
    return PlainList(data, more) if is_plain else None


@overload
def tolerant(call: ListCall[T]) -> Call[Page[T | Unreadable]]: ...
@overload
def tolerant(call: Call[Page[T]]) -> Call[Page[T | Unreadable]]: ...
@overload
def tolerant(call: Call[FileList]) -> Call[Page[FileObject | Unreadable]]: ...
def tolerant(call: ListCall[Any] | Call[Any]) -> Call[Any]:
    """Return the call for the same list, in which an unreadable object hides no other.

    Such an object becomes an Unreadable: its id, empty where that is unreadable too, and a sentence
    about the field. TypeError for a call that does not list.
    """
    asked = call.page if isinstance(call, ListCall) else call
    if not isinstance(asked.answer, Many):
        raise TypeError(f"{asked.method} /{asked.url} does not list")
    item: Any = asked.answer.item
    return replace(asked, answer=Many(Page[item], item, tolerant=True))


def seconds(value: Any) -> int:
    """Return a time in whole seconds since 1970, whatever form it has; 0 where it cannot be read."""
    if isinstance(value, str) and len(value) > _TIME:
        return 0
    try:
        time = float(value)
    except (TypeError, ValueError, OverflowError):
        time = _from_iso(value)
    time = next((time / unit for least, unit in _DIGITS if time >= least), time)
    return int(time) if 0 <= time < math.inf else 0


def _from_iso(value: Any) -> float:
    try:
        when = datetime.fromisoformat(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _named(identity: str, redactor: Redactor) -> str:
    return excerpt(redactor.redacted(identity))


def _object(raw: Any, redactor: Redactor) -> dict[str, Any]:
    """Return a JSON object that does not say that it is an error."""
    if not isinstance(raw, dict):
        raise BodyError(f"the body is {shown(raw, redactor)}, not an object")
    if raw.get("error"):
        raise BodyError(f"error is {shown(raw['error'], redactor)}")
    return raw


def _leniently(kind: type[ObjectT], raw: Any, redactor: Redactor) -> ObjectT:
    read = dict(_object(raw, redactor))
    own = kind.model_fields["object"].default
    if read.get("object") != own and str(read.get("object")) in _KINDS:
        raise BodyError(f"object is {shown(read['object'], redactor)}, not {shown(own)}")
    if "object" in read:
        read["object"] = own
    for name, known in kind.model_fields.items():
        if name in read and read[name] is None and not known.is_required():
            read[name] = known.get_default(call_default_factory=True)
    if "created_at" in read:
        read["created_at"] = seconds(read["created_at"])
    if not is_unicode(json.dumps(read, ensure_ascii=False)):
        raise BodyError("half a surrogate pair is in it, which is no character")
    try:
        return kind.model_validate(read)
    except ValidationError as cause:
        raise BodyError(wrong_field(cause, raw, redactor)) from cause


def _shell(kind: type[WireObject], rest: Mapping[str, Any]) -> WireObject:
    """Return a list without its objects; what it says about itself and cannot be read is left out."""
    try:
        return kind.model_validate({**rest, "data": []})
    except ValidationError as cause:
        wrong = {error["loc"][0] for error in cause.errors(include_url=False)}
        return kind.model_validate({**{k: v for k, v in rest.items() if k not in wrong}, "data": []})
