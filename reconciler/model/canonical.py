"""One canonical text for every JSON value, and the digests made of it."""

from __future__ import annotations

import json
import marshal
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring  # the C function, where the interpreter has it
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_CONTROLS = bytes(code for code in range(0x20) if code != ord("\n"))  # JSON has an escape for each of them
_SHORT = 100  # characters of a text that may be there again: a model, a value of a pair
_MANY = 4_096
_BY_VALUE = 2  # the last version of `marshal` in which values that are shared have no other bytes


def canonical(value: Any) -> str:
    """Return JSON with sorted keys and no spaces; equal numbers are written alike (1.0 as 1)."""
    return encode_basestring(value) if type(value) is str else _ENCODER.encode(_even(value))


def digest(value: Any) -> str:
    """Return the sha256 of the canonical text, in hex."""
    if type(value) is str:
        return _digest_of_short(value) if len(value) <= _SHORT else _digest_of_text(value)
    return sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def exact(value: Any) -> bytes:
    """Return bytes that only equal JSON values of equal types in equal order have: 1, 1.0 and true differ.

    They are for one run alone. ValueError for a value that is too deep, or not of JSON.
    """
    return marshal.dumps(value, _BY_VALUE)


def _digest_of_text(text: str) -> str:
    """Return the digest of a text; the escapes of most texts are few, and cheaper in bytes."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw.translate(None, _CONTROLS)) != len(raw):
        return sha256(encode_basestring(text).encode("utf-8", "surrogatepass")).hexdigest()
    escaped = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return sha256(b'"' + escaped + b'"').hexdigest()


_digest_of_short = lru_cache(_MANY)(_digest_of_text)


def _even(value: Any) -> Any:
    if isinstance(value, (str, int)) or value is None:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {str(key): _even(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_even(inner) for inner in value]
    return value
