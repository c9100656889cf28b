"""Probe of conditional writes; without them there is no lock, and a save can undo another."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from reconciler.errors import StoreError

if TYPE_CHECKING:
    from reconciler.store.bucket import Bucket

_PROVED = "conditions.json"


def prove(bucket: Bucket) -> None:
    """Try the conditions once beneath a prefix, and remember it there; StoreError where they do not hold."""
    if bucket.get(_PROVED):
        return
    name = f"probe-{uuid4().hex}.json"
    try:
        broken = _tried(bucket, name)
    finally:
        with suppress(StoreError):
            bucket.delete([name])
    if broken:
        raise StoreError(
            f"{bucket.address} cannot store a state: the service {broken}, so two runs could overwrite "
            "each other. Use one that honours conditional writes, such as Amazon S3, Cloudflare R2 or a "
            "current MinIO, a PostgreSQL database, or a state folder. Nothing was changed."
        )
    bucket.put(_PROVED, json.dumps({"format": 1, "honoured": ["If-None-Match", "If-Match"]}).encode() + b"\n")


def _tried(bucket: Bucket, name: str) -> str:
    """Return the fault of a service with one object; empty where there is none."""
    tag = bucket.swap(name, _text(), None)
    if tag is None:
        return "refuses to create an object that is not there (If-None-Match)"
    if bucket.swap(name, _text(), None) is not None:
        return "ignores If-None-Match"
    if bucket.swap(name, _text(), f'"{uuid4().hex}"') is not None:
        return "ignores If-Match"
    return "" if bucket.swap(name, _text(), tag) else "refuses an If-Match that holds"


def _text() -> bytes:
    """Return a text that no other attempt writes."""
    return json.dumps({"probe": uuid4().hex}).encode() + b"\n"
