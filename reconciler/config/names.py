"""Names of files as texts: what the bytes on disk and in git mean in UTF-8, whatever the locale says."""

from __future__ import annotations

import os

_UNDECODED = "surrogateescape"  # bytes that are not UTF-8 survive the way to a text and back


def to_bytes(path: str) -> bytes:
    """Return the bytes that name a file; UnicodeEncodeError for a text that can name none."""
    return path.encode("utf-8", _UNDECODED)


def from_bytes(name: bytes) -> str:
    """Return the text of a name."""
    return name.decode("utf-8", _UNDECODED)


def from_system(path: str | os.PathLike[str]) -> str:
    """Return the text of a name that the locale decoded: of the command line, or of a directory."""
    return from_bytes(os.fsencode(path))


def to_system(path: str) -> str:
    """Return a name as the locale decodes it, for calls that take texts."""
    return os.fsdecode(to_bytes(path))
