"""What one run of the program costs, measured in a process of its own, and the bar that holds it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
SECONDS = 2.0
MEBIBYTES = 300
INPUT = 1_000_000
"""The bar: CPU seconds and resident memory; and the size of the input that it holds for."""
SHARED = 2.5
"""How much more CPU the same work counts on a machine that other tests share."""
PRINTED = 500_000
PRINTED_WHOLE = {"json": 12_000_000, "html": 2_000_000, "--full": 12_000_000}
"""Characters that may be printed, and more by an argument that asks for more."""
CODES = frozenset({0, 1, 2, 3, 4, 5, 64})
"""The documented exit codes of a run that no signal ends; 70 is a bug."""
UNMEASURED = (
    "COV",
    "CI",
    "OPENAI_",
    "ASSISTANTS_SYNC_",
    "PYTHONDONTWRITEBYTECODE",
    "NO_COLOR",
    "FORCE_COLOR",
)


@dataclass(frozen=True)
class Case:
    """One hostile input, and the command that reads it.

    ``make`` returns files by path: contents, made when they are needed. ``prepare`` finishes the folder; the
    arguments can name ``{url}``, where ``play`` answers requests (see ``budgets.playing``).
    """

    name: str
    make: Callable[[], Mapping[str, str | bytes]]
    arguments: tuple[str, ...] = ("validate",)
    environment: Mapping[str, str] = field(default_factory=dict)
    play: Callable | None = None
    prepare: Callable[[Path], None] | None = None
    most: int = INPUT

    @property
    def printed(self):
        """How many characters it may print."""
        return max([PRINTED_WHOLE.get(argument, PRINTED) for argument in self.arguments])


@dataclass(frozen=True)
class Cost:
    """What a run cost, how it ended and what it printed."""

    code: int
    seconds: float
    mebibytes: int
    out: str
    err: str

    @property
    def printed(self):
        """How many characters were printed."""
        return len(self.out) + len(self.err)

    def faults(self, printed=PRINTED, seconds=SECONDS):
        """Return what is beyond the bar, as sentences."""
        checks = {
            f"exit {self.code}": self.code not in CODES,
            f"{self.seconds:.1f} s of CPU": self.seconds > seconds,
            f"{self.mebibytes} MiB": self.mebibytes > MEBIBYTES,
            f"{self.printed:,} characters printed": self.printed > printed,
            "a traceback": "Traceback (most recent call last)" in self.err,
            "no word about the error": self.code in {1, 64} and not (self.err or self.out).strip(),
        }
        return [sentence for sentence, is_wrong in checks.items() if is_wrong]

    def said(self):
        """Return the end of what was said about errors, short enough to read."""
        return self.err.strip()[-300:]


def cost(case):
    """Return what the program costs on a case."""
    with tempfile.TemporaryDirectory(prefix="budget-") as folder, played(case) as url:
        there = Path(folder, "project")
        lay_out(there, case)
        arguments = [argument.replace("{url}", url) for argument in case.arguments]
        return measured(arguments, there, case.environment)


def played(case):
    """Return what gives the URL of the server of a case; an empty one where it has none."""
    if case.play is None:
        return nullcontext("")
    from budgets.playing import playing  # noqa: PLC0415 - most cases need no server

    return playing(case.play)


def lay_out(folder, case):
    """Write the files of a case."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {path: text.encode() if isinstance(text, str) else text for path, text in case.make().items()}
    assert sum(map(len, made.values())) <= case.most, f"{case.name}: {sum(map(len, made.values())):,} bytes"
    for path, content in made.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o600)
    if case.prepare:
        case.prepare(folder)


def measured(arguments, folder, environment):
    """Return what a run of the program in a folder costs."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(UNMEASURED)}
    given = {**known, "ASSISTANTS_SYNC_SETTLE": "0", **environment}
    streams = [str(folder.parent / name) for name in ("out", "err")]
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCH), *streams, sys.executable, "-m", "reconciler", *arguments],
        cwd=folder,
        env=given,
        capture_output=True,
        check=True,
    )
    out, err = (Path(stream).read_text(errors="replace") for stream in streams)
    return Cost(**json.loads(ended.stdout), out=out, err=err)
