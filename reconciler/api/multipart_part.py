"""A file on its way into a multipart request: bytes, an open file, or a path that is opened to be sent."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias, cast

from reconciler.api.errors import APIConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

FileContent: TypeAlias = IO[bytes] | bytes | os.PathLike[str]
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
        return isinstance(self.content, (bytes, os.PathLike)) or self.content.seekable()

    @contextmanager
    def opened(self) -> Iterator[Sent]:
        """Open the part in the transport's form; a path is open for as long as this lasts.

        Raises OSError when a path cannot be opened.
        """
        if isinstance(self.content, os.PathLike):
            with Path(self.content).open("rb") as file:
                yield self._sent(_readable(file))
        elif isinstance(self.content, bytes):
            yield self._sent(self.content)
        else:
            yield self._sent(_readable(self.content))

    def _sent(self, content: IO[bytes] | bytes) -> Sent:
        return (self.name, content) if self.kind is None else (self.name, content, self.kind)


class _Piped:
    """A file that can only be read: sent as it comes, without its size."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        return self._content.read(size)


class _Measured(_Piped):
    """A file that is sent from its beginning, and is as long as it says when it is wound to its end.

    The size on the disk is another one for a compressed file, or one whose writes are not flushed. A file
    that is longer or shorter by the time it was read raises APIConnectionError.
    """

    def __init__(self, content: IO[bytes]) -> None:
        super().__init__(content)
        self._size = content.seek(0, os.SEEK_END)

    def read(self, size: int = -1) -> bytes:
        piece = super().read(size)
        at = self._content.tell()
        if at > self._size or (not piece and at < self._size):
            raise APIConnectionError("the file changed while it was sent", sent=True)
        return piece

    def tell(self) -> int:
        return self._content.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._content.seek(offset, whence)


def _readable(content: IO[bytes]) -> IO[bytes]:
    """Return an open file with no more than the transport needs, which would ask for its size on the disk."""
    return cast("IO[bytes]", _Measured(content) if content.seekable() else _Piped(content))


def part(upload: FileUpload) -> Part:
    """Return a named part with what a caller uploads.

    TypeError for text, which could be a path or content; ValueError for a name or a media type that no
    header can carry.
    """
    if not isinstance(upload, tuple):
        return _checked(Part(_name_of(_binary(upload)), upload))
    if len(upload) not in {2, 3}:
        raise TypeError(f"upload (name, content) or (name, content, media type), not {len(upload)} things")
    name, content, *kind = upload
    return _checked(Part(name, _binary(content), *kind))


def _checked(part: Part) -> Part:
    if not part.name or not _is_text(part.name):
        raise ValueError(f"an upload needs a name, and {part.name!r} is none")
    if part.kind is not None and not (part.kind.isascii() and part.kind.isprintable()):
        raise ValueError(f"{part.kind!r} is no media type")
    return part


def _is_text(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def _binary(content: FileContent) -> FileContent:
    is_open = hasattr(content, "read") and not isinstance(content.read(0), str)
    if not (is_open or isinstance(content, (bytes, os.PathLike))):
        raise TypeError(
            f"upload bytes, a file opened with mode 'rb', or a pathlib.Path, not {type(content).__name__}; "
            "text could be a path or content"
        )
    return content


def _name_of(content: FileContent) -> str:
    named = os.fspath(content) if isinstance(content, os.PathLike) else getattr(content, "name", _UNNAMED)
    return Path(str(named)).name
