"""Plans and reports in files: readable by their owner only, since they hold the texts they show."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.errors import PlanFileError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024


def write(path: Path, text: str) -> None:
    """Replace a file by a document, whole and for its owner alone; PlanFileError where that fails.

    What is no file, a device or a pipe, stays what it is.
    """
    if not path.name:
        raise PlanFileError(f"cannot write {path}: it is not a file")
    beside = path.with_name(f".{path.name}.new")
    try:
        if path.exists() and not path.is_file():
            raise PlanFileError(f"cannot write {path}: it is not a file")
        beside.unlink(missing_ok=True)
        _write(beside, text)
        beside.replace(path)
    except OSError as cause:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise PlanFileError(f"cannot write {path}: {cause.strerror}") from cause


def _write(path: Path, text: str) -> None:
    """Write a new file, for its owner alone whatever the umask."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as stream:
        os.fchmod(number, 0o600)
        stream.write(text)


def read(path: Path) -> bytes:
    """Return the text of such a file; PlanFileError where there is none."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)
    except OSError as cause:
        raise PlanFileError(f"cannot read {path}: {cause.strerror}") from cause
    if len(text) > MAX_BYTES:
        raise PlanFileError(f"{path} is larger than any plan or report: more than {MAX_BYTES:,} bytes")
    return text
