"""Names that look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.characters import look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.config.layers import Layers

_SHOWN = 60  # letters of a name


def check_names(field: str, named: Iterable[tuple[Layers, str]]) -> None:
    """Report names that are equal, or that differ in what looks alike only; each is compared once."""
    first: dict[str, tuple[Layers, str]] = {}
    for layers, name in named:
        other, same = first.setdefault(look(name), (layers, name))
        if other is not layers:
            alike = "is also" if name == same else f"{_spelt(name)} looks like {_spelt(same)},"
            problem = f"`{field}` {alike} the name of assistant `{other.name}`"
            remedy = "choose names that a person can tell apart"
            layers.warn("AS511", problem, field, help=remedy)


def names(field: str, made: Iterable[tuple[Layers, Mapping[str, object]]]) -> list[tuple[Layers, str]]:
    """Return the names of assistants that have one."""
    return [(layers, str(fields[field])) for layers, fields in made if fields.get(field)]


def _spelt(name: str) -> str:
    """Return a name in which letters that are not of ASCII are numbers, so that its difference shows."""
    letters = (one if one.isascii() else f"<U+{ord(one):04X}>" for one in name[:_SHOWN])
    return f"'{''.join(letters)}'"
