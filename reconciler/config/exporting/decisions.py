"""What of an account is written and how, decided before it is written and after it was read back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Decisions:
    """What is not written, and what a reviewer has to allow.

    ``skipped`` has the reason for each assistant that cannot be adopted, by id. ``left`` has the reason for
    each field, or key of a field, that is left out: by the id of the assistant and the path. ``by_id`` are
    uploads without a file, by id. ``allowed`` are findings: code and place. ``characters`` pass
    everywhere.
    """

    skipped: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[tuple[str, str], str] = field(default_factory=dict)
    by_id: Mapping[str, str] = field(default_factory=dict)
    allowed: frozenset[tuple[str, str]] = frozenset()
    characters: frozenset[str] = frozenset()

    def skip(self, one: str, reason: str) -> Decisions:
        """Return the same without an assistant; its first reason counts."""
        return replace(self, skipped={one: reason, **self.skipped})

    def leave(self, one: str, path: str, reason: str) -> Decisions:
        """Return the same without a field, or a key of one."""
        return replace(self, left={(one, path): reason, **self.left})

    def name_by_id(self, upload: str, reason: str) -> Decisions:
        """Return the same with an upload that is named by its id."""
        return replace(self, by_id={upload: reason, **self.by_id})

    def allow(self, code: str, place: str) -> Decisions:
        """Return the same with an exception."""
        return replace(self, allowed=self.allowed | {(code, place)})

    def forbid(self, allowed: tuple[str, str]) -> Decisions:
        """Return the same without an exception."""
        return replace(self, allowed=self.allowed - {allowed})

    def pass_characters(self, characters: Iterable[str]) -> Decisions:
        """Return the same with characters that pass."""
        return replace(self, characters=self.characters | {*characters})

    def has_left(self, one: str, path: str) -> bool:
        """Return whether a field, or a key of one, is left out."""
        return (one, path) in self.left or (one, path.partition(".")[0]) in self.left
