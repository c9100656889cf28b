"""State locations by their address: a folder, PostgreSQL, or object storage."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import StoreError, UnreadableStateError, UsageError
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.model.store_address import scheme_problem
from reconciler.store.folder import environments
from reconciler.store.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from reconciler.store.store import Snapshot, Store


_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """One state among those at a location, or why it cannot be read; its name is PROJECT/ENVIRONMENT."""

    name: str
    snapshot: Snapshot | None = None
    problem: str = ""


def opened(address: str, name: str) -> Store:
    """Return the store at an address, for one of its states, by name.

    UsageError for an unsupported scheme, StoreError where a package is not installed.
    """
    return _kind(address).open(address, name)


def folder(path: Path, environment: str | None) -> Store:
    """Return the store in a folder; each environment has one of its own beneath it."""
    return LocalStore(path / "environments" / environment, top=path) if environment else LocalStore(path)


def every(location: Path | str) -> list[Entry]:
    """Return every state in a folder or at an address, by name; one that cannot be read hides no other."""
    stores = _at(location) if isinstance(location, str) else _in(location)
    return sorted((_entry(name, store) for name, store in stores), key=lambda entry: entry.name)


def _at(address: str) -> Iterator[tuple[str, Callable[[], Store]]]:
    for name in _kind(address).names(address):
        yield name, partial(opened, address, name)


def _in(path: Path) -> Iterator[tuple[str, Callable[[], Store]]]:
    """Yield the states of a folder, which know their project themselves."""
    for environment in environments(path):
        yield f"?/{environment or NO_ENVIRONMENT}", partial(folder, path, environment)


def _entry(name: str, store: Callable[[], Store]) -> Entry:
    try:
        snapshot = store().snapshot()
    except UnreadableStateError as error:
        return Entry(name, problem=error.problem)
    except StoreError as error:
        return Entry(name, problem=str(error))
    return Entry(name.replace("?", snapshot.state.project or "?"), snapshot)


def _kind(address: str) -> _Kind:
    scheme, separator, _ = address.partition("://")
    if not separator or scheme not in _KINDS:
        problem = scheme_problem(address)
        raise UsageError(f"{problem}: {problem.help}")
    if len(address) > _LONGEST:
        raise UsageError(f"the state's address {scheme}://… has more than {_LONGEST} characters")
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
        "a state in object storage needs obstore, which is missing: "
        "run pip install '.[cloud]' in a checkout of assistants-sync."
    )


class _Kind(NamedTuple):
    """Functions of a scheme: open a state, and list the names of all."""

    open: Callable[[str, str], Store]
    names: Callable[[str], Sequence[str]]


_POSTGRES = _Kind(_postgres, _postgres_names)
_KINDS = {"postgresql": _POSTGRES, "postgres": _POSTGRES, "s3": _Kind(_objects, _objects_names)}
