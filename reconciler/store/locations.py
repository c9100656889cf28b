"""Where states can be kept, by their address: a folder, PostgreSQL, or object storage."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import StoreError, UnreadableStateError, UsageError
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.store.folder import environments
from reconciler.store.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from reconciler.store.store import Snapshot, Store


@dataclass(frozen=True, slots=True)
class Entry:
    """One state among those at a place, or why it cannot be read; its name is PROJECT/ENVIRONMENT."""

    name: str
    snapshot: Snapshot | None = None
    problem: str = ""


def opened(address: str, name: str) -> Store:
    """The store at an address, for the state of this name among those that are kept there.

    UsageError for an address of no known kind, StoreError where what it needs is not installed.
    """
    return _kind(address).open(address, name)


def folder(path: Path, environment: str | None) -> Store:
    """The store in a folder; each environment has one of its own beneath it."""
    return LocalStore(path / "environments" / environment if environment else path)


def every(location: Path | str) -> list[Entry]:
    """Every state in a folder or at an address, by name; one that cannot be read hides no other."""
    stores = _at(location) if isinstance(location, str) else _in(location)
    return sorted((_entry(name, store) for name, store in stores), key=lambda one: one.name)


def _at(address: str) -> Iterator[tuple[str, Callable[[], Store]]]:
    for name in _kind(address).names(address):
        yield name, partial(opened, address, name)


def _in(path: Path) -> Iterator[tuple[str, Callable[[], Store]]]:
    """The states of a folder, which know their project themselves."""
    for one in environments(path):
        yield f"?/{one or NO_ENVIRONMENT}", partial(folder, path, one)


def _entry(name: str, store: Callable[[], Store]) -> Entry:
    try:
        found = store().snapshot()
    except UnreadableStateError as error:
        return Entry(name, problem=error.problem)
    except StoreError as error:
        return Entry(name, problem=str(error))
    return Entry(name.replace("?", found.state.project or "?"), found)


def _kind(address: str) -> _Kind:
    scheme = address.partition("://")[0]
    if scheme not in _KINDS:
        raise UsageError(
            f"the state's address {scheme}://… is of no known kind: name a folder, postgresql://… or s3://…"
        )
    return _KINDS[scheme]


def _postgres(address: str, name: str) -> Store:
    from reconciler.store.postgres import PostgresStore  # noqa: PLC0415 - only where it is named

    return PostgresStore(address, name)


def _postgres_names(address: str) -> Sequence[str]:
    from reconciler.store.postgres import names  # noqa: PLC0415 - the same

    return names(address)


def _objects(address: str, name: str) -> Store:
    try:
        from reconciler.store.objects import ObjectStore  # noqa: PLC0415 - the same

        return ObjectStore(f"{address.rstrip('/')}/{name}")
    except ModuleNotFoundError as cause:
        raise _without_obstore() from cause


def _objects_names(address: str) -> Sequence[str]:
    try:
        from reconciler.store.objects import names  # noqa: PLC0415 - the same

        return names(address)
    except ModuleNotFoundError as cause:
        raise _without_obstore() from cause


def _without_obstore() -> StoreError:
    return StoreError(
        "a state in object storage needs obstore, which is missing: pip install 'assistants-sync[cloud]'."
    )


class _Kind(NamedTuple):
    """How a state is opened, and how the names of all are found."""

    open: Callable[[str, str], Store]
    names: Callable[[str], Sequence[str]]


_POSTGRES = _Kind(_postgres, _postgres_names)
_KINDS = {"postgresql": _POSTGRES, "postgres": _POSTGRES, "s3": _Kind(_objects, _objects_names)}
