"""A Plan → Events while it runs, and a Report: concurrent in waves, each after its dependencies.

The waves: files are uploaded; assistants are created, updated and re-attached; assistants are
deleted; unused uploads are deleted. A failure skips only what depends on it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from reconciler.api.errors import APIError, UnknownOutcomeError
from reconciler.engine.attaching import StaleError, UnfitError, UnkeptError
from reconciler.errors import DisclosureError, NotBegunError, ReconcilerError, StoreError
from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Change, Step, StepKind
from reconciler.model.diagnostic import names_of
from reconciler.model.outcome import Cause, Ended, Event, Outcome, Report, Result, Started, Stepped
from reconciler.model.state import AssistantBinding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.engine.steps import Steps
    from reconciler.model.plan import Plan
    from reconciler.model.state import Binding, Intent, State
    from reconciler.store import Store

_MEMORY = 7 * 24 * 3600  # seconds for which a call of unknown outcome is looked for
_RECORDED = frozenset({StepKind.UPLOAD, StepKind.CREATE, StepKind.DELETE})  # done once the journal has them

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
    state = _claimed(plan, state, store)
    run = _Run(plan, steps, parallelism, notify=notify, interruption=interruption)
    for change in plan.changes:
        run.prepare(change)
    waves = Waves.of(plan)
    await run.prove(waves)
    for wave in (waves.uploads, waves.writes, waves.deletions):
        await run.take(wave)
    if waves.discards and await run.look_again(waves.discards):
        await run.take(waves.discards)
    return run.saved(state, store)


class Waves(NamedTuple):
    """The steps of a plan: files are uploaded, assistants written, then deleted, uploads discarded."""

    uploads: Sequence[Work]
    writes: Sequence[Work]
    deletions: Sequence[Work]
    discards: Sequence[Work]

    @classmethod
    def of(cls, plan: Plan) -> Waves:
        """Return the waves of everything that is not refused."""
        allowed = [change for change in plan.changes if not change.refused]
        files = [change for change in allowed if change.address.kind is Kind.FILE]
        assistants = [change for change in allowed if change.address.kind is Kind.ASSISTANT]
        return cls(
            [work for change in files if (work := _only(change, StepKind.UPLOAD))],
            [(change, change.steps) for change in assistants if change.action is not Action.DELETE],
            [(change, change.steps) for change in assistants if change.action is Action.DELETE],
            [work for change in files if (work := _only(change, StepKind.DELETE))],
        )


def _only(change: Change, kind: StepKind) -> Work | None:
    todo = tuple(step for step in change.steps if step.kind is kind)
    return (change, todo) if todo else None


def _claimed(plan: Plan, state: State, store: Store) -> State:
    """Return the state, saved once before its first call, so that a journal names its owner."""
    if state.serial or state.journaled or not any(change.steps for change in plan.changes):
        return state
    claimed = _owned(plan, state)
    store.save(claimed, 0)
    return replace(claimed, serial=1)


def _owned(plan: Plan, state: State) -> State:
    """Return the state with its owner; an account stays known where the server does not name it."""
    basis = plan.basis
    account = basis.account or state.account
    dialect = basis.dialect or state.dialect
    return replace(
        state,
        project=plan.project,
        target=basis.target,
        account=account,
        dialect=dialect,
        exceptions=names_of(plan.exceptions),
    )


@dataclass
class _Run:
    """One apply under way."""

    plan: Plan
    steps: Steps
    parallelism: int
    notify: Callable[[Event], None]
    interruption: Interruption
    failed: dict[Address, Outcome] = field(default_factory=dict)
    halted: ReconcilerError | None = None
    taken: set[tuple[Address, Sequence[Step]]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.parallelism)

    def prepare(self, change: Change) -> None:
        """Finish what needs no call, and refuse what a rule forbids."""
        if change.refused:
            self._fail(change, Result.FAILED, Cause.REFUSED, change.refused)
        elif change.action is Action.FORGET and not change.steps:
            self.steps.forget(change)
        else:
            self.steps.remember(change)

    async def prove(self, waves: Waves) -> None:
        """Create one assistant alone where nothing shows yet that this server keeps an ownership mark.

        Of its files only what it needs is uploaded before; the one with the fewest files comes first. A
        create that fails for another reason proves nothing, and the next one is tried.
        """
        if not self.steps.provider.whole or self._keeps_marks():
            return
        self.steps.is_first = True
        creates = [work for work in waves.writes if work[0].action is Action.CREATE]
        for change, todo in sorted(creates, key=lambda work: len(self.steps.files(work[0]))):
            needed = set(self._needs(change, todo))
            await self.take([work for work in waves.uploads if work[0].address in needed])
            await self.take([(change, todo)])
            if change.address not in self.failed or self.halted or self.interruption.signal:
                break
        self.steps.is_first = False

    def _keeps_marks(self) -> bool:
        return any(one.mark is not None for one in self.steps.live.assistants.values())

    async def take(self, wave: Sequence[Work]) -> None:
        """Take every Change of a wave as far as the wave goes, once."""
        todo = [work for work in wave if (work[0].address, work[1]) not in self.taken]
        self.taken |= {(change.address, steps) for change, steps in todo}
        rest = iter(todo)

        async def work() -> None:
            for change, steps in rest:
                await self.advance(change, steps)

        workers = 2 * self.parallelism - 1  # while records become durable, other changes have the slots
        await asyncio.gather(*(work() for _ in range(min(len(todo), workers))))

    async def look_again(self, deletions: Sequence[Work]) -> bool:
        """Read which assistants contain the uploads to delete; on failure none of them is deleted."""
        try:
            problem = await self.steps.look_again()
        except ReconcilerError as error:
            problem = str(error)
        for change, _ in deletions if problem else ():
            self._fail(change, Result.SKIPPED, Cause.DEPENDENCY, f"not deleted: {problem}")
        return not problem

    async def advance(self, change: Change, todo: Sequence[Step]) -> None:
        """Take a Change as far as this wave goes; another one starts while its records become durable."""
        async with self._slots:
            if change.address in self.failed or not todo:
                return
            blocker = self._blocker(change, todo)
            if blocker:
                self._fail(change, Result.SKIPPED, Cause.DEPENDENCY, blocker)
                return
            ended = await self._attempt(change, todo)
        await self._settle(change, ended)

    async def _attempt(self, change: Change, todo: Sequence[Step]) -> Stepped | ReconcilerError | None:
        """Take the steps; return why that failed, or the last one if it counts once its record is durable."""
        last: Stepped | None = None
        has_begun = False
        try:
            for step in todo:
                if change.before:
                    await self.steps.recheck(change)
                stepped = await self._step(change, step)
                has_begun = True
                if step is todo[-1] and step.kind in _RECORDED:
                    last = stepped
                else:
                    self.notify(stepped)
            await self.steps.finish(change)
        except NotBegunError as error:
            return error.reason if has_begun else error
        except ReconcilerError as error:
            if isinstance(error, (StoreError, UnfitError)):
                self.halted = error
            return error
        return last

    async def _step(self, change: Change, step: Step) -> Stepped:
        self.notify(Started(change, step))
        begun = time.monotonic()
        await self.steps.take(change, step)
        return Stepped(change, step, time.monotonic() - begun)

    async def _settle(self, change: Change, ended: Stepped | ReconcilerError | None) -> None:
        """End a Change once what it did is durable."""
        try:
            await self.steps.settled(change)
        except StoreError as error:
            self.halted = ended = error
        if isinstance(ended, ReconcilerError):
            self._end(change, ended)
        elif ended is not None:
            self.notify(ended)

    def _end(self, change: Change, error: ReconcilerError) -> None:
        """End a Change that failed."""
        result, cause, message, request_id = Result.FAILED, Cause.ERROR, str(error), ""
        match error:
            case APIError():
                message, request_id = error.message, error.request_id
                if change.address in self.steps.doubted:
                    result = Result.UNKNOWN
                    if not isinstance(error, UnknownOutcomeError):
                        message = f"it may have taken effect all the same: {message}"
            case NotBegunError():
                result, cause = Result.SKIPPED, Cause.DEPENDENCY
            case StoreError():
                cause = Cause.REFUSED if isinstance(error, DisclosureError) else Cause.ERROR
                message = self._unrecorded(change, error)
            case StaleError():
                cause = Cause.STALE
            case UnfitError():
                cause = Cause.REFUSED
            case UnkeptError():
                cause = Cause.IGNORED
        self._fail(change, result, cause, message, request_id=request_id)

    def _unrecorded(self, change: Change, error: StoreError) -> str:
        """Return the message of a store error; a write may have come before the record of it."""
        done = self.steps.done.get(change.address)
        return f"{done}, but the state was not saved: {error}" if done else str(error)

    def _blocker(self, change: Change, todo: Sequence[Step]) -> str:
        """Return why a Change may not start: an interruption, an unwritable state, or a failed dependency."""
        if self.interruption.signal:
            return "not started: the run was interrupted"
        if self.halted is not None:
            return f"not started: {self.halted}"
        failed = [str(need) for need in self._needs(change, todo) if need in self.failed]
        if failed:
            return f"not started: it needs {', '.join(failed)}"
        return "" if change.address.kind is Kind.ASSISTANT else self._in_use(todo)

    def _in_use(self, todo: Sequence[Step]) -> str:
        """Return why an upload may not be deleted: an assistant contains it."""
        deleted = [step.id for step in todo if step.kind is StepKind.DELETE]
        failed = {outcome.change.id for outcome in self.failed.values()}
        users = {user for file_id in deleted for user in self.steps.users(file_id, failed)}
        return f"not deleted: {', '.join(sorted(users))} contains it" if users else ""

    def _needs(self, change: Change, todo: Sequence[Step]) -> Iterator[Address]:
        """Yield the files that an assistant is about to contain."""
        if change.address.kind is Kind.ASSISTANT:
            creates = change.action is Action.CREATE
            files = self.steps.files(change) if creates else [step.file for step in _attaching(todo)]
            yield from (file for file in files if isinstance(file, Address))

    def _fail(self, change: Change, result: Result, cause: Cause, message: str, request_id: str = "") -> None:
        written = change.address in self.steps.touched
        if not written:
            self.steps.abandon(change.address)
        outcome = Outcome(
            change,
            result,
            cause,
            message,
            request_id=request_id,
            written=written,
            verified=self.steps.verified.get(change.address, ()),
            deleted=self.steps.deleted.get(change.address, ()),
        )
        self.failed[change.address] = outcome
        self.notify(Ended(outcome))

    def saved(self, state: State, store: Store) -> Report:
        """Save the state, and return the Report of every Change that does something.

        If saving fails, the report says so, and the next run reads what was done from the journal.
        """
        shown = [change for change in self.plan.changes if change.action is not Action.NOOP or change.refused]
        outcomes = tuple(self.failed.get(change.address) or self._applied(change) for change in shown)
        return Report(outcomes, self.interruption.signal, self._unsaved(state, store))

    def _unsaved(self, state: State, store: Store) -> str:
        made = replace(
            _owned(self.plan, state),
            bindings=self.steps.bindings,
            pending=tuple(one for one in self.steps.pending if self._is_open(one)),
            traits=frozenset(self.steps.provider.traits),
            cursors=self._cursors(state),
        )
        try:
            if _as_recorded(made, state) != state or state.journaled or self.steps.recorded:
                store.save(made, state.serial)
        except StoreError as error:
            return str(error)
        return ""

    def _cursors(self, state: State) -> tuple[str, ...]:
        """Return the cursors of the list that the plan rests on, without what this run deleted."""
        bound = {binding.id for binding in self.steps.bindings.values()}
        gone = {binding.id for binding in state.bindings.values()} - bound
        return tuple(one for one in self.steps.live.cursors if one not in gone)

    @staticmethod
    def _is_open(intent: Intent) -> bool:
        """Return whether to look for a call again; intents without a time never expire."""
        return not intent.at or time.time() - intent.at < _MEMORY

    def _applied(self, change: Change) -> Outcome:
        binding = self.steps.bindings.get(change.address)
        return Outcome(
            change,
            Result.APPLIED,
            message=self.steps.remarks.get(change.address, ""),
            written=change.address in self.steps.touched,
            id=binding.id if binding else change.id,
            verified=self.steps.verified.get(change.address, ()),
            deleted=self.steps.deleted.get(change.address, ()),
        )


def _as_recorded(made: State, before: State) -> State:
    """Return a state without what the one before did not record: it is not saved for such records alone."""
    bindings = {
        address: _bound_as(one, before.bindings.get(address)) for address, one in made.bindings.items()
    }
    exceptions = None if before.exceptions is None else made.exceptions
    return replace(made, bindings=bindings, exceptions=exceptions, cursors=before.cursors or made.cursors)


def _bound_as(binding: Binding, before: Binding | None) -> Binding:
    if isinstance(binding, AssistantBinding) and isinstance(before, AssistantBinding) and not before.declared:
        return replace(binding, declared="")
    return binding


def _attaching(todo: Sequence[Step]) -> Iterator[Step]:
    return (step for step in todo if step.kind is StepKind.ATTACH)
