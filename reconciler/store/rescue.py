"""A copy of a state that its folder did not take, in another folder."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import files

if TYPE_CHECKING:
    from collections.abc import Iterator


def copy(name: str, text: bytes) -> Path | None:
    """Write a text durably, for its owner alone, and return its path; None when no folder took it.

    A name that cannot be guessed keeps others from preparing a file or a link of that name.
    """
    for folder in _folders():
        path = folder / name
        with suppress(OSError):
            files.create(path, text)
            with suppress(OSError):  # the file is written; its name may still not survive a power cut
                files.sync(folder)
            return path
    return None


def _folders() -> Iterator[Path]:
    """Yield the system's temporary folder, then the home folder."""
    with suppress(OSError):
        yield Path(tempfile.gettempdir()).absolute()
    with suppress(RuntimeError):  # a container's user need not have a home
        yield Path.home()
