"""One canonical text for every JSON value, and the digests made of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Return JSON with sorted keys and no spaces; equal numbers are written alike (1.0 as 1)."""
    return json.dumps(_even(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(value: Any) -> str:
    """Return the sha256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _even(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(key): _even(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_even(inner) for inner in value]
    return value
