"""What is measured, and where: processes, servers in processes of their own, and projects that are applied.

This process stays small: on Linux the largest memory of a child is never less than its parent's was.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bench.ratios import Cost

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable, Iterator

Made = TypeVar("Made")
TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
_USERS = ROOT / ".venv-bench/bin/assistants-sync"
OURS = str(_USERS if _USERS.exists() else Path(sys.executable).with_name("assistants-sync"))
"""The program where only what users install is; `make bench` makes that environment."""

SDK = ROOT / ".venv-sdk/bin/python"
OCTODNS = ROOT / ".venv-octodns/bin/octodns-sync"
FILES = 10
"""The YAML files of a project of more than a thousand assistants; one file may have 16 MiB."""

MEBIBYTE = 2**20 if sys.platform == "darwin" else 2**10
"""How many units of ``ru_maxrss`` a MiB has."""

_UNWANTED = ("OPENAI_", "ASSISTANTS_SYNC_", "COVERAGE_", "TF_", "AWS_", "PG", "PYTHON")
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED) and name != "CI"}
CLEAN |= {"OPENAI_API_KEY": "x", "CHECKPOINT_DISABLE": "1", "NO_COLOR": "1", "PYTHONPATH": str(TESTS)}
BUCKET = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


class MissingPeerError(Exception):
    """A peer that is not on this machine; its rows are not measured."""


class FailedError(Exception):
    """A process that was measured, and failed."""


def measure(command: list[str], folder: Path, settings: dict[str, str] | None = None) -> Cost:
    """Run a command to its end; it must succeed."""
    with tempfile.TemporaryFile() as printed:
        begun = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=CLEAN | (settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        status, used = _ended(child)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            printed.seek(0)
            raise FailedError(f"{' '.join(command)} ended with {child.returncode}:\n{_end(printed.read())}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / MEBIBYTE)


def _ended(child: subprocess.Popen[bytes]) -> tuple[int, resource.struct_rusage]:
    """Wait for a child; it does not outlive this process."""
    try:
        _, status, used = os.wait4(child.pid, 0)
    except BaseException:
        child.kill()
        child.wait()
        raise
    return status, used


def _end(printed: bytes) -> str:
    return printed.decode(errors="replace")[-2000:]


@dataclass
class Service:
    """A server in a process of its own, which ends when its standard input does."""

    process: subprocess.Popen[str]
    address: str

    def ask(self, command: str = "") -> str:
        """Return its answer to a command."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextmanager
def service(module: str) -> Iterator[Service]:
    """A module of this package that serves, from its start to its end."""
    command = [sys.executable, "-m", f"bench.{module}"]
    with subprocess.Popen(
        command, cwd=TESTS, env=CLEAN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            raise MissingPeerError(f"bench.{module} does not start here")
        yield Service(process, address)


@dataclass
class Project:
    """A configuration in a directory, and the server for which it is meant."""

    folder: Path
    files: tuple[str, ...]
    server: Service
    made: Cost | None = None
    """What the apply cost that created everything."""

    def ours(self, command: str, *more: str, settings: dict[str, str] | None = None) -> Cost:
        """Run our program here."""
        named = [part for file in self.files for part in ("-f", file)]
        return measure([OURS, command, *named, *more], self.folder, settings)

    def validate(self) -> Cost:
        """Check the configuration."""
        return self.ours("validate")

    def plan(self) -> Cost:
        """Compare it with the server."""
        return self.ours("plan", "--server", self.server.address)

    def apply(self, *more: str, settings: dict[str, str] | None = None) -> Cost:
        """Make the server match it."""
        target = ("--server", self.server.address, "--auto-approve", "--settle", "0")
        return self.ours("apply", *target, *more, settings=settings)

    def load(self) -> Cost:
        """Load its texts by PyYAML."""
        return measure([sys.executable, "-m", "bench.loader", *self.files], self.folder)

    def clear(self) -> dict[str, int]:
        """Empty the account, and forget the state; how often each request was made."""
        asked: dict[str, int] = json.loads(self.server.ask("requests"))
        self.server.ask("clear")
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        return asked

    @contextmanager
    def delayed(self, seconds: float) -> Iterator[None]:
        """Delay each response meanwhile."""
        self.server.ask(f"delay {seconds}")
        yield
        self.server.ask("delay 0")

    def changed(self, folder: Path) -> Project:
        """Return a copy, state included, in which one prompt is another."""
        shutil.copytree(self.folder, folder)
        file = folder / self.files[-1]
        before, _, rest = file.read_text().partition("    instructions: |\n")
        file.write_text(f"{before}    instructions: |\n      An edited line.\n{rest}")
        return replace(self, folder=folder)


@dataclass
class Scene:
    """Everything that rows share, made when the first of them needs it."""

    folder: Path
    stack: ExitStack
    count: int
    _kept: dict[str, Any] = field(default_factory=dict)

    def new(self, name: str) -> Path:
        """Return a directory that does not exist yet."""
        return self.folder / f"{len(self._kept)}-{name}"

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what was made under a name."""
        if name not in self._kept:
            self._kept[name] = make()
        found: Made = self._kept[name]
        return found

    def written(self, kind: str, count: int, *more: str) -> Path:
        """Return a new directory with work of a kind."""
        folder = self.new(f"{kind}-{count}")
        measure([sys.executable, "-m", "bench.work", kind, str(folder), str(count), *more], self.folder)
        self._kept[str(folder)] = folder
        return folder

    def service(self, module: str) -> Service:
        """Return a server that ends with the benchmarks."""
        return self.stack.enter_context(service(module))

    def project(self, count: int) -> Project:
        """Return a new project of so many assistants, and an empty account."""
        files = FILES if count > 1000 else 1
        folder = self.written("project", count, str(files))
        names = tuple(sorted(path.name for path in folder.glob("*.yaml")))
        return Project(folder, names, self.service("prepared"))

    def applied(self, count: int) -> Project:
        """Return the project of so many assistants, applied twice, so that the state has seen all of them."""
        return self.once(f"applied {count}", lambda: self._applied(count))

    def _applied(self, count: int) -> Project:
        project = self.project(count)
        project.made = project.apply()
        project.apply()
        return project

    def bodies(self) -> Path:
        """Return the file of the bodies that the bare loop sends."""
        return self.once("bodies", lambda: self.written("bodies", self.count) / "bodies.jsonl")


@contextmanager
def scene(count: int) -> Iterator[Scene]:
    """A directory and servers that end with the block."""
    with tempfile.TemporaryDirectory(prefix="assistants-sync-bench-") as name, ExitStack() as stack:
        yield Scene(Path(name), stack, count)
