"""One run of the real program in a forked process, which has everything imported already."""

import gc
import io
import os
import signal
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from reliability.broken import VARIANTS
from reliability.fate import FORTUNATE, Boundaries

import reconciler.api.retry
import reconciler.cli.target
import reconciler.engine.recovery
import reconciler.store.objects
import reconciler.store.postgres.store
from reconciler.cli.main import run as command_line
from reconciler.store.lease import Span
from reconciler.store.postgres import Patience

aloud = False
"""Whether what each run says is printed."""
PATIENCE = 60
"""Seconds after which a run is ended; none takes nearly as long."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: an exit code, or the negative number of a signal."""

    code: int
    out: str

    @property
    def was_killed(self):
        """Whether it died as it was to."""
        return self.code == -signal.SIGKILL

    @property
    def is_bug(self):
        """Whether it ended as no run may."""
        return self.code in {70, -signal.SIGALRM} or "Traceback" in self.out


def warm(folder, arguments):
    """Run in this very process, so that everything is imported before the first fork."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            code = command_line(list(arguments))
    finally:
        os.chdir(here)
    gc.collect()
    gc.freeze()  # what no run changes need not be copied by any
    return code


def begin(folder, arguments, fate=FORTUNATE, *, variant="", trace=None, calm=False):  # noqa: PLR0913 - a run's circumstances
    """Start a run in a project's folder; the number of its process."""
    process = os.fork()
    if process:
        return process
    code = 70
    try:
        _hurry(calm=calm, ends_well=fate == FORTUNATE)
        code = _child(folder, arguments, fate, variant, trace)
    finally:
        os._exit(code)


def end(process, folder):
    """Wait for a run that was begun."""
    _, status = os.waitpid(process, 0)
    log = folder / f"run-{process}.log"
    out = log.read_text(errors="replace") if log.exists() else ""
    log.unlink(missing_ok=True)
    if aloud:
        print(out, f"exit {os.waitstatus_to_exitcode(status)}", sep="")
    return Ended(os.waitstatus_to_exitcode(status), out)


def run(folder, arguments, fate=FORTUNATE, **rest):
    """The same, from beginning to end."""
    return end(begin(folder, arguments, fate, **rest), folder)


def _child(folder, arguments, fate, variant, trace):
    signal.alarm(PATIENCE)  # ends it, and the case with it
    os.chdir(folder)
    tempfile.tempdir = str(folder)  # where a copy goes of a state that could not be saved
    log = os.open(f"run-{os.getpid()}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115 - to the end
    sys.stderr = sys.stdout
    if variant:
        VARIANTS[variant].install()
    boundaries = Boundaries(folder / "state", fate, trace)
    boundaries.install()
    code = command_line(list(arguments))
    boundaries.tell()
    return code


def _hurry(*, calm, ends_well):
    """Wait less than people would: nothing here is far away, and a second is long.

    In a ``calm`` run nothing hangs, and a machine that is slow is no fault. The lease of a run that does not
    end well runs out soon; times of the service are whole seconds, so that even this one lasts for one.
    """
    reconciler.api.retry._FIRST_WAIT = 0.01
    reconciler.api.retry._SHORTEST = 0.01
    reconciler.cli.target._DEADLINE = 30.0 if calm else 0.6
    reconciler.engine.recovery._PAUSE = 0.02
    reconciler.store.postgres.store._PAUSE = 0.05
    reconciler.store.postgres.store.Patience = lambda: Patience(confirmation=0.5)
    if not ends_well:
        reconciler.store.objects.Span = lambda: Span(lasts=1.5, renewed=0.3, margin=0.6)
