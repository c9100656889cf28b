"""A file on its way into a multipart request: bytes, an open file, or a path that is opened to be sent."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOBase
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

FileContent: TypeAlias = IO[bytes] | bytes | PathLike[str]
"""Bytes, an open binary file, or a path such as ``pathlib.Path``."""
FileUpload: TypeAlias = FileContent | tuple[str, FileContent] | tuple[str, FileContent, str]
"""Content, or (name, content), or (name, content, media type)."""
Sent: TypeAlias = tuple[str, IO[bytes] | bytes] | tuple[str, IO[bytes] | bytes, str]

_UNNAMED = "upload"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a request; ``kind`` is its media type, guessed from the name when None."""

    name: str
    content: FileContent
    kind: str | None = None

    @property
    def is_replayable(self) -> bool:
        """Whether the content can be read once more after it was read."""
        return isinstance(self.content, (bytes, PathLike)) or self.content.seekable()

    @contextmanager
    def opened(self) -> Iterator[Sent]:
        """The part in the transport's form; a path is open for as long as this lasts.

        Raises OSError when a path cannot be opened.
        """
        if isinstance(self.content, PathLike):
            with Path(self.content).open("rb") as file:
                yield self._sent(file)
        else:
            yield self._sent(self.content)

    def _sent(self, content: IO[bytes] | bytes) -> Sent:
        return (self.name, content) if self.kind is None else (self.name, content, self.kind)


def part(upload: FileUpload) -> Part:
    """What a caller wants to upload, named; TypeError for text, which could be a path or content."""
    if not isinstance(upload, tuple):
        return Part(_name_of(_binary(upload)), upload)
    if len(upload) not in {2, 3}:
        raise TypeError(f"upload (name, content) or (name, content, media type), not {len(upload)} things")
    name, content, *kind = upload
    return Part(name, _binary(content), *kind)


def _binary(content: FileContent) -> FileContent:
    is_open = hasattr(content, "read") and not isinstance(content, TextIOBase)
    if not (is_open or isinstance(content, (bytes, PathLike))):
        raise TypeError(
            f"upload bytes, a file opened with mode 'rb', or a pathlib.Path, not {type(content).__name__}; "
            "text could be a path or content"
        )
    return content


def _name_of(content: FileContent) -> str:
    named = content if isinstance(content, PathLike) else getattr(content, "name", _UNNAMED)
    return Path(str(named)).name
