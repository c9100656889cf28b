"""One command's work: configuration, state and server brought together, a plan made and carried out."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.engine import guard
from reconciler.engine.applier import Interruption, apply
from reconciler.engine.matching import Terms
from reconciler.engine.planner import plan as compare
from reconciler.engine.selection import selection
from reconciler.engine.steps import Steps
from reconciler.errors import RefusedError, UsageError
from reconciler.model.change import Reason
from reconciler.render.text import plan_lines, report_lines
from reconciler.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reconciler.cli.configured import Configured
    from reconciler.cli.speech import Speech
    from reconciler.cli.target import Target
    from reconciler.model.address import Address
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired, Live
    from reconciler.model.state import State

_CHANGES = 2


@dataclass(frozen=True)
class Scope:
    """What of a plan a person wants, and what they allow."""

    targets: Sequence[str] = ()
    excluded: Sequence[str] = ()
    prune: bool = False
    max_destroy: str | None = None
    allow_missing: bool = False

    def permissions(self, managed: int, *, everything: bool) -> guard.Permissions:
        """What the guard shall allow; UsageError for a limit that is none."""
        try:
            found = guard.Permissions.of(self.max_destroy, managed, missing=self.allow_missing)
        except ValueError as cause:
            raise UsageError(f"--max-destroy: {cause}") from cause
        return replace(found, everything=everything)


@dataclass(frozen=True)
class Session:
    """What one command works with."""

    speech: Speech
    configured: Configured
    state: Path
    target: Target
    scope: Scope
    everything: bool = False

    def desired(self) -> Desired:
        """The configuration; for ``destroy`` without what it declares, so that nothing of it stays."""
        found = self.configured.told(self.speech).desired
        return replace(found, assistants=(), files=()) if self.everything else found

    def plan(self, *, detailed: bool) -> int:
        """Show what apply would do; nothing is written anywhere."""
        desired, state = self.desired(), LocalStore(self.state).load()
        plan, _ = asyncio.run(self._planned(desired, state))
        self.speech.say(plan_lines(plan))
        try:
            guard.check(plan, state, self._allowed(plan))
        except RefusedError as refusal:
            self.speech.tell("Warning", f"apply will refuse this plan: {refusal}")
        return _CHANGES if detailed and plan.has_changes else 0

    def apply(self, *, approved: bool, parallelism: int) -> int:
        """Make a plan and, once it is approved, carry it out; all of it under the lock."""
        desired = self.desired()
        store = LocalStore(self.state)
        with store.lock("destroy" if self.everything else "apply"):
            state = store.load()
            plan, live = asyncio.run(self._planned(desired, state))
            self.speech.say(plan_lines(plan))
            guard.check(plan, state, self._allowed(plan))
            if plan.has_changes and not approved and not self.speech.confirm(self._question()):
                self.speech.tell("", "Cancelled. Nothing was changed.")
                return 1
            report = asyncio.run(self._carried_out(plan, desired, live, state, store, parallelism))
        self.speech.say(report_lines(report))
        return report.exit_code

    async def _carried_out(  # noqa: PLR0913, PLR0917 - everything an apply rests on
        self, plan: Plan, desired: Desired, live: Live, state: State, store: LocalStore, parallelism: int
    ) -> Report:
        total = sum(len(change.steps) for change in plan.changes if not change.refused)
        bindings, unsettled = dict(state.bindings), list(state.unsettled)
        async with self.target.provider(reading=False) as provider:
            steps = Steps(desired, live, provider, store, self.configured.root.reopen, bindings, unsettled)
            with _interruptible(self.speech) as interruption, self.speech.progress(total) as progress:
                return await apply(
                    plan,
                    state,
                    store,
                    steps,
                    parallelism=parallelism,
                    notify=progress.tell,
                    interruption=interruption,
                )

    async def _planned(self, desired: Desired, state: State) -> tuple[Plan, Live]:
        async with self.target.provider(reading=True) as provider:
            live = await provider.observe(state)
        terms = Terms(
            provider.target,
            provider.limits,
            prune=self.scope.prune,
            protected=self._protected() if self.everything else frozenset(),
            because=Reason.DESTROY if self.everything else Reason.UNDECLARED,
        )
        whole = compare(desired, live, state, terms)
        only = selection(whole, desired, self.scope.targets, self.scope.excluded)
        return (whole if only is None else compare(desired, live, state, replace(terms, only=only))), live

    def _protected(self) -> frozenset[Address]:
        """What the configuration forbids to destroy."""
        return frozenset(one.address for one in self.configured.read().desired.assistants if one.protected)

    def _allowed(self, plan: Plan) -> guard.Permissions:
        return self.scope.permissions(plan.managed, everything=self.everything)

    def _question(self) -> str:
        return "Do you really want to destroy all of this?" if self.everything else "Do you want to do this?"


@contextmanager
def _interruptible(speech: Speech) -> Iterator[Interruption]:
    """Let the first signal end the run after the calls in flight, and the second one at once."""
    interruption = Interruption()
    loop = asyncio.get_running_loop()

    def interrupt(number: int) -> None:
        if interruption.signal:
            os._exit(128 + number)
        interruption.signal = number
        speech.tell("Interrupted", "finishing the calls in flight; a second signal leaves at once")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt, int(number))
    try:
        yield interruption
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
