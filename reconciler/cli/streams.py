"""The standard streams, which let no secret out, and the names of files: UTF-8, whatever the locale says."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from reconciler.cli.known_secrets import KnownSecrets


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


class GuardedStream:
    """A stream of text that hides secrets; lines are written when they are whole, or flushed."""

    def __init__(self, stream: TextIO, known: KnownSecrets) -> None:
        self._stream = stream
        self._known = known
        self._begun = ""

    def write(self, text: str) -> int:
        """Write the lines that are whole, so that a secret in pieces is seen as one; TypeError for bytes."""
        if not isinstance(text, str):  # by which libraries find out whether a stream takes text
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        lines, end, self._begun = f"{self._begun}{text}".rpartition("\n")
        if end:
            self._stream.write(self._known.redacted(lines + end))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write everything; also a line that is not whole, as a question is."""
        begun, self._begun = self._begun, ""
        if begun:
            self._stream.write(self._known.redacted(begun))
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard(known: KnownSecrets) -> None:
    """Let everything that is printed from now on, whatever prints it, pass a guard."""
    sys.stdout = cast("TextIO", GuardedStream(sys.stdout, known))
    sys.stderr = cast("TextIO", GuardedStream(sys.stderr, known))
