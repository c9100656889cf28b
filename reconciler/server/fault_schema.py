"""Schema of faults: the parameters of each kind, and the values of each parameter."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from reconciler.model.diagnostic import did_you_mean
from reconciler.server.deviations.exchange import Row
from reconciler.server.deviations.table import BUNDLES, ROWS
from reconciler.server.request_patterns import Pattern

Fields = Mapping[str, Any]
Problems = Iterator[tuple[str, str]]

KINDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "drop": ((), ("reset",)),
    "commit_then_drop": ((), ("reset",)),
    "delay": (("seconds",), ()),
    "commit_then_delay": (("seconds",), ()),
    "status": (("status",), ("retry_after", "html")),
    "commit_then_status": (("status",), ("retry_after", "html")),
    "truncate": ((), ("keep",)),
    "html": ((), ("commit",)),
    "redirect": (("url",), ("status",)),
    "late_commit": (("seconds",), ("status", "drop")),
    "lag": (("seconds",), ()),
    "hang": ((), ("seconds",)),
    "deviate": (("as",), ("size", "status", "variant")),
}
"""The parameters that each kind needs, and those that it may have."""

_PLACING: Final = ("on", "at", "times", "every", "rate")
_CHOICES: Final = ("at", "every", "rate")
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_ERRORS: Final = range(400, 600)


def problems(fields: Fields) -> Problems:
    """Yield the mistakes in a fault: a parameter, and a sentence about it."""
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        yield "kind", f"expected one of {', '.join(KINDS)}, not {kind!r}"
        return
    yield from _misplaced(kind, fields)
    yield from _malformed(kind, fields)
    yield from _contradicting(kind, fields)
    if kind == "deviate" and "as" in fields:
        yield from _deviating(fields["as"], fields)


def _deviating(name: object, fields: Fields) -> Problems:
    if isinstance(name, str) and name in BUNDLES:
        for each in ("on", *KINDS["deviate"][1]):
            if each in fields:
                yield each, f"the bundle {name} has no such parameter; its rows have their own"
    elif isinstance(name, str) and name in ROWS:
        yield from _of_row(ROWS[name], fields)
    else:
        near = did_you_mean(name, (*ROWS, *BUNDLES)) if isinstance(name, str) else ""
        remedy = near or f"the rows are {', '.join(ROWS)}; the bundles are {', '.join(BUNDLES)}"
        yield "as", f"no deviation has the name {name!r}; {remedy}"


def _of_row(row: Row, fields: Fields) -> Problems:
    if "size" in fields and row.size is None:
        yield "size", f"the row {row.name} has no such parameter"
    for each, known in (("status", row.statuses), ("variant", row.variants)):
        if each in fields and fields[each] not in known:
            choice = f"expected one of {', '.join(map(str, known))}, not {fields[each]!r}"
            yield each, choice if known else f"the row {row.name} has no such parameter"


def _misplaced(kind: str, fields: Fields) -> Problems:
    needed, allowed = KINDS[kind]
    known = (*needed, *allowed, *_PLACING)
    for name in fields:
        if name not in ("kind", *known):
            yield name, f"the kind {kind} has no such parameter; it has {', '.join(known)}"
    for name in needed:
        if name not in fields:
            yield name, f"the kind {kind} needs it"


def _malformed(kind: str, fields: Fields) -> Problems:
    checks = _checked(kind)
    for name, value in fields.items():
        if name in checks and not checks[name][1](value):
            yield name, f"expected {checks[name][0]}, not {value!r}"


def _contradicting(kind: str, fields: Fields) -> Problems:
    chosen = [name for name in _CHOICES if name in fields]
    for name in chosen[1:]:
        yield name, f"cannot be combined with {chosen[0]}"
    if kind == "late_commit" and fields.get("drop") is True and "status" in fields:
        yield "status", "nothing is answered where drop is true"
    if kind == "lag" and str(fields.get("on", "*")).partition(" ")[0] not in {"GET", "*"}:
        yield "on", "only lists lag; begin it with GET"


def _text(value: object) -> bool:
    # What a header can carry.
    return isinstance(value, str) and bool(value.strip()) and value.isascii() and value.isprintable()


def _pattern(value: object) -> bool:
    try:
        Pattern(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _whole(value: object) -> bool:
    return isinstance(value, int) and _number(value)


def _counted(value: object) -> bool:
    return _whole(value) and value != 0


Check = tuple[str, Callable[[Any], bool]]

_FLAG: Final[Check] = ("true or false", lambda value: isinstance(value, bool))
_COUNT: Final[Check] = ("a whole number from 1", _counted)

_CHECKS: Final[Mapping[str, Check]] = {
    "on": ('a method and a path such as "POST /assistants/*"', _pattern),
    "at": _COUNT,
    "times": _COUNT,
    "every": _COUNT,
    "rate": ("a number from 0 to 1", lambda value: _number(value) and value <= 1),
    "seconds": ("a number of seconds", _number),
    "status": ("a whole number from 400 to 599", lambda value: _whole(value) and value in _ERRORS),
    "retry_after": ("a number of seconds, or a text", lambda value: _number(value) or _text(value)),
    "keep": ("a number of bytes", _whole),
    "url": ("a URL", _text),
    "size": _COUNT,
    "html": _FLAG,
    "commit": _FLAG,
    "drop": _FLAG,
    "reset": _FLAG,
}

_REDIRECT: Final[Check] = (
    f"one of {', '.join(map(str, _REDIRECTS))}",
    lambda value: _whole(value) and value in _REDIRECTS,
)


def _checked(kind: str) -> Mapping[str, Check]:
    return {**_CHECKS, "status": _REDIRECT} if kind == "redirect" else _CHECKS
