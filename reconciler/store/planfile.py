"""Plans and reports in files: readable by their owner only, since they hold the texts they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import files
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
    try:
        if path.exists() and not path.is_file():
            raise PlanFileError(f"cannot write {path}: it is not a file")
        files.replace(path, text.encode())
    except OSError as cause:
        raise PlanFileError(f"cannot write {path}: {cause.strerror}") from cause


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
