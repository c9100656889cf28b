"""Contents of git's store by the names of their blobs, from one conversation for all of them."""

from __future__ import annotations

import io
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Final

from reconciler.config.errors import ContentError
from reconciler.config.git import DAMAGED, Conversation, GitError, is_partial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE = 1024 * 1024
MOST: Final = 100_000_000
"""Bytes of contents that are read at most."""


class Objects:
    """Contents by the names of their blobs, from two gits that run: one knows sizes, the other prints.

    ``known`` has the digests and sizes of contents that are not read again.
    """

    def __init__(self, folder: Path, sizes: Conversation, contents: Conversation) -> None:
        self._folder = folder
        self.known: dict[str, tuple[str, int]] = {}
        self._sizes, self._asking_sizes = sizes, io.BufferedReader(sizes)
        self._contents, self._asking_contents = contents, io.BufferedReader(contents, _PIECE)

    def size(self, blob: str, path: str) -> int:
        """Return the size of a content; ContentError where git does not have it."""
        self._sizes.request(blob.encode())
        answer = self._asking_sizes.readline().split()
        if len(answer) != 3 or answer[1] != b"blob":  # noqa: PLR2004 - name, kind and size
            raise ContentError("AS301", f"{path}: git lacks the content", self._remedy)
        return int(answer[2])

    def content(self, blob: str, path: str, limit: int) -> bytes:
        """Return a whole content; ContentError above ``limit`` bytes."""
        if self.size(blob, path) > limit:
            raise ContentError("AS305", f"{path} is larger than {limit:,} bytes")
        return b"".join(self.pieces(blob))

    def pieces(self, blob: str) -> Iterator[bytes]:
        """Yield a content; it must be read to its end."""
        self._contents.request(blob.encode())
        left = int(self._asking_contents.readline().split()[2])
        while left:
            piece = self._asking_contents.read(min(left, _PIECE))
            if not piece:
                raise GitError("it ended in the middle of a content")
            left -= len(piece)
            yield piece
        self._asking_contents.read(1)

    @cached_property
    def _remedy(self) -> str:
        return "fetch what this partial clone left out" if is_partial(self._folder) else DAMAGED


@contextmanager
def objects(folder: Path, most: int = MOST) -> Iterator[Objects]:
    """Yield git's store, of which at most so many bytes are read."""
    with (
        Conversation(folder, ("cat-file", "--batch-check"), most) as sizes,
        Conversation(folder, ("cat-file", "--batch"), most) as contents,
    ):
        yield Objects(folder, sizes, contents)
