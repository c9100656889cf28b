"""A Plan → Events while it runs, and a Report: concurrent in waves, each after what it needs.

The waves: files are uploaded; assistants are created, updated and re-attached; assistants are
deleted; uploads that nothing refers to any more are deleted. A failure skips only what depends on it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.api.errors import APIError, UnknownOutcomeError
from reconciler.engine.steps import StaleError, Steps, UnkeptError
from reconciler.errors import ReconcilerError, StoreError
from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Change, Step, StepKind
from reconciler.model.outcome import Cause, Ended, Event, Outcome, Report, Result, Started, Stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model.plan import Plan
    from reconciler.model.state import State
    from reconciler.store import Store

Work = tuple[Change, tuple[Step, ...]]


@dataclass
class Interruption:
    """Set ``signal`` to let the calls in flight end and start no other."""

    signal: int = 0


async def apply(  # noqa: PLR0913 - what is done, with what, how fast, and who watches
    plan: Plan,
    state: State,
    store: Store,
    steps: Steps,
    *,
    parallelism: int,
    notify: Callable[[Event], None],
    interruption: Interruption,
) -> Report:
    """Carry out a plan whose lock is held, save the state it leads to, and report every Change."""
    run = _Run(plan, steps, asyncio.Semaphore(parallelism), notify, interruption)
    for change in plan.changes:
        run.prepare(change)
    for wave in _waves(plan):
        await asyncio.gather(*(run.advance(change, todo) for change, todo in wave))
    report = run.report()
    _save(plan, state, store, steps)
    return report


def _waves(plan: Plan) -> Iterator[Sequence[Work]]:
    able = [change for change in plan.changes if not change.refused]
    files = [change for change in able if change.address.kind is Kind.FILE]
    assistants = [change for change in able if change.address.kind is Kind.ASSISTANT]
    yield [work for change in files if (work := _only(change, StepKind.UPLOAD))]
    yield [(change, change.steps) for change in assistants if change.action is not Action.DELETE]
    yield [(change, change.steps) for change in assistants if change.action is Action.DELETE]
    yield [work for change in files if (work := _only(change, StepKind.DELETE))]


def _only(change: Change, kind: StepKind) -> Work | None:
    todo = tuple(step for step in change.steps if step.kind is kind)
    return (change, todo) if todo else None


def _save(plan: Plan, state: State, store: Store, steps: Steps) -> None:
    made = replace(
        state,
        project=plan.project,
        target=plan.basis.target,
        bindings=steps.bindings,
        unsettled=tuple(steps.unsettled),
    )
    if made != state or state.journaled:
        store.save(made, state.serial)


@dataclass
class _Run:
    """One apply under way."""

    plan: Plan
    steps: Steps
    places: asyncio.Semaphore
    notify: Callable[[Event], None]
    interruption: Interruption
    failed: dict[Address, Outcome] = field(default_factory=dict)
    written: set[Address] = field(default_factory=set)
    halted: StoreError | None = None

    def prepare(self, change: Change) -> None:
        """Settle what needs no call, and refuse what a rule forbids."""
        if change.refused:
            self._fail(change, Result.FAILED, Cause.REFUSED, change.refused)
        elif change.address.kind is Kind.FILE and change.id and change.action is not Action.DELETE:
            self.steps.uploads[change.address] = change.id
        if not change.refused and (change.binding is not None or change.action is Action.FORGET):
            self.steps.note(change)

    async def advance(self, change: Change, todo: Sequence[Step]) -> None:
        """Take a Change as far as this wave goes."""
        async with self.places:
            if change.address in self.failed or not todo:
                return
            blocker = self._blocker(change, todo)
            if blocker:
                self._fail(change, Result.SKIPPED, Cause.DEPENDENCY, blocker)
                return
            await self._attempt(change, todo)

    async def _attempt(self, change: Change, todo: Sequence[Step]) -> None:
        try:
            if change.before:
                await self.steps.recheck(change)
            for step in todo:
                await self._step(change, step)
            self.steps.finish(change)
        except UnknownOutcomeError as error:
            self.written.add(change.address)
            self._fail(change, Result.UNKNOWN, Cause.ERROR, error.message, error.request_id)
        except UnkeptError as error:
            self.written.add(change.address)
            self._fail(change, Result.FAILED, Cause.ERROR, str(error))
        except APIError as error:
            self._fail(change, Result.FAILED, Cause.ERROR, error.message, error.request_id)
        except StaleError as error:
            self._fail(change, Result.FAILED, Cause.STALE, str(error))
        except StoreError as error:
            self.halted = error
            self._fail(change, Result.FAILED, Cause.ERROR, str(error))
        except ReconcilerError as error:
            self._fail(change, Result.FAILED, Cause.ERROR, str(error))

    async def _step(self, change: Change, step: Step) -> None:
        self.notify(Started(change, step))
        begun = time.monotonic()
        await self.steps.take(change, step)
        self.written.add(change.address)
        self.notify(Stepped(change, step, time.monotonic() - begun))

    def _blocker(self, change: Change, todo: Sequence[Step]) -> str:
        """Why a Change may not start: an interruption, a state that cannot be written, an unmet need."""
        if self.interruption.signal:
            return "not started: the run was interrupted"
        if self.halted is not None:
            return f"not started: {self.halted}"
        failed = [str(need) for need in self._needs(change, todo) if need in self.failed]
        return f"not started: it needs {', '.join(failed)}" if failed else ""

    def _needs(self, change: Change, todo: Sequence[Step]) -> Iterator[Address]:
        """The files an assistant carries; the assistants that still carry an upload to be deleted."""
        if change.address.kind is Kind.ASSISTANT:
            creates = change.action is Action.CREATE
            files = self.steps.files(change) if creates else [step.file for step in _attaching(todo)]
            yield from (one for one in files if isinstance(one, Address))
            return
        holders = {one for step in todo for one in self.steps.live.references.get(step.id, ())}
        yield from (one.address for one in self.plan.changes if one.id in holders)

    def _fail(self, change: Change, result: Result, cause: Cause, message: str, request_id: str = "") -> None:
        written = change.address in self.written
        outcome = Outcome(change, result, cause, message, request_id, written)
        self.failed[change.address] = outcome
        self.notify(Ended(outcome))

    def report(self) -> Report:
        """The Outcome of every Change that does something; what did not fail was applied."""
        return Report(
            tuple(
                self.failed.get(change.address) or self._applied(change)
                for change in self.plan.changes
                if change.action is not Action.NOOP or change.refused
            ),
            self.interruption.signal,
        )

    def _applied(self, change: Change) -> Outcome:
        binding = self.steps.bindings.get(change.address)
        return Outcome(
            change,
            Result.APPLIED,
            message=self.steps.remarks.get(change.address, ""),
            written=change.address in self.written,
            id=binding.id if binding else change.id,
        )


def _attaching(todo: Sequence[Step]) -> Iterator[Step]:
    return (step for step in todo if step.kind is StepKind.ATTACH)
