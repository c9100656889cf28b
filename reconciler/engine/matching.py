"""Which live assistant a declared one is: by the id in the state and the Mark, never by its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.engine.difference import managed_before
from reconciler.model.address import Address, assistant
from reconciler.model.change import Reason
from reconciler.model.limits import Limits
from reconciler.model.mark import MARK_KEY, Mark, files_digest, key_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.resource import Desired, DesiredAssistant, Live, LiveAssistant
    from reconciler.model.state import AssistantBinding, State


@dataclass(frozen=True, slots=True)
class Match:
    """A live assistant and why it is taken for the declared one; ``refused`` says why it may not be.

    ``live`` is None when the assistant has to be created.
    """

    live: LiveAssistant | None
    binding: AssistantBinding | None
    reason: Reason
    refused: str = ""

    @property
    def is_adopted(self) -> bool:
        """Whether it was found by its Mark alone."""
        return self.live is not None and self.binding is None

    @property
    def nonce(self) -> str:
        """The nonce of the create that made the live assistant."""
        mark = self.live.mark if self.live else None
        return self.binding.nonce if self.binding else mark.nonce if mark else ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is made under, besides the three values it compares.

    ``only`` leaves everything but these addresses as it is. ``prune`` also deletes marked assistants
    that are neither declared nor in the state. ``protected`` may not be deleted, whatever the state
    remembers. ``because`` is said of every deletion.
    """

    target: str
    limits: Limits = field(default_factory=Limits)
    only: frozenset[Address] | None = None
    prune: bool = False
    protected: frozenset[Address] = frozenset()
    because: Reason = Reason.UNDECLARED

    def selected(self, where: Address) -> bool:
        """Whether the plan is about this address at all."""
        return self.only is None or where in self.only


@dataclass(frozen=True)
class Situation:
    """What the planner compares, and what each of its parts asks of that."""

    desired: Desired
    live: Live
    state: State
    terms: Terms

    @cached_property
    def marked(self) -> Mapping[str, tuple[LiveAssistant, ...]]:
        """Live assistants that carry our Mark, by the name it says, oldest first."""
        found: dict[str, list[LiveAssistant]] = {}
        for one in sorted(self.live.assistants.values(), key=lambda one: (one.created_at, one.id)):
            if one.mark is not None and self.desired.owns(one.mark):
                found.setdefault(one.mark.name, []).append(one)
        return {name: tuple(ones) for name, ones in found.items()}

    @cached_property
    def matches(self) -> Mapping[Address, Match]:
        """The match of every declared assistant."""
        return {one.address: self._match(one) for one in self.desired.assistants}

    def _match(self, desired: DesiredAssistant) -> Match:
        binding = self.state.assistant(desired.address)
        bound = self.live.assistants.get(binding.id) if binding else None
        if binding and bound:
            refused = self.unproved(desired.address, binding, bound) or self._absent(desired)
            return Match(bound, binding, Reason.SAME, refused)
        marked = self.marked.get(desired.address.name, ())
        if len(marked) > 1:
            ids = ", ".join(one.id for one in marked)
            problem = f"{ids} all carry the Mark of {desired.address}; delete all but one by hand"
            return Match(None, None, Reason.MARKED, problem)
        if marked:
            return Match(marked[0], None, Reason.MARKED, self._absent(desired))
        return Match(None, None, Reason.GONE if binding else Reason.NEW, self._absent(desired))

    def _absent(self, desired: DesiredAssistant) -> str:
        """Why an assistant that names uploads by id may not be touched; empty when all are there."""
        given = [one for one in desired.files or () if isinstance(one, str)]
        absent = ", ".join(one for one in given if one not in self.live.files)
        return f"{absent} is not on the server; upload it, or take it out of `files`" if absent else ""

    def unproved(self, where: Address, binding: AssistantBinding, found: LiveAssistant) -> str:
        """Why a bound assistant is not ours by both proofs; empty when it is."""
        mark = found.mark
        if mark and self.desired.owns(mark) and mark.name == where.name:
            return ""
        lost = Mark(
            self.desired.project,
            self.desired.environment,
            where.name,
            binding.nonce,
            frozenset(field for field in binding.digests if not field.startswith("metadata.")),
            frozenset(key_digest(key[9:]) for key in binding.digests if key.startswith("metadata.")),
            files_digest(()),
        )
        return (
            f"{found.id} does not carry the Mark of {where} any more, so it may not be ours; to give it "
            f"back, set its metadata key {MARK_KEY} to '{lost}'"
        )

    @cached_property
    def released(self) -> frozenset[str]:
        """Ids of live assistants that carry, after this plan, only files it knows of."""
        selected = self.terms.selected
        kept = {
            match.live.id
            for one in self.desired.assistants
            if (match := self.matches[one.address]).live
            and not match.refused
            and selected(one.address)
            and self.sets_files(one)
        }
        gone = {found.id for where, found, refused in self.unwanted if selected(where) and not refused}
        return frozenset(kept | gone)

    def sets_files(self, desired: DesiredAssistant) -> bool:
        """Whether a plan attaches and detaches what an assistant carries."""
        match = self.matches[desired.address]
        if "files" in desired.ignored or match.live is None:
            return False
        return desired.files is not None or "files" in managed_before(match.live, match.binding)

    @cached_property
    def unwanted(self) -> Sequence[tuple[Address, LiveAssistant, str]]:
        """Live assistants that are ours and no longer wanted, with why one may not be deleted."""
        found = []
        for where in sorted(self.state.bindings, reverse=True):
            binding = self.state.assistant(where)
            live = self.live.assistants.get(binding.id) if binding else None
            if binding and live and where not in self.desired.by_address:
                refused = self.unproved(where, binding, live) or self.shielded(where, live, binding)
                found.append((where, live, refused))
        others = sorted(self.interrupted.items())
        return found + [(where, live, self.shielded(where, live)) for where, live in others]

    def shielded(self, where: Address, live: LiveAssistant, binding: AssistantBinding | None = None) -> str:
        """Why an assistant may not be deleted; the configuration, the state and its Mark are all asked."""
        marked = live.mark is not None and "prevent_destroy" in live.mark.fields
        remembered = binding is not None and binding.protected
        if not (marked or remembered or where in self.terms.protected):
            return ""
        return _STAYS if self.terms.because is Reason.DESTROY else _PROTECTED

    @cached_property
    def interrupted(self) -> Mapping[Address, LiveAssistant]:
        """What an interrupted run created and nobody declares any more; its nonce is the proof."""
        nonces = {(one.address.name, one.nonce): one.address for one in self.state.unsettled if one.nonce}
        unbound = [one for ones in self.marked.values() for one in ones if one.id not in self._bound_ids]
        found = {nonces[key]: one for one in unbound if (key := _signature(one)) in nonces}
        return {where: one for where, one in found.items() if where not in self.desired.by_address}

    @cached_property
    def _bound_ids(self) -> frozenset[str]:
        return frozenset(binding.id for binding in self.state.bindings.values())

    @cached_property
    def strangers(self) -> Sequence[LiveAssistant]:
        """Live assistants with our Mark that are neither declared nor known: clones and leftovers."""
        taken = {match.live.id for match in self.matches.values() if match.live}
        known = self._bound_ids | taken | {one.id for one in self.interrupted.values()}
        return [
            one
            for name, ones in self.marked.items()
            for one in ones
            if one.id not in known and not self.matches.get(assistant(name), _NONE).refused
        ]


_NONE = Match(None, None, Reason.NEW)
_STAYS = "prevent_destroy is set, so it stays; to delete it, set it to false, apply, and destroy again"
_PROTECTED = (
    "prevent_destroy is set; put it back into the configuration with `prevent_destroy: false`, "
    "apply, and then remove it"
)


def _signature(live: LiveAssistant) -> tuple[str, str]:
    mark = live.mark
    return (mark.name, mark.nonce) if mark else ("", "")
