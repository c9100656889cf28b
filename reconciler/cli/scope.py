"""The part of a plan that a user wants, and what the user allows: one form from options to planner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from reconciler.engine import guard
from reconciler.engine.options import PlanOptions
from reconciler.engine.review import Consent
from reconciler.errors import UsageError
from reconciler.model.change import Reason
from reconciler.render.document import ScopeRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.dialects import Dialect, Provider
    from reconciler.model.resource import Desired

OnDrift: TypeAlias = Literal["overwrite", "keep", "fail"]


@dataclass(frozen=True)
class Scope:
    """Targets and safety overrides.

    ``everything`` is the scope of `destroy`. ``on_drift`` is None where the user did not say: then a review
    decides.
    """

    targets: Sequence[str] = ()
    excluded: Sequence[str] = ()
    prune: bool = False
    max_destroy: str | None = None
    allow_missing: bool = False
    on_drift: OnDrift | None = None
    everything: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any], *, everything: bool = False) -> Scope:
        """Return what the options of a command say; UsageError for a limit that is not one."""
        named = {name: options[name] for name in _OPTIONS if name in options}
        scope = cls(**named, everything=everything)
        scope.permissions(0)  # an invalid limit is reported before anything is read
        return scope

    def reviewed(self, record: ScopeRecord) -> Scope:
        """Return the scope of a reviewed plan, with the overrides of this one."""
        return replace(
            self,
            targets=record.targets,
            excluded=record.excluded,
            prune=record.prune_marked,
            on_drift=record.on_drift,
        )

    @property
    def recorded(self) -> ScopeRecord:
        """The scope in a plan file, of which a review covers that drift is overwritten."""
        return ScopeRecord(
            targets=list(self.targets),
            excluded=list(self.excluded),
            prune_marked=self.prune,
            on_drift=self.on_drift or "overwrite",
        )

    @property
    def consent(self) -> Consent:
        """What the user said of values and objects that were changed on the server."""
        return Consent(drift=self.on_drift in {"overwrite", "keep"}, missing=self.allow_missing)

    @property
    def fails_at_drift(self) -> bool:
        """True if a plan with drift is refused, whether it was reviewed or not."""
        return self.on_drift == "fail"

    def declared(self, desired: Desired) -> Desired:
        """Return what a plan compares; for a destroy nothing is declared, so that nothing stays."""
        return replace(desired, assistants=(), files=()) if self.everything else desired

    def plan_options(self, provider: Provider, dialect: Dialect, configured: Desired) -> PlanOptions:
        """Return the options of a plan for a server; ``configured`` says what a destroy must leave."""
        protected = (assistant.address for assistant in configured.assistants if assistant.protected)
        return PlanOptions(
            provider.target,
            dialect.fields,
            whole=provider.whole,
            named=frozenset(self.targets),
            dialect=dialect.name,
            prune=self.prune,
            protected=frozenset(protected) if self.everything else frozenset(),
            because=Reason.DESTROY if self.everything else Reason.UNDECLARED,
            keep_drift=self.on_drift == "keep",
            allow_missing=self.allow_missing,
        )

    def permissions(self, managed: int) -> guard.Permissions:
        """Return what the guard allows; UsageError for a limit that is not one."""
        try:
            permissions = guard.Permissions.of(self.max_destroy, managed, missing=self.allow_missing)
        except ValueError as cause:
            raise UsageError(f"--max-destroy: {cause}") from cause
        return replace(permissions, everything=self.everything)


_OPTIONS = ("targets", "excluded", "prune", "max_destroy", "allow_missing", "on_drift")
