"""An approved plan carried out: a provider that can write, progress, and signals that end it early."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.cli.upload_progress import watched
from reconciler.engine.applier import Interruption, apply
from reconciler.engine.steps import Steps
from reconciler.model.state import Pending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.cli.configured import Configured
    from reconciler.cli.console import Console
    from reconciler.cli.target import Target
    from reconciler.engine.planned_run import PlannedRun
    from reconciler.model.outcome import Report
    from reconciler.store import Store


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # the last one when a terminal goes away


async def carried_out(  # noqa: PLR0913 - the plan, where it is carried out, how fast, and who watches
    run: PlannedRun,
    target: Target,
    store: Store,
    *,
    configured: Configured,
    console: Console,
    parallelism: int,
) -> Report:
    """Return the report of a plan that was carried out; the lock of the store is held."""
    total = sum(len(change.steps) for change in run.plan.changes if not change.refused)
    async with target.provider(configured.dialect, reading=False) as provider:
        provider.traits.update(run.state.traits)
        with _interruptible(console) as interruption, console.progress(total) as progress:
            steps = Steps(
                plan=run.plan,
                fields=run.options.fields,
                live=run.live,
                provider=provider,
                store=store,
                reopen=watched(configured.root.reopen, progress),
                bindings=dict(run.state.bindings),
                pending=Pending(run.state.pending),
            )
            return await apply(
                run.plan,
                run.state,
                store,
                steps,
                parallelism=parallelism,
                notify=progress.tell,
                interruption=interruption,
            )


@contextmanager
def _interruptible(console: Console) -> Iterator[Interruption]:
    """Let the first signal end the run after the calls in flight, and the second one at once."""
    interruption = Interruption()
    loop = asyncio.get_running_loop()

    def interrupt(number: int) -> None:
        if interruption.signal:
            os._exit(128 + number)
        interruption.signal = number
        console.log("Interrupted", "finishing the calls in flight; a second signal leaves at once")

    numbers = [one for one in _ENDING if signal.getsignal(one) is not signal.SIG_IGN]  # nohup ignores one
    for number in numbers:
        loop.add_signal_handler(number, interrupt, int(number))
    try:
        yield interruption
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
