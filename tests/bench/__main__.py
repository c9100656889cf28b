"""Measure ours beside its peers: ``make bench``; a whole run writes BENCHMARKS.md."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime

from bench.ratios import Grown, Measured, failed
from bench.rows import Row, grown, rows
from bench.scene import CLEAN, OURS, ROOT, Scene, measure, scene
from bench.table import Run, line, page

COUNT = 1000
GROWTH = "growth, in numbers"
"""The words under which ``--only`` finds the table of growth."""


def main() -> int:
    """Measure what is asked for; 1 if a row is over its figure and that was to be checked."""
    asked = _arguments()
    wanted = [one for one in rows(asked.count) if _matches(f"{one.title} {one.beside}", asked.only)]
    if not wanted and not _matches(GROWTH, asked.only):
        sys.exit(f"Error: no row contains all of these words: {asked.only}.")
    with scene(asked.count) as shared:
        measure([OURS, "--version"], shared.folder)  # a peer's first run is as warm as ours
        found = [_shown(one, shared, asked.runs) for one in wanted]
        growth = _growth(shared, asked) if _matches(GROWTH, asked.only) else []
    if not asked.only and asked.count == COUNT:
        _write(page(_run(asked.runs), found, growth))
    over = failed(found)
    _say(f"{len(over)} of {len(found)} rows are over their figure.")
    return int(asked.check and bool(over))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs for each row")
    parser.add_argument(
        "--count", type=int, default=COUNT, help="assistants; some rows have ten times as many"
    )
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="the rows that contain all of these words"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a row is over its figure")
    return parser.parse_args()


def _matches(text: str, words: str) -> bool:
    return all(word.lower() in text.lower() for word in words.split())


def _shown(row: Row, shared: Scene, runs: int) -> Measured:
    measured = row.measured(shared, runs)
    _say(line(measured))
    return measured


def _growth(shared: Scene, asked: argparse.Namespace) -> list[Grown]:
    counts = [asked.count * share // 10 for share in (1, 3, 10, 30, 100)]
    return [grown(shared, count, min(asked.runs, 3)) for count in counts]


def _write(text: str) -> None:
    """Keep a page, and draw the documentation's plot of it."""
    (ROOT / "BENCHMARKS.md").write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "tools/performance.py"], cwd=ROOT, env=CLEAN, check=True)


def _run(runs: int) -> Run:
    cores = f"{os.cpu_count()} cores"
    machine = f"{cores}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return Run(datetime.now(UTC).strftime("%Y-%m-%d"), _commit(), machine, runs)


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or "unknown"


def _say(text: str) -> None:
    """Print a line as soon as it is known."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
