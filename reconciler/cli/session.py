"""One command's work: configuration, state and server brought together, a plan made and carried out."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from reconciler.cli.ci_environment import in_ci
from reconciler.cli.upload_progress import watched
from reconciler.engine import guard
from reconciler.engine import staleness as reviews
from reconciler.engine.applier import Interruption, apply
from reconciler.engine.drift import drift
from reconciler.engine.file_diffs import with_texts
from reconciler.engine.options import PlanOptions
from reconciler.engine.planned_run import planned
from reconciler.engine.steps import Steps
from reconciler.errors import PlanFileError, RefusedError, UsageError
from reconciler.model.change import Reason
from reconciler.render.document import ScopeRecord, plan_document, printed, report_document
from reconciler.render.plan_view import plan_view
from reconciler.render.report_view import report_view
from reconciler.render.text import drift_lines, report_lines
from reconciler.store import LocalStore, planfile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.cli.configured import Configured
    from reconciler.cli.console import Console
    from reconciler.cli.output_options import OutputOptions
    from reconciler.cli.target import Target
    from reconciler.config.resolve import Configuration
    from reconciler.dialects import Provider
    from reconciler.engine.planned_run import PlannedRun
    from reconciler.engine.staleness import Review
    from reconciler.model.address import Address
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired
    from reconciler.model.state import State
    from reconciler.render.document import ReportDocument
    from reconciler.store import Store

_CHANGES = 2
_FORGETFUL = (
    "CI is set, and there is no state in its folder yet. If the next job does not see that folder, name a "
    "database (--state postgresql://…) or a bucket (--state s3://…), or let the CI keep the folder from job "
    "to job. Without any of these everything is found again by its Mark, but calls in doubt are forgotten."
)

OnDrift: TypeAlias = Literal["overwrite", "keep", "fail"]


@dataclass(frozen=True)
class Scope:
    """What of a plan a person wants, and what they allow."""

    targets: Sequence[str] = ()
    excluded: Sequence[str] = ()
    prune: bool = False
    max_destroy: str | None = None
    allow_missing: bool = False
    on_drift: OnDrift = "overwrite"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Scope:
        """What the options of a command say."""
        return cls(
            given["targets"],
            given["excluded"],
            given["prune"],
            given["max_destroy"],
            given["allow_missing"],
            given["on_drift"],
        )

    @property
    def recorded(self) -> ScopeRecord:
        """The same in a plan file."""
        return ScopeRecord(
            targets=list(self.targets),
            excluded=list(self.excluded),
            prune_marked=self.prune,
            on_drift=self.on_drift,
        )

    def permissions(self, managed: int, *, everything: bool) -> guard.Permissions:
        """What the guard shall allow; UsageError for a limit that is none."""
        try:
            found = guard.Permissions.of(self.max_destroy, managed, missing=self.allow_missing)
        except ValueError as cause:
            raise UsageError(f"--max-destroy: {cause}") from cause
        return replace(found, everything=everything, drift=self.on_drift != "fail")


@dataclass(frozen=True)
class Concurrency:
    """How many changes are carried out at once, and how many seconds the lock is waited for."""

    parallelism: int = 10
    lock_timeout: float = 0.0


@dataclass(frozen=True)
class ReportOptions:
    """How an apply is told, and the file that shall have its report too."""

    drawing: OutputOptions
    report: Path | None = None


@dataclass(frozen=True)
class Session:
    """What one command works with."""

    console: Console
    configured: Configured
    store: Store
    target: Target
    scope: Scope
    everything: bool = False

    def configuration(self) -> Configuration:
        """What is declared; for ``destroy`` nothing of it, so that nothing stays."""
        found = self.configured.reported(self.console)
        if not self.everything:
            return found
        return replace(found, desired=replace(found.desired, assistants=(), files=()))

    def plan(self, *, detailed: bool, texts: bool, drawing: OutputOptions, out: Path | None) -> int:
        """Show what apply would do, with what differs inside files if that is wanted.

        Nothing but ``out`` is written anywhere.
        """
        declared, state = self.configuration(), self.store.load()
        plan = asyncio.run(self._planned(declared.desired, state, texts=texts)).plan
        drawing.show(plan_document(plan, self.scope.recorded, declared.warnings), self.console, out)
        if plan.has_changes:
            self.console.hint(f"To do this: assistants-sync apply{f' {out}' if out else ''}")
        try:
            guard.check(plan, self._allowed(plan))
        except RefusedError as refusal:
            self.console.tell("Warning", f"apply will refuse this plan: {refusal}")
        return _CHANGES if detailed and plan.has_changes else 0

    def drift(self, *, detailed: bool) -> int:
        """Show what somebody changed on the server since the last apply; only reads."""
        desired, state = self.configuration().desired, self.store.load()
        found = asyncio.run(self._planned(desired, state))
        moved = drift(self.configured.dialect.fields, desired, found.live, state)
        self.console.say(drift_lines(plan_view(plan_document(found.plan)), moved, len(state.bindings)))
        return _CHANGES if detailed and moved else 0

    def apply(
        self, review: Review, *, approved: bool, concurrency: Concurrency, report_options: ReportOptions
    ) -> int:
        """Make a plan and, once it is approved, carry it out; all of it under the lock."""
        declared, store = self.configuration(), self.store
        with store.lock("destroy" if self.everything else "apply", concurrency.lock_timeout, self._waiting):
            state = store.load()
            self._warn(state)
            found, stale = reviews.approved(review, asyncio.run(self._planned(declared.desired, state)))
            if report_options.drawing.form == "text":
                report_options.drawing.show(
                    plan_document(found.plan, warnings=declared.warnings), self.console
                )
            guard.check(found.plan, self._allowed(found.plan))
            if found.plan.has_changes and not approved and not self.console.confirm(self._question()):
                self.console.tell("", "Cancelled. Nothing was changed.")
                return 1
            report = asyncio.run(self._carried_out(found, state, concurrency.parallelism))
        report = replace(report, outcomes=(*report.outcomes, *stale))
        self._tell(report_document(report, found.plan), report_options)
        return report.exit_code

    def _tell(self, document: ReportDocument, report_options: ReportOptions) -> None:
        """Say how an apply ended; that a file cannot be written does not change how it did."""
        if report_options.report:
            try:
                planfile.write(report_options.report, printed(document))
            except PlanFileError as cause:
                self.console.tell("Warning", f"the report is not kept: {cause}")
        if report_options.drawing.form == "text":
            self.console.say(report_lines(report_view(document)))
        else:
            report_options.drawing.show(document, self.console)

    def _warn(self, state: State) -> None:
        """Say so where a first state is kept on a disk that a CI's next job will hardly see."""
        if in_ci() and not state.serial and isinstance(self.store, LocalStore):
            self.console.tell("Warning", _FORGETFUL)

    def _waiting(self, holder: str) -> None:
        self.console.tell("Waiting", f"the state is locked by {holder}")

    async def _carried_out(self, found: PlannedRun, state: State, parallelism: int) -> Report:
        plan = found.plan
        total = sum(len(change.steps) for change in plan.changes if not change.refused)
        bindings, unsettled = dict(state.bindings), list(state.unsettled)
        async with self.target.provider(self.configured.dialect, reading=False) as provider:
            with _interruptible(self.console) as interruption, self.console.progress(total) as progress:
                reopen = watched(self.configured.root.reopen, progress)
                steps = Steps(
                    plan=plan,
                    fields=found.options.fields,
                    live=found.live,
                    provider=provider,
                    store=self.store,
                    reopen=reopen,
                    bindings=bindings,
                    unsettled=unsettled,
                )
                return await apply(
                    plan,
                    state,
                    self.store,
                    steps,
                    parallelism=parallelism,
                    notify=progress.tell,
                    interruption=interruption,
                )

    async def _planned(self, desired: Desired, state: State, *, texts: bool = False) -> PlannedRun:
        async with self.target.provider(self.configured.dialect, reading=True) as provider:
            with self.console.reading(f"reading {provider.target}"):
                found = await planned(
                    provider,
                    desired,
                    state,
                    self._plan_options(provider),
                    targets=self.scope.targets,
                    excluded=self.scope.excluded,
                )
            return await with_texts(found, provider.content, self.configured.root.reopen) if texts else found

    def _plan_options(self, provider: Provider) -> PlanOptions:
        return PlanOptions(
            provider.target,
            self.configured.dialect.fields,
            dialect=self.configured.dialect.name,
            prune=self.scope.prune,
            protected=self._protected() if self.everything else frozenset(),
            because=Reason.DESTROY if self.everything else Reason.UNDECLARED,
            keep_drift=self.scope.on_drift == "keep",
            allow_missing=self.scope.allow_missing,
        )

    def _protected(self) -> frozenset[Address]:
        """What the configuration forbids to destroy."""
        return frozenset(
            one.address for one in self.configured.configuration.desired.assistants if one.protected
        )

    def _allowed(self, plan: Plan) -> guard.Permissions:
        return self.scope.permissions(plan.managed, everything=self.everything)

    def _question(self) -> str:
        return "Do you really want to destroy all of this?" if self.everything else "Do you want to do this?"


@contextmanager
def _interruptible(console: Console) -> Iterator[Interruption]:
    """Let the first signal end the run after the calls in flight, and the second one at once."""
    interruption = Interruption()
    loop = asyncio.get_running_loop()

    def interrupt(number: int) -> None:
        if interruption.signal:
            os._exit(128 + number)
        interruption.signal = number
        console.tell("Interrupted", "finishing the calls in flight; a second signal leaves at once")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt, int(number))
    try:
        yield interruption
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
