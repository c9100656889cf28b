"""The file's shape: what may be written, strictly; what is wrong becomes located Diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reconciler.config.accepting import accepted
from reconciler.config.outline import DoubtError
from reconciler.dialects.written import Strict

if TYPE_CHECKING:
    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.config.shapes import Document
    from reconciler.config.source import Source

S = TypeVar("S", bound=Strict)


@dataclass(frozen=True)
class Declared:
    """What a file declares, and where."""

    source: Source
    node: Node
    document: Document


def declare(source: Source, node: Node, shape: type[S], problems: Problems) -> S | None:
    """Return a node in a shape; None where something is wrong, which is reported at its position."""
    try:
        return accepted(shape, node.plain())
    except DoubtError:
        from reconciler.config.explaining import explained  # noqa: PLC0415 - few files have mistakes

        return explained(source, node, shape, problems)


def salvage(source: Source, node: Node, shape: type[S], problems: Problems) -> S | None:
    """Return a whole file in its shape; what is wrong is left out, so that the rest can still be checked.

    None where too much is wrong.
    """
    try:
        return accepted(shape, node.plain())
    except DoubtError:
        from reconciler.config.explaining import rest_of  # noqa: PLC0415 - the same

        return rest_of(source, node, shape, problems)
