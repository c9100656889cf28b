"""Plan files: written for their owner's eyes only, since they hold the texts they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import PlanFileError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024


def write(path: Path, text: str) -> None:
    """Replace a file by a plan, readable by nobody else; PlanFileError where that cannot be."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o600, exist_ok=False)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as cause:
        raise PlanFileError(f"cannot write the plan to {path}: {cause.strerror}") from cause


def read(path: Path) -> bytes:
    """The text of a plan file; PlanFileError where there is none."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)
    except OSError as cause:
        raise PlanFileError(f"cannot read the plan {path}: {cause.strerror}") from cause
    if len(text) > MAX_BYTES:
        raise PlanFileError(f"{path} is larger than any plan: more than {MAX_BYTES:,} bytes")
    return text
