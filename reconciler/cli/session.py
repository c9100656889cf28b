"""One command's work: configuration, state and server brought together, a plan made and carried out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.cli.ci_environment import in_ci
from reconciler.cli.console import OutputError
from reconciler.cli.event_loop import result_of
from reconciler.cli.known_secrets import KNOWN
from reconciler.cli.repetition import allowed, approval, converted, instruction, with_digest
from reconciler.cli.unreviewed import require_none, unreviewed
from reconciler.config.text import collector_rests
from reconciler.engine import guard
from reconciler.engine.memory import is_outdated
from reconciler.engine.planned_run import planned
from reconciler.engine.review import drifted, needs
from reconciler.engine.staleness import reviewed
from reconciler.errors import PlanFileError, RefusedError
from reconciler.model.refusal import Refusal, Rule
from reconciler.render.document import completed, plan_draft, printed, refusal_record, report_document
from reconciler.render.secrecy import stored_leak_in, without_secrets
from reconciler.store import LocalStore, planfile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from reconciler.cli.configured import Configured
    from reconciler.cli.console import Console
    from reconciler.cli.output_options import OutputOptions
    from reconciler.cli.scope import Scope
    from reconciler.cli.target import Target
    from reconciler.config.content import Root
    from reconciler.engine.planned_run import PlannedRun
    from reconciler.engine.staleness import Review
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.model.review import Need
    from reconciler.model.state import State
    from reconciler.render.document import PlanDocument, RefusalRecord, ReportDocument
    from reconciler.store import Store

_CHANGES = 2
_IN_PART = 3
_FORGETFUL = (
    "CI is set, and there is no state in its folder yet. If the next job does not see that folder, name a "
    "database (--state postgresql://…) or a bucket (--state s3://…), or let the CI keep the folder from job "
    "to job. Without any of these everything is found again by its ownership mark, but pending operations "
    "are lost."
)


class UnreportedError(OutputError):
    """The report of an apply could not be written; the exit code says whether there were changes."""

    def __init__(self, cause: OutputError, report: Report) -> None:
        is_written = any(outcome.written for outcome in report.outcomes)
        changes = "Changes were made; to see what is left, run plan" if is_written else "Nothing was changed"
        super().__init__(f"{cause}. {changes}")
        code = _IN_PART if is_written else 1
        self.exit_code = report.exit_code if report.interrupted else max(code, report.exit_code)


@dataclass(frozen=True)
class Concurrency:
    """The maximum number of concurrent changes, and the seconds to wait for the lock."""

    parallelism: int = 10
    lock_timeout: float = 0.0


@dataclass(frozen=True)
class ReportOptions:
    """The format of the report of an apply, and the file that gets it too."""

    drawing: OutputOptions
    file: Path | None = None

    def before(self, document: PlanDocument, console: Console) -> None:
        """Show the plan, where a person reads."""
        if self.drawing.form == "text":
            self.drawing.show(document, console)

    def after(self, document: ReportDocument, console: Console, root: Root) -> None:
        """Show how an apply ended; a file that cannot be written is only a warning."""
        document = without_secrets(document, KNOWN.redactor)
        if self.file:
            try:
                planfile.write(self.file, KNOWN.redactor.redacted(printed(document)))
            except PlanFileError as cause:
                console.log("Warning", f"the report is not kept: {cause}")
        if self.drawing.form == "text":
            from reconciler.render.report_view import report_view  # noqa: PLC0415 - not for a plan
            from reconciler.render.text import report_lines  # noqa: PLC0415 - the same

            console.print_lines(report_lines(report_view(document, is_end=True)))
        else:
            self.drawing.show(document, console, root=root)


def _named(plan: Plan, out: Path | None, *, is_needed: bool) -> str:
    """Return how to apply a plan: by its file, or by its digest where a review of it is needed."""
    if not out and is_needed:
        return f"To do this, {converted('apply', *approval(plan.digest))}"
    return f"To do this: assistants-sync apply{f' {out}' if out else ''}"


@dataclass(frozen=True)
class Session:
    """The parts that one command works with."""

    console: Console
    configured: Configured
    store: Store
    target: Target
    scope: Scope

    def plan(self, *, detailed: bool, texts: bool, drawing: OutputOptions, out: Path | None) -> int:
        """Show what apply would do, with what differs inside files if that is wanted.

        Nothing but ``out`` is written anywhere.
        """
        run = result_of(self._planned(self._loaded(), texts=texts, is_reviewed=True))
        plan, draft = run.plan, self._draft(run.plan)
        document = completed(draft, self._refusal(plan, draft), self._needs(plan))
        if drawing.form == "text":  # other formats have the warnings in their document
            self.configured.warn(self.console)
        drawing.show(document, self.console, out, self.configured.root)
        if plan.has_changes and not document.refusal:
            self.console.hint(_named(plan, out, is_needed=bool(document.needs_review)))
        if not out and run.rests_on_review:
            once = converted("apply", *approval(plan.digest))
            self.console.log(
                "Review", f"uploads without a proof are only deleted after a review; then {once}"
            )
        return _CHANGES if detailed and plan.has_changes else 0

    def drift(self, *, detailed: bool) -> int:
        """Show what was changed on the server since the last apply; only reads."""
        from reconciler.engine.drift import drift  # noqa: PLC0415 - not for a plan
        from reconciler.render.plan_view import plan_view  # noqa: PLC0415 - the same
        from reconciler.render.text import drift_lines  # noqa: PLC0415 - the same

        state = self._loaded()
        run = result_of(self._planned(state))
        self.configured.count_warnings(self.console)
        drifts = drift(run.options.fields, run.desired, run.live, state)
        view, is_older = plan_view(plan_draft(run.plan)), is_outdated(run.desired, run.live, state)
        self.console.print_lines(drift_lines(view, drifts, len(state.bindings), is_older=is_older))
        return _CHANGES if detailed and drifts else 0

    def apply(
        self, review: Review, *, approved: bool, concurrency: Concurrency, report_options: ReportOptions
    ) -> int:
        """Make a plan and, once it is approved, carry it out; all of it under the lock."""
        self.configured.require_valid()  # before there is a lock
        command = "destroy" if self.scope.everything else "apply"
        with self.locked(command, concurrency.lock_timeout):
            state = self._loaded()
            self._warn(state)
            run, stale = reviewed(review, result_of(self._planned(state, is_reviewed=review.is_given)))
            draft = self._draft(run.plan)
            _refuse_leak(draft)
            self._warn_of_configuration()
            report_options.before(draft, self.console)
            self._guard(run, draft, report_options.drawing, is_unattended=approved and not review.is_given)
            if run.plan.has_changes and not approved and not self.console.confirm(self._question()):
                self.console.log("", "Cancelled. Nothing was changed.")
                return 1
            report = result_of(self.carried_out(run, concurrency.parallelism))
        report = replace(report, outcomes=(*report.outcomes, *stale))
        document = report_document(report, run.plan, self._advice(run))
        try:
            report_options.after(document, self.console, self.configured.root)
        except OutputError as cause:
            raise UnreportedError(cause, report) from cause
        return report.exit_code

    def _loaded(self) -> State:
        """Return the state of the store; of ten thousand bindings none is garbage."""
        with collector_rests():
            return self.store.load()

    def _draft(self, plan: Plan) -> PlanDocument:
        valid = self.configured.configuration
        return plan_draft(plan, self.scope.recorded, valid.warnings, valid.omitted)

    def _needs(self, plan: Plan) -> Sequence[Need]:
        """Return what an unattended apply with the options that were given may only do after a review."""
        return needs(plan, self.scope.consent)

    def _refusal(self, plan: Plan, draft: PlanDocument) -> RefusalRecord | None:
        """Return why an apply will refuse this plan, as it will be run after what was typed here."""
        outlook = guard.outlook(plan, self.scope.permissions(plan.managed))
        refusals = [*outlook, *self._drifted(plan), *_leaks(draft)]
        options = [word for one in refusals for word in one.options]
        command = allowed(*options) if all(one.options for one in refusals) else ""
        return refusal_record(refusals, command)

    def locked(self, command: str, timeout: float) -> AbstractContextManager[None]:
        """Hold the lock of the state for a command, which its holder is known by."""

        def waiting(holder: str) -> None:
            self.console.log("Waiting", f"the state is locked by {holder}")

        return self.store.lock(command, timeout, waiting)

    def _warn(self, state: State) -> None:
        """Warn where a first state is saved on a disk that the next job of a CI will hardly see."""
        if in_ci() and not state.serial and isinstance(self.store, LocalStore):
            self.console.log("Warning", _FORGETFUL)

    def _warn_of_configuration(self) -> None:
        """Report what is likely a mistake in it; of a configuration that is destroyed only the number."""
        if self.scope.everything:
            self.configured.count_warnings(self.console)
        else:
            self.configured.warn(self.console)

    def _drifted(self, plan: Plan) -> Iterator[Refusal]:
        return drifted(plan) if self.scope.fails_at_drift else iter(())

    def _guard(
        self, run: PlannedRun, draft: PlanDocument, drawing: OutputOptions, *, is_unattended: bool
    ) -> None:
        """Raise RefusedError for a plan that a rule refuses, or that nothing but a review allows.

        A format other than text prints the refused plan, since there is no report.
        """
        plan = run.plan
        missing = self._needs(plan) if is_unattended else ()
        try:
            guard.check(plan, self.scope.permissions(plan.managed), self._drifted(plan))
            require_none(missing, run.digest_for_review)
        except RefusedError:
            if drawing.form != "text":
                refusal = self._refusal(plan, draft) or unreviewed(missing, run.digest_for_review)
                document = completed(draft, refusal, missing)
                drawing.show(document, self.console, root=self.configured.root)
            raise

    def _question(self) -> str:
        is_destroy = self.scope.everything
        return "Do you really want to destroy all of this?" if is_destroy else "Do you want to do this?"

    def _advice(self, run: PlannedRun) -> str:
        """Return how to delete the uploads that stay, by whole commands; nothing where none stays.

        The digest of what is left once this run has changed something is only found by another run.
        """
        if not run.plan.left:
            return ""
        if self.scope.everything:
            if run.plan.has_changes:
                return f"To delete what stays, get the command that has the digest; {instruction()}"
            return f"To delete what stays, check the ids, and {with_digest(run.digest_for_review)}"
        look = converted("plan")
        if run.plan.has_changes:
            return f"To delete what stays, review the plan of it, which ends with the command; {look}"
        how = with_digest(run.digest_for_review)
        return f"To delete what stays, review the plan of it ({look}), and then {how}"

    async def carried_out(self, run: PlannedRun, parallelism: int) -> Report:
        """Return the report of a plan that was carried out; the lock is held."""
        from reconciler.cli.execution import carried_out  # noqa: PLC0415 - not for a plan
        from reconciler.store.screened import ScreenedStore  # noqa: PLC0415 - the same

        return await carried_out(
            run,
            self.target,
            ScreenedStore(self.store, KNOWN.sources),
            configured=self.configured,
            console=self.console,
            parallelism=parallelism,
        )

    async def _planned(self, state: State, *, texts: bool = False, is_reviewed: bool = False) -> PlannedRun:
        """Return the plan; one for a review, or that was reviewed, lists what nothing proves to be ours."""
        declared, dialect = self.configured.configuration.desired, self.configured.dialect
        async with self.target.provider(dialect, reading=True) as provider:
            options = self.scope.plan_options(provider, dialect, declared)
            with self.console.reading(f"reading {provider.target}"):
                run = await planned(
                    provider,
                    self.scope.declared(declared),
                    state,
                    replace(options, lists_unproved=is_reviewed, unread=self.configured.unread(state)),
                    targets=self.scope.targets,
                    excluded=self.scope.excluded,
                )
            if not texts:
                return run
            from reconciler.engine.file_diffs import with_texts  # noqa: PLC0415 - only with --file-diffs

            return await with_texts(run, provider.content, self.configured.root.reopen)


def _refuse_leak(draft: PlanDocument) -> None:
    """Raise RefusedError for a plan whose state would keep a secret of this process."""
    for leak in _leaks(draft):
        raise RefusedError(f"cannot record this plan: {leak.message}. Nothing was written. {leak.remedy}")


def _leaks(draft: PlanDocument) -> Iterator[Refusal]:
    leak = stored_leak_in(draft, KNOWN.sources)
    if leak:
        yield Refusal(Rule.SECRET, f"{leak.said}, and the state would keep it", leak.remedy)
