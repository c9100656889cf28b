"""State, bindings and intents ⇄ plain JSON values, strictly; and the text of a state file."""

from __future__ import annotations

import json
import math
import re
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from itertools import starmap
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from reconciler.errors import ConflictError, UnreadableStateError
from reconciler.model.address import NAME_PATTERN, Address, Kind, assistant, is_remote_id
from reconciler.model.canonical import canonical, digest
from reconciler.model.state import (
    FIRST_DIALECT,
    AssistantBinding,
    Binding,
    FileBinding,
    Intent,
    State,
    UploadRecord,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

FORMAT = 1
_HEAD = re.compile(rb'\{"format": %d, "checksum": "([0-9a-f]{64})", "state": ' % FORMAT)
_NEXT = ",\n"
GENERATIONS = 10
"""How many replaced states are kept."""
_LONGEST_PATH = 4_096  # characters of a file's address, as of a path on any system
_LONGEST_NAME = 4_096  # characters of a project, a target or an account

_Value = TypeVar("_Value", AssistantBinding, FileBinding, Intent, UploadRecord)


class NewerFormatError(ValueError):
    """A record of a format that only a newer version reads."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A State as one save wrote it.

    ``save`` is that save's own random id: serials come again after an earlier generation was restored,
    and ids never do. It is empty for what was written before saves had ids, and for what was never saved.
    ``at`` is when it was saved, as text that sorts.
    """

    state: State
    save: str = ""
    at: str = ""


def fresh(state: State) -> Saved:
    """Return a State about to be saved, under an id that no other save has."""
    return Saved(state, uuid4().hex, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def expect(expecting: int, ours: Saved, stored: Saved) -> None:
    """Raise ConflictError unless the stored State is the expected one, not only in its serial.

    ``ours`` is what was loaded or saved last: another save of the same serial is another life of the state.
    """
    if stored.state.serial != expecting:
        raise ConflictError(expecting, stored.state.serial)
    if ours.state.serial == expecting and stored.save != ours.save:
        raise ConflictError(expecting, expecting)


def text_of(saved: Saved) -> bytes:
    """Return the text of a state file: its canonical JSON, with a line for each value and each binding.

    The lines end where no text has an end of a line, so that the checksum is that of all lines in a row.
    """
    inside = {**state_values(saved.state), "id": saved.save, "saved": saved.at}
    # a name that was no UTF-8 on its disk comes back as it was
    text = _in_lines(inside).encode("utf-8", "surrogatepass")
    return b'{"format": %d, "checksum": "%b", "state": %b}\n' % (FORMAT, _checksum(text), text)


def _in_lines(inside: dict[str, Any]) -> str:
    """Return the canonical JSON of the values of a state, in lines."""
    values = {name: canonical(value) for name, value in inside.items() if name != "bindings"}
    bindings = {address: canonical(binding) for address, binding in inside["bindings"].items()}
    return _object({**values, "bindings": _object(bindings)})


def _object(values: Mapping[str, str]) -> str:
    lines = (f"{canonical(name)}:{values[name]}" for name in sorted(values))
    return f"{{\n{_NEXT.join(lines)}\n}}" if values else "{}"


def _checksum(text: bytes) -> bytes:
    """Return the digest of canonical JSON in lines."""
    return sha256(text.replace(b"\n", b"")).hexdigest().encode()


def saved_of(text: bytes) -> Saved:
    """Return the content of a state file; ValueError for a damaged one, NewerFormatError for a newer one."""
    try:
        record = json.loads(text)
        if _count(record["format"]) > FORMAT:
            raise NewerFormatError(f"it is of format {record['format']}, and this version reads {FORMAT}")
        inside: dict[str, Any] = record["state"]
        if not (_is_as_written(text) or record["checksum"] == digest(inside)):
            raise ValueError("the checksum does not fit")
        return Saved(state_of(inside), _text(inside.get("id", "")), _text(inside.get("saved", "")))
    except (KeyError, TypeError, AttributeError, RecursionError) as cause:
        raise ValueError("it is no state") from cause


def readable(text: bytes | None) -> Saved | None:
    """Return the content of a state file, or None when it cannot be read."""
    try:
        return None if text is None else saved_of(text)
    except ValueError:
        return None


@contextmanager
def reporting_damage(location: Path | str, remedy: Callable[[], str]) -> Iterator[None]:
    """Raise what :func:`saved_of` refuses as an UnreadableStateError; ``remedy`` repairs damage."""
    try:
        yield
    except NewerFormatError as cause:
        raise UnreadableStateError(location, str(cause), "Use a newer assistants-sync.") from cause
    except ValueError as cause:
        raise UnreadableStateError(location, "the state is damaged or cut short", remedy()) from cause


def _is_as_written(text: bytes) -> bool:
    """Return whether the text of a state file is one of ours, byte for byte but for the ends of its lines.

    The digest of the values costs as much as all the rest of a reading. It decides of other texts: of those
    of an earlier version, which have another layout, and of damaged ones.
    """
    head = _HEAD.match(text)
    return head is not None and text.endswith(b"}\n") and _checksum(text[head.end() : -2]) == head[1]


def state_values(state: State) -> dict[str, Any]:
    """Return a State as JSON values."""
    exceptions = {} if state.exceptions is None else {"exceptions": sorted(state.exceptions)}
    cursors = {"cursors": [*state.cursors]} if state.cursors else {}
    return {
        "lineage": state.lineage,
        "serial": state.serial,
        "project": state.project,
        "target": state.target,
        "account": state.account,
        "dialect": state.dialect,
        "traits": sorted(state.traits),
        "bindings": {
            str(address): binding_values(binding) for address, binding in sorted(state.bindings.items())
        },
        "unsettled": [intent_values(intent) for intent in state.pending],
        **exceptions,
        **cursors,
    }


def state_of(record: dict[str, Any]) -> State:
    """Return the State a record holds; KeyError, TypeError or ValueError when it holds none."""
    cursors = tuple(record.get("cursors", ()))
    _require_ids(*cursors)
    _share_digests(record["bindings"].values())
    return State(
        _name(record["lineage"]),
        _count(record["serial"]),
        project=_name(record["project"]),
        target=_name(record["target"]),
        bindings=dict(starmap(_bound, record["bindings"].items())),
        pending=tuple(intent_of(intent) for intent in record["unsettled"]),
        account=_name(record.get("account", "")),
        dialect=_name(record.get("dialect", FIRST_DIALECT if record["target"] else "")),
        traits=frozenset(map(_name, record.get("traits", ()))),
        exceptions=frozenset(map(_name, record["exceptions"])) if "exceptions" in record else None,
        cursors=cursors,
    )


def _share_digests(bindings: Iterable[Any]) -> None:
    """Keep equal digests as one object: ten thousand assistants may have one model and the same tools."""
    known: dict[Any, Any] = {}
    for one in bindings:
        digests = one.get("digests") if type(one) is dict else None
        if type(digests) is dict:
            one["digests"] = {path: known.setdefault(text, text) for path, text in digests.items()}


def _bound(key: str, record: dict[str, Any]) -> tuple[Address, Binding]:
    address = address_of(key)
    return address, _binding_of(address, record)


def address_of(text: str) -> Address:
    """Return an address; ValueError when it is none, or longer than any that a configuration declares."""
    address = Address.parse(text)
    is_assistant = address.kind is Kind.ASSISTANT
    if is_assistant and not NAME_PATTERN.fullmatch(address.name):
        raise ValueError("it is not the name of an assistant")
    if len(address.name) > _LONGEST_PATH:
        raise ValueError("it is longer than any path")
    return address


def binding_values(binding: Binding) -> dict[str, Any]:
    """Return a binding as JSON values.

    Only what is adopted, or was moved by a user, says so: an earlier version, which would delete it, does not
    read such a state.
    """
    values = _values(binding)
    if not values.get("marked"):
        values.pop("marked", None)
    if "old" in values:
        values["old"] = [_values(one) for one in values["old"]]
    for one in (values, *values.get("old", ())):
        if not one.get("adopted"):
            one.pop("adopted", None)
    return values


def binding_of(address: str, record: dict[str, Any]) -> Binding:
    """Return the binding of an address; KeyError, TypeError or ValueError when it is none."""
    return _binding_of(address_of(address), record)


def _binding_of(address: Address, record: dict[str, Any]) -> Binding:
    if address.kind is Kind.ASSISTANT:
        bound = _strict(AssistantBinding(**{**record, "ignored": tuple(record.get("ignored", ()))}))
        _require_ids(bound.id)
        _name(bound.declared)
        if bound.marked:
            address_of(str(assistant(bound.marked)))
        return bound
    names = ("inferred", "adopted")
    lists = {"old": tuple(map(_upload_of, record["old"]))} | {
        one: tuple(record.get(one, ())) for one in names
    }
    upload = _strict(FileBinding(**{**record, **lists}))
    _require_ids(*upload.ids, *upload.inferred, *upload.adopted)
    return upload


def _upload_of(record: Any) -> UploadRecord:
    """Return the record of an upload; an earlier version wrote no more than its id."""
    return UploadRecord(_text(record)) if _is_text(record) else _strict(UploadRecord(**record))


def intent_values(intent: Intent) -> dict[str, Any]:
    """Return an Intent as JSON values."""
    return {**_values(intent), "address": str(intent.address)}


def _values(record: Binding | Intent | UploadRecord) -> dict[str, Any]:
    """Return the fields of a record by name, and not a copy of what is in them as ``asdict`` would."""
    return {name: getattr(record, name) for name in record.__slots__}


def intent_of(record: dict[str, Any]) -> Intent:
    """Return the Intent a record holds; KeyError, TypeError or ValueError when it holds none."""
    lists = {"known": tuple(record["known"]), "attached": tuple(record.get("attached", ()))}
    intent = _strict(Intent(**{**record, "address": address_of(record["address"]), **lists}))
    _require_ids(intent.id, *intent.known, *intent.attached)
    return intent


def _require_ids(*texts: str) -> None:
    """Raise ValueError unless all texts are remote ids; an empty one stands for none."""
    for text in texts:
        if text and not is_remote_id(text):
            raise ValueError("it is not the id of an object of a server")


def _strict(record: _Value) -> _Value:
    """Return a value whose fields all have their declared types; TypeError for another type in the JSON."""
    for name, fits in _CHECKS[type(record)]:
        value = getattr(record, name)
        if not fits(value):
            raise TypeError(f"{name} cannot be {value!r}")
    return record


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0  # True is an int, and no count


def _is_time(value: Any) -> bool:
    return type(value) in {int, float} and math.isfinite(value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, tuple) and set(map(type, value)) <= {str}


def _is_texts_by_name(value: Any) -> bool:
    return isinstance(value, dict) and set(map(type, value.values())) <= {str}


_FITS: dict[str, Callable[[Any], bool]] = {
    "str": _is_text,
    "int": _is_count,
    "float": _is_time,
    "bool": lambda value: isinstance(value, bool),
    "tuple[str, ...]": _are_texts,
    "tuple[UploadRecord, ...]": lambda value: all(isinstance(one, UploadRecord) for one in value),
    "Mapping[str, str]": _is_texts_by_name,
    "Mapping[str, str] | None": lambda value: value is None or _is_texts_by_name(value),
    "Address": lambda value: isinstance(value, Address),
}
_CHECKS: dict[type[Any], Sequence[tuple[str, Callable[[Any], bool]]]] = {
    kind: [(field.name, _FITS[str(field.type)]) for field in fields(kind)]
    for kind in (AssistantBinding, FileBinding, Intent, UploadRecord)
}
"""The name of each field of a record, and whether a value has its declared type."""


def _text(value: Any) -> str:
    if not _is_text(value):
        raise TypeError(f"{value!r} is not text")
    return str(value)


def _name(value: Any) -> str:
    """Return what names something on one line; ValueError where it is longer than any name."""
    if len(_text(value)) > _LONGEST_NAME:
        raise ValueError("it is longer than any name")
    return str(value)


def _count(value: Any) -> int:
    if not _is_count(value):
        raise TypeError(f"{value!r} is not a count")
    return int(value)
