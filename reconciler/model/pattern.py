"""The module `re`, whose patterns are compiled when they are first used.

The program has hundreds of patterns, and a run uses a few of them; to compile one takes as long as to read
ten assistants. Modules import it as ``re``.
"""

from __future__ import annotations

import re
from re import (
    ASCII,
    DOTALL,
    IGNORECASE,
    MULTILINE,
    VERBOSE,
    Match,
    Pattern,
    escape,
    findall,
    finditer,
    fullmatch,
    match,
    search,
    split,
    sub,
)
from typing import TYPE_CHECKING, Any, AnyStr

if TYPE_CHECKING:
    from re import RegexFlag

__all__ = [
    "ASCII",
    "DOTALL",
    "IGNORECASE",
    "MULTILINE",
    "VERBOSE",
    "Match",
    "Pattern",
    "compile",
    "escape",
    "findall",
    "finditer",
    "fullmatch",
    "match",
    "search",
    "split",
    "sub",
]


class _Later:
    """A pattern that is compiled when one of its methods is first asked for."""

    def __init__(self, pattern: str | bytes, flags: int | RegexFlag) -> None:
        self.pattern = pattern
        self._flags = flags

    @property  # type: ignore[misc] # isinstance takes it for what it stands for
    def __class__(self) -> Any:
        return re.Pattern

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self._flags), name)
        self.__dict__[name] = found  # the next call is as quick as that of a pattern
        return found

    def __repr__(self) -> str:
        return f"re.compile({self.pattern!r}, {self._flags!r})"


def compile(pattern: AnyStr, flags: int | RegexFlag = 0) -> Pattern[AnyStr]:  # noqa: A001 - it stands for that of `re`
    """Return a pattern that is compiled when it is first used."""
    return _Later(pattern, flags)  # type: ignore[return-value] # it has the same attributes
