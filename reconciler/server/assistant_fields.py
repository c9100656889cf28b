"""The fields of an assistant, one row each: requests, tables and replies take them from here."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.server import decisions, refusals
from reconciler.server.checks import array, file_id, mapping, text
from reconciler.server.toolrules import tools

_PAIRS: Final = 16
_KEY: Final = 64
_VALUE: Final = 512


@dataclass(frozen=True)
class Field:
    """One field; its `check` returns the clean value of one that was sent, or raises a refusal.

    `blank` is the value of a field that was left out of a creation, or was cleared by null; one that is
    `required` has none. A field that is not `stored` has a table of its own. `since` is the version of the
    tables that had its column first; only a field of the first version can be `required`.
    """

    name: str
    check: Callable[[str, Any], Any]
    blank: Any = None
    required: bool = False
    stored: bool = True
    since: int = 1

    @property
    def column(self) -> str:
        """The definition of its column."""
        return (
            f"{self.name} TEXT" if self.blank is None and not self.required else f"{self.name} TEXT NOT NULL"
        )

    @property
    def default(self) -> str:
        """The blank value in SQL, for rows that are older than the column."""
        return "NULL" if self.blank is None else f"'{self.pack(self.blank)}'"

    def pack(self, value: Any) -> Any:
        """Return a value as it is stored: text, or JSON where it is an array or an object."""
        return value if self.blank is None else json.dumps(value)

    def unpack(self, value: Any) -> Any:
        """Return a stored value as it is on the wire."""
        return value if self.blank is None else json.loads(value)


def _nullable(limit: int) -> Callable[[str, Any], Any]:
    return lambda param, value: value if value is None else text(param, value, limit)


def _files(param: str, value: Any) -> list[str]:
    files = array(param, value, decisions.FILES)
    return [file_id(f"{param}[{index}]", file) for index, file in enumerate(files)]


def _metadata(param: str, value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    pairs = mapping(param, value)
    if len(pairs) > _PAIRS:
        raise refusals.many_properties(param, _PAIRS, len(pairs))
    return {_key(param, key): _value(f"{param}.{key}", each) for key, each in pairs.items()}


def _key(param: str, key: str) -> str:
    if decisions.length(key) > _KEY:
        raise refusals.long_property(param, _KEY, decisions.length(key))
    return key


def _value(param: str, value: Any) -> str:
    return text(param, decisions.metadata_text(param, value), _VALUE)


FIELDS: tuple[Field, ...] = (
    Field("name", _nullable(256)),
    Field("description", _nullable(512)),
    Field("model", text, required=True),
    Field("instructions", _nullable(32768)),
    Field("tools", tools, blank=[]),
    Field("file_ids", _files, stored=False),
    Field("metadata", _metadata, blank={}),  # recordings show {} for one that was left out
)
"""In the order of the wire, and of the columns."""


def stored() -> Iterator[Field]:
    """Yield the fields that have a column."""
    return (field for field in FIELDS if field.stored)


def blank() -> Mapping[str, Any]:
    """Return the values of fields that a creation leaves out."""
    return {field.name: field.blank for field in stored() if not field.required}


def required() -> tuple[str, ...]:
    """Return the names of the fields that a creation must have."""
    return tuple(field.name for field in FIELDS if field.required)


def checks() -> Mapping[str, Callable[[str, Any], Any]]:
    """Return the check of each field, by its name."""
    return {field.name: field.check for field in FIELDS}
