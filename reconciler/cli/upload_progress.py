"""Files that report how far they have been read while they are sent."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model.resource import DesiredFile
    from reconciler.render.terminal import Progress


def watched(
    reopen: Callable[[DesiredFile], IO[bytes]], progress: Progress
) -> Callable[[DesiredFile], IO[bytes]]:
    """Return a function that opens a file and shows its reading as progress."""

    def opened(file: DesiredFile) -> IO[bytes]:
        return cast("IO[bytes]", _Watched(reopen(file), file, progress))

    return opened


class _Watched:
    """A file that reports its reading, and is in all else the file that it wraps."""

    def __init__(self, content: IO[bytes], file: DesiredFile, progress: Progress) -> None:
        self._content, self._file, self._progress = content, file, progress

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self._progress.sent(self._file.address.name, self._content.tell(), self._file.size)
        return piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._content.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)
