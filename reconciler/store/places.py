"""Where a state can be kept, by its address: a folder, PostgreSQL, or object storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import StoreError, UsageError
from reconciler.store.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.store.store import Store


def opened(address: str, name: str) -> Store:
    """The store at an address, for the state of this name among those that are kept there.

    UsageError for an address of no known kind, StoreError where what it needs is not installed.
    """
    scheme = address.partition("://")[0]
    if scheme not in _KINDS:
        raise UsageError(
            f"the state's address {scheme}://… is of no known kind: name a folder, postgresql://… or s3://…"
        )
    return _KINDS[scheme](address, name)


def folder(path: Path, environment: str | None) -> Store:
    """The store in a folder; each environment has one of its own beneath it."""
    return LocalStore(path / "environments" / environment if environment else path)


def _postgres(address: str, name: str) -> Store:
    from reconciler.store.postgres import PostgresStore  # noqa: PLC0415 - only where it is named

    return PostgresStore(address, name)


def _objects(address: str, name: str) -> Store:
    from reconciler.store.objects import ObjectStore  # noqa: PLC0415 - only where it is named

    try:
        return ObjectStore(f"{address.rstrip('/')}/{name}")
    except ModuleNotFoundError as cause:
        raise StoreError(
            "a state in object storage needs obstore, which is missing: pip install 'assistants-sync[cloud]'."
        ) from cause


_KINDS: dict[str, Callable[[str, str], Store]] = {
    "postgresql": _postgres,
    "postgres": _postgres,
    "s3": _objects,
}
