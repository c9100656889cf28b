"""The programs that ours is compared with, each as a function that makes ready and returns what runs it."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from bench.scene import OCTODNS, SDK, TESTS, MissingPeerError, measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.ratios import Cost
    from bench.scene import Scene


class Terraform:
    """A directory with the values as ``terraform_data``; it needs no network and no server."""

    def __init__(self, scene: Scene, count: int) -> None:
        found = shutil.which("terraform")
        if found is None:
            raise MissingPeerError("terraform is not installed")
        self.program = found
        self.folder = scene.written("terraform", count)
        self._run("init", "-input=false")

    def _run(self, *words: str) -> Cost:
        return measure([self.program, *words, "-no-color"], self.folder)

    def apply(self) -> Cost:
        """Create everything."""
        return self._run("apply", "-input=false", "-auto-approve")

    def plan(self) -> Cost:
        """Find nothing to change."""
        return self._run("plan", "-input=false")


def sdk() -> str:
    """Return the Python that has the stock SDK of the time."""
    return _there(SDK, "the stock SDK is not installed: make .venv-sdk/ready")


def octodns(scene: Scene, count: int) -> Callable[[], Cost]:
    """Return a plan from YAML to YAML that finds nothing to change."""
    program = _there(OCTODNS, "octoDNS is not installed: make .venv-octodns/ready")
    folder = scene.written("records", count)
    return lambda: measure([program, "--config-file", "octodns.yaml"], folder)


def _there(program: Path, missing: str) -> str:
    if not program.exists():
        raise MissingPeerError(missing)
    return str(program)


def client(python: str, module: str, kind: str, verb: str) -> Callable[[str, int], Cost]:
    """Return a run of the lines that both clients share, for a URL and a number of assistants."""
    script = str(TESTS / "bench/clients.py")
    return lambda url, count: measure([python, "-P", script, module, kind, verb, url, str(count)], TESTS)


def stock(verb: str) -> Callable[[str, int], Cost]:
    """Return these lines by the stock SDK."""
    return client(sdk(), "openai", "OpenAI", verb)


def typed(verb: str) -> Callable[[str, int], Cost]:
    """Return these lines by the typed client."""
    return client(sys.executable, "reconciler.api", "Client", verb)


def loop(url: str, bodies: Path, flight: int) -> Cost:
    """Create everything by a bare httpx loop."""
    return measure([sys.executable, "-m", "bench.loop", url, str(bodies), str(flight)], TESTS)
