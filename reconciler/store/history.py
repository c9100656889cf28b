"""Earlier generations: each state file that was replaced, under its serial, so that one can be restored."""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

from reconciler import files
from reconciler.model import pattern as re
from reconciler.store.record import GENERATIONS, Saved, readable

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"[0-9]{8,}\.json\Z")


def keep(folder: Path, serial: int, text: bytes) -> None:
    """Keep the text of a state file that is about to be replaced; OSError when that cannot be done.

    It is a copy and not a link: what edits or overwrites the state file in place spares it.
    """
    _make(folder)
    path = folder / f"{serial:08}.json"
    files.beside(path, text).replace(path)
    files.sync(folder)
    for gone in _superfluous(folder, serial):
        gone.unlink(missing_ok=True)


def newest(folder: Path) -> Path | None:
    """Return the generation that was saved last among those that can be read, if there is one.

    Saved last, and not of the greatest serial: after a generation was restored, serials come again.
    """
    candidates = [
        (saved.at, saved.state.serial, path) for path in _generations(folder) if (saved := _readable(path))
    ]
    return max(candidates)[2] if candidates else None


def _make(folder: Path) -> None:
    files.make_folder(folder)
    _check(folder)


def _check(folder: Path) -> None:
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise OSError(errno.ENOTDIR, "it is no folder, and no link to one is followed")


def _superfluous(folder: Path, serial: int) -> list[Path]:
    """Return all but the newest generations, those first that a restored generation has left behind."""
    generations = sorted(_generations(folder), key=lambda path: (_serial(path) <= serial, _serial(path)))
    return generations[:-GENERATIONS]


def _generations(folder: Path) -> list[Path]:
    try:
        _check(folder)
        return [path for path in folder.iterdir() if _NAME.match(path.name)]
    except OSError:
        return []


def _serial(path: Path) -> int:
    return int(path.stem)


def _readable(path: Path) -> Saved | None:
    try:
        return readable(files.read(path))
    except OSError:
        return None
