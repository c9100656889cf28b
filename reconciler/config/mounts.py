"""File systems that a kernel shows itself in: what looks like a file there is memory of other programs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_MOUNTS = Path("/proc/self/mountinfo")
KERNELS: Final = frozenset(
    {
        *("proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs"),
        *("configfs", "efivarfs", "pstore", "mqueue", "bpf", "fusectl", "binfmt_misc", "nsfs", "selinuxfs"),
    }
)
"""The file systems of Linux that hold no file that a person wrote."""


def kernels(device: int) -> str:
    """Return the kind of a file system of the kernel, by its device; empty for any other."""
    kind = _kinds().get(f"{os.major(device)}:{os.minor(device)}", "")
    return kind if kind in KERNELS else ""


def _kinds() -> dict[str, str]:
    """Return the kind of every mounted file system by its device; none where the system has no such list."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    parted = ((line.split(" ", 3), line.partition(" - ")[2]) for line in lines)
    return {before[2]: after.partition(" ")[0] for before, after in parted if len(before) > 2 and after}  # noqa: PLR2004 - the device is the third
