"""Lines → a terminal's characters, and live progress; the only rich import."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self, TypeAlias

from reconciler.model.change import Action, StepKind
from reconciler.model.outcome import Started, Stepped
from reconciler.render.lines import Line, Span, Style, plain
from reconciler.render.visible import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from rich.progress import Progress as Bars

    from reconciler.model.outcome import Event

_SOON, _OFTEN = 0.5, 0.05  # seconds
_LARGE = 100_000  # bytes from which on an upload is worth a word
_COLOURS = {
    Style.ADD: "green",
    Style.CHANGE: "yellow",
    Style.REMOVE: "red",
    Style.DRIFT: "magenta",
    Style.DIM: "dim",
    Style.BOLD: "bold",
    Style.ERROR: "bold red",
    Style.WARNING: "bold yellow",
}
_DONE = {
    StepKind.UPLOAD: "uploaded",
    StepKind.CREATE: "created",
    StepKind.UPDATE: "updated",
    StepKind.ATTACH: "attached",
    StepKind.DETACH: "detached",
    StepKind.DELETE: "deleted",
}


def painted(lines: Iterable[Line], *, colour: bool) -> str:
    """Return lines as text, with ANSI colours or without a single escape; nothing is wrapped or cut."""
    rows = list(lines)
    if not colour:
        return plain(rows)
    from rich.color import ColorSystem  # noqa: PLC0415 - what plain output must not pay for
    from rich.style import Style as Look  # noqa: PLC0415 - the same

    looks = {style: Look.parse(_COLOURS.get(style, "none")) for style in Style}
    return "".join(
        "".join(
            looks[span.style].render(span.text, color_system=ColorSystem.STANDARD) for span in _ended(row)
        )
        + "\n"
        for row in rows
    )


def _ended(row: Line) -> list[Span]:
    """Return the spans of a line without the blanks at its end."""
    spans = [*row]
    while spans and not spans[-1].text.rstrip():
        spans.pop()
    return [*spans[:-1], Span(spans[-1].text.rstrip(), spans[-1].style)] if spans else []


class PlainProgress:
    """One line an action, for logs."""

    def __init__(self, write: Callable[[str], None], total: int) -> None:
        self._write = write
        self._total = total
        self._count = 0

    def tell(self, event: Event) -> None:
        """Write a line for every step that succeeded."""
        if isinstance(event, Stepped):
            self._count += 1
            count = f"[{self._count}/{self._total}]"
            self._write(f"{count} {_sentence(event)}{_duration(event)}\n")

    def sent(self, name: str, done: int, size: int) -> None:
        """Write nothing: a log needs no progress of one upload."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class LiveReading:
    """A sign of life while a server is read; only where that takes longer than people wait unasked."""

    def __init__(self, stream: TextIO, what: str, *, colour: bool) -> None:
        self._stream, self._what, self._colour = stream, what, colour
        self._bars: Bars | None = None
        self._over = False
        self._one = threading.Lock()
        self._timer = threading.Timer(_SOON, self._show)
        self._timer.daemon = True

    def _show(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - only who waits pays for it
        from rich.progress import Progress as Bars  # noqa: PLC0415 - the same
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - the same

        console = Console(file=self._stream, no_color=not self._colour, highlight=False, emoji=False)
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with self._one:
            if not self._over:
                self._bars = Bars(*columns, console=console, transient=True)
                self._bars.add_task(visible(self._what), total=None)
                self._bars.start()

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._one:
            self._over = True
        if self._bars:
            self._bars.stop()


class LiveProgress:
    """A bar and the actions under way, redrawn in place; finished actions stay above it."""

    def __init__(self, stream: TextIO, total: int, *, colour: bool) -> None:
        from rich.console import Console  # noqa: PLC0415 - only a terminal pays for it
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn  # noqa: PLC0415 - the same
        from rich.progress import Progress as Bars  # noqa: PLC0415 - the same

        self._console = Console(file=stream, no_color=not colour, highlight=False, markup=False, emoji=False)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
        )
        self._bars = Bars(*columns, console=self._console, transient=True)
        self._task = self._bars.add_task("applying", total=total)
        self._under_way: dict[str, None] = {}
        self._drawn = 0.0  # when an upload was last shown

    def tell(self, event: Event) -> None:
        """Show what is under way, and a line for every step that succeeded."""
        if isinstance(event, Started):
            self._under_way[str(event.change.address)] = None
        else:
            self._under_way.pop(str(_address(event)), None)
        if isinstance(event, Stepped):
            self._bars.console.print(f"  {_sentence(event)}{_duration(event)}", markup=False)
            self._bars.advance(self._task)
        shown = ", ".join(visible(address) for address in list(self._under_way)[:2])
        self._bars.update(self._task, description=shown[:50] or "applying")

    def sent(self, name: str, done: int, size: int) -> None:
        """Show how far the upload of a file is, in bytes."""
        if size > _LARGE:
            share = f"{shortened(done)} of {shortened(size)}"
            is_due = time.monotonic() - self._drawn > _OFTEN
            self._bars.update(self._task, description=f"{visible(name)[-30:]} {share}", refresh=is_due)
            self._drawn = time.monotonic() if is_due else self._drawn

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()


Progress: TypeAlias = PlainProgress | LiveProgress


def _address(event: Event) -> object:
    return event.change.address if isinstance(event, (Started, Stepped)) else event.outcome.change.address


def _duration(event: Stepped) -> str:
    """Return how long a step took, where that is worth a word."""
    return f" ({event.seconds:.1f}s)" if event.seconds >= 1 else ""


def _sentence(event: Stepped) -> str:
    address, step = visible(event.change.address), event.step
    if step.kind in {StepKind.ATTACH, StepKind.DETACH}:
        return f"{address} {_DONE[step.kind]} {visible(step.file)}"
    if event.change.action is Action.FORGET:
        return f"{address} forgotten"
    replaced = step.kind is StepKind.DELETE and event.change.action is Action.REPLACE
    deleted = f" ({visible(step.id)})" * (step.kind is StepKind.DELETE and bool(step.id))
    return f"{address} {'old upload ' * replaced}{_DONE[step.kind]}{deleted}"
