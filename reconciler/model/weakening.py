"""A protection that a configuration weakens, compared with what was last applied."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Protection(StrEnum):
    """The protections that a configuration can weaken."""

    PREVENT_DESTROY = "prevent_destroy"
    IGNORE_CHANGES = "ignore_changes"
    LINT = "lint"


@dataclass(frozen=True, slots=True)
class Weakening:
    """A protection that was there at the last apply, and no longer is.

    ``address`` is empty where it is about the whole configuration. ``names`` are the fields that are ignored
    from now on, or the exceptions that the checks allow.
    """

    protection: Protection
    address: str = ""
    names: tuple[str, ...] = ()
