"""What every test may rely on: no server but loopback, no setting of the machine, a project of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

import forked
import pytest
from coverage.collector import Collector
from forked import Run
from hypothesis import settings

# A loaded machine is slow, not wrong.
settings.register_profile("patient", deadline=None, max_examples=30)
settings.register_profile("long", deadline=None, max_examples=500)
settings.load_profile("patient")

TESTS = Path(__file__).parent
UNTRACED = {
    "api": "api_attempts api_budgets api_faults api_hover api_life api_limits api_memory "
    "api_pages api_reading api_seed api_typing api_uploads",
    "browser": "foreign_pages report report_hostile",
    "budgets": "budgets patterns",
    "config": "config_folders config_lookalike config_paths config_problems config_unseen config_yaml",
    "engine": "edges engine_looks engine_moved engine_removed engine_second_actor engine_stories",
    "journeys": "checkouts connection_remedies deviations imports killed page pipes "
    "promises reading saved_plan secrets serve server_table "
    "streams tampered_state truthful_reports warnings",
    "model": "redactor",
    "peers": "stock_sdk",
    "pipelines": "workflows",
    "reliability": "a_part_of_the_sweep",
    "render": "render_budgets render_foreign render_golden render_hostile_documents "
    "render_markdown render_visible",
    "server": "mount",
    "sweep": "edits fuzz older_states verdicts",
}
"""Files of tests by directory, which nothing traces.

They measure time, which tracing multiplies, or others trace the same lines. The processes that they start
are traced all the same, but for `MANY_RUNS`.
"""
MANY_RUNS = frozenset(
    {"test_deviations", "test_killed", "test_promises", "test_server_table", "test_tampered_state"}
)

MEMORY = "/dev/shm"  # noqa: S108 - only pytest's own directory is made in it
ROOM = 2 << 30

PROJECT = """\
project: acme
assistants:
  support:
    name: Support
    model: gpt-5.6
    instructions: Be kind.
    files: [handbook.md]
"""


@pytest.hookimpl(tryfirst=True)
def pytest_configure():
    """Let temporary directories be in memory where it has room: most of a test's wait is for the disk."""
    if "TMPDIR" not in os.environ and _has_room(MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = MEMORY


def _has_room(folder):
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    is_limited = found.f_flag & (os.ST_RDONLY | os.ST_NOEXEC)  # some tests run what they write
    return not is_limited and found.f_bavail * found.f_frsize >= ROOM and os.access(folder, os.W_OK)


def pytest_collection_modifyitems(items):
    """Begin with what takes longest, and trace no file that measures time or repeats what others trace."""
    items.sort(key=lambda item: "test_a_part_of_the_sweep" not in item.nodeid)
    for item in items:
        if item.path.stem.removeprefix("test_") in UNTRACED.get(item.path.parent.name, "").split():
            item.add_marker("no_cover")
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")


@pytest.hookimpl(wrapper=True, trylast=True)  # within the pause of pytest-cov, where it makes one
def pytest_runtest_call(item):
    """Trace nothing of a test that measures its own time.

    A worker has two tracers, and ``no_cover`` pauses one at most: the other is coverage's own, with which
    each process of ours begins.
    """
    tracers = Collector._collectors  # noqa: SLF001 - no other name for what traces now, which is the last
    if item.get_closest_marker("timed") is None or not tracers:
        return (yield)
    tracer = tracers[-1]
    tracer.pause()
    try:
        return (yield)
    finally:
        tracer.resume()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, request):
    """No variable of the person running the tests reaches the program."""
    is_untraced = "no_cover" in request.keywords and request.path.stem in MANY_RUNS
    unwanted = ("OPENAI_", "ASSISTANTS_SYNC_", *("COVERAGE_",) * is_untraced)
    for name in list(os.environ):
        if name.startswith(unwanted) or name in {"CI", "NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANTS_SYNC_SETTLE", "0")  # every server of the tests shows its writes at once


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch):
    """A connection to anywhere but this machine is a failed test."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1"}:
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def parent():
    """What the runs of this process are forked from: it is traced where the test is."""
    return _parent(is_traced=any(name.startswith("COVERAGE_") for name in os.environ))


@cache
def _parent(*, is_traced):
    return forked.Parent()


@dataclass(frozen=True)
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Workspace:
    """A project folder and the program run inside it, in a process of its own or in this one."""

    folder: Path

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def configure(self, text: str) -> None:
        """Write the configuration."""
        self.write("assistants.yaml", text)

    def run(self, *arguments: str, **environment: str) -> Ended:
        """Run the program, in a process of its own."""
        return Ended(*parent().run(arguments, self.folder, {**os.environ, **environment}))

    @contextmanager
    def begin(
        self, *arguments: str, streams: tuple[IO[bytes], ...] = (), **environment: str
    ) -> Iterator[Run]:
        """Let a run go on beside the test, its output for nobody unless there are streams."""
        with Path(os.devnull).open("r+b", buffering=0) as nothing:
            its = {**os.environ, **environment}
            with parent().begin(arguments, self.folder, its, streams or (nothing,) * 3) as run:
                yield run

    def run_anew(self, *arguments: str, **environment: str) -> Ended:
        """Run the installed program from nothing, as a person would; it takes much longer."""
        ended = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
            timeout=60,
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    def command(self, *arguments: str) -> list[str]:
        """The command line of the installed program."""
        return [sys.executable, "-m", "reconciler", *arguments]

    def forked_command(self, *arguments: str) -> list[str]:
        """Return the command line of a forked run, for a shell; the installed program takes much longer."""
        return [sys.executable, "-I", "-S", forked.__file__, parent().path, *arguments]

    def snapshot(self) -> dict[str, bytes]:
        """Every file of the project, byte for byte."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


@pytest.fixture
def workspace(tmp_path):
    """An empty project folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Workspace(folder)


@pytest.fixture
def project(workspace):
    """A project of one assistant that carries one file."""
    workspace.configure(PROJECT)
    workspace.write("handbook.md", "# Handbook\n\nBe kind.\n")
    return workspace
