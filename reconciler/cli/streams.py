"""The standard streams and the names of files: UTF-8, whatever the locale says."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def prepare() -> None:
    """Let file names be UTF-8, and let nothing that is printed or typed raise an error of its encoding.

    At a terminal output keeps the terminal's encoding; files and pipes get UTF-8.
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
        _begin_again()
    _open_closed_ones()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            own = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if own else "utf-8", errors="backslashreplace")
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")


def _begin_again() -> None:
    """Replace this process by the same one in the UTF-8 mode of Python, which only a start can choose."""
    if sys.stdout is not None and sys.stdout.isatty():
        os.environ.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    with suppress(OSError):  # where no program may be started, names in ASCII still work
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - this very program


def _open_closed_ones() -> None:
    """Let a stream that the caller closed (>&-) lead nowhere; it is None, and a print would fail."""
    sys.stdin = sys.stdin or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open to the end
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the same
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the same
