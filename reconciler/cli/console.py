"""Output: results on stdout, the rest on stderr, and never a traceback for a closed pipe."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Literal, TextIO

from reconciler.cli.ci_environment import in_ci
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from reconciler.model.diagnostic import Diagnostic
    from reconciler.render.lines import Line
    from reconciler.render.terminal import Progress

Colour = Literal["auto", "always", "never"]


class OutputError(ReconcilerError):
    """The result could not be written; a message on stderr is dropped instead."""


class Console:
    """Prints to a terminal, a log or a pipe; drops quietly what is no longer read."""

    def __init__(self, colour: Colour = "auto", *, verbose: bool = False) -> None:
        self.colour: Colour = colour
        self.verbose = verbose
        if verbose:
            _log_requests()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Console:
        """Return the console that the options of a command ask for."""
        return cls(options["colour"], verbose=options["verbose"])

    def print_lines(self, lines: Iterable[Line]) -> None:
        """Print a result on stdout, with colour if it may be."""
        from reconciler.render.terminal import painted  # noqa: PLC0415 - not for --help

        _write(sys.stdout, painted(lines, colour=self.is_coloured))

    @property
    def is_coloured(self) -> bool:
        """True if a result may be coloured."""
        return self._coloured(sys.stdout)

    @property
    def width(self) -> int | None:
        """The columns of the terminal that gets the result; None where it is none."""
        import shutil  # noqa: PLC0415 - not for --help

        return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def print(self, text: str) -> None:
        """Print a result unchanged on stdout."""
        _write(sys.stdout, text)

    def log(self, label: str, message: str) -> None:
        """Print a message on stderr, after a label such as ``Warning`` if there is one."""
        from reconciler.render.lines import Span, Style, line  # noqa: PLC0415 - not for --help
        from reconciler.render.terminal import painted  # noqa: PLC0415 - not for --help
        from reconciler.render.visible import visible  # noqa: PLC0415 - not for --help

        style = Style.ERROR if label == "Error" else Style.DRIFT
        parts = (Span(f"{label}: ", style), visible(message)) if label else (visible(message),)
        _write(sys.stderr, painted([line(*parts)], colour=self._coloured(sys.stderr)))

    def hint(self, message: str) -> None:
        """Print the next step, if a person is at the terminal."""
        if self._is_live():
            self.log("", message)

    def print_diagnostics(self, problems: tuple[Diagnostic, ...], omitted: int = 0) -> None:
        """Print every problem of a configuration on stderr; ``omitted`` more are only counted."""
        from reconciler.render.diagnostics import diagnostic_lines  # noqa: PLC0415 - not for --help
        from reconciler.render.terminal import painted  # noqa: PLC0415 - not for --help

        _write(sys.stderr, painted(diagnostic_lines(problems, omitted), colour=self._coloured(sys.stderr)))

    def print_warnings(self, warnings: Sequence[Diagnostic], omitted: int = 0) -> None:
        """Print the warnings of a configuration on stderr, in few lines: one for each cause, counted."""
        from reconciler.cli.repetition import converted  # noqa: PLC0415 - not for --help
        from reconciler.render.warnings import grouped, of_diagnostics  # noqa: PLC0415 - not for --help

        for text in grouped(of_diagnostics(warnings), omitted, converted("validate")):
            self.log("Warning", text)

    def count_warnings(self, number: int) -> None:
        """Print on stderr how many warnings a configuration has, where the command is not about them."""
        from reconciler.cli.repetition import converted  # noqa: PLC0415 - not for --help
        from reconciler.render.view import count  # noqa: PLC0415 - not for --help

        if number:
            how = f"to see {'it' if number == 1 else 'them'}, {converted('validate')}"
            self.log("Warning", f"the configuration has {count(number, 'warning')}; {how}")

    def confirm(self, question: str) -> bool:
        """Return whether the person at the terminal types exactly ``yes``."""
        _write(sys.stderr, f"\n{question}\n  Only 'yes' will be accepted.  Enter a value: ")
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            _write(sys.stderr, "\n")
        return answer.strip() == "yes"

    def progress(self, total: int) -> Progress:
        """Return a live display on a terminal, in CI and in pipes one line for each action."""
        from reconciler.render.terminal import LiveProgress, PlainProgress  # noqa: PLC0415 - not for --help

        if self._is_live():
            return LiveProgress(sys.stderr, total, colour=self._coloured(sys.stderr))
        return PlainProgress(lambda text: _write(sys.stderr, text), total)

    def reading(self, what: str) -> AbstractContextManager[object]:
        """Return a context that shows a sign of life on a terminal."""
        from reconciler.render.terminal import LiveReading  # noqa: PLC0415 - not for --help

        if not self._is_live():
            return nullcontext()
        return LiveReading(sys.stderr, what, colour=self._coloured(sys.stderr))

    @staticmethod
    def _is_live() -> bool:
        return sys.stderr.isatty() and not in_ci() and os.environ.get("TERM") != "dumb"

    def _coloured(self, stream: TextIO) -> bool:
        if self.colour != "auto":
            return self.colour == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_interactive() -> bool:
    """Return whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError as cause:
        _silence(stream)
        if stream is sys.stdout and not isinstance(cause, BrokenPipeError):
            raise OutputError(f"cannot write the output: {cause.strerror}") from cause


def silence_broken(stream: TextIO) -> None:
    """Let a stream that cannot be flushed lead nowhere."""
    try:
        stream.flush()
    except OSError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    # Later flushes, the interpreter's own among them, must not fail on the same stream again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _log_requests() -> None:
    """Log one line for each request; neither headers nor bodies are ever logged."""
    import logging  # noqa: PLC0415 - only with -v

    from reconciler.render.visible import visible  # noqa: PLC0415 - only with -v

    class Visible(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return visible(f"{record.name}: {record.getMessage()}")

    outlet = logging.StreamHandler()
    outlet.setFormatter(Visible())
    log = logging.getLogger("httpx")
    log.addHandler(outlet)
    log.setLevel(logging.INFO)
