"""The environment of a run of the program."""

from __future__ import annotations

import os


def in_ci() -> bool:
    """Return whether a CI runs the program: CI is set, to anything but 0 and false."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}
