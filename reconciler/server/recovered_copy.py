"""A private copy of a database whose writer was killed, together with the journal that repairs it."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

_NAME = "database"
_SUFFIX = "-journal"


def inside(folder: TemporaryDirectory[str]) -> Path:
    """Return the path of the copied database in `folder`."""
    return Path(folder.name) / _NAME


def copied(path: Path) -> TemporaryDirectory[str] | None:
    """Copy `path` and its journal; nothing, if another process recovered the original meanwhile."""
    journal = path.with_name(path.name + _SUFFIX)
    folder = TemporaryDirectory(prefix="assistants-sync-")
    try:
        if _copy(path, journal, inside(folder)):
            return folder
    except FileNotFoundError:
        pass  # the journal went, so the original is sound again
    except BaseException:
        folder.cleanup()
        raise
    folder.cleanup()
    return None


def _copy(path: Path, journal: Path, target: Path) -> bool:
    # Recovery ends by deleting the journal: while the same one is there, copying raced with no new writer.
    before = _stamp(journal)
    shutil.copyfile(journal, target.with_name(_NAME + _SUFFIX))
    shutil.copyfile(path, target)
    return _stamp(journal) == before


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
