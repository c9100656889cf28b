"""Which live assistant a declared one is: by the id in the state and the Mark, never by its name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.model.address import Address, Kind, assistant
from reconciler.model.change import Reason
from reconciler.model.mark import MARK_KEY, files_digest
from reconciler.model.resource import DesiredAssistant, DesiredFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.resource import Desired, Live, LiveAssistant
    from reconciler.model.state import AssistantBinding, Binding, FileBinding, State


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
    def nonce(self) -> str:
        """The nonce of the create that made the live assistant."""
        mark = self.live.mark if self.live else None
        return self.binding.nonce if self.binding else mark.nonce if mark else ""


@dataclass(frozen=True)
class Situation:
    """What the planner compares, and what each of its parts asks of that.

    ``only`` are the addresses the plan is about, or None for all of them.
    """

    desired: Desired
    live: Live
    state: State
    only: frozenset[Address] | None = None

    def selected(self, where: Address) -> bool:
        """Whether the plan is about this address at all."""
        return self.only is None or where in self.only

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
            return Match(bound, binding, Reason.SAME, self.unproved(desired.address, binding, bound))
        marked = self.marked.get(desired.address.name, ())
        if len(marked) > 1:
            ids = ", ".join(one.id for one in marked)
            problem = f"{ids} all carry the Mark of {desired.address}; delete all but one by hand"
            return Match(None, None, Reason.MARKED, problem)
        if marked:
            return Match(marked[0], None, Reason.MARKED)
        return Match(None, None, Reason.GONE if binding else Reason.NEW)

    def unproved(self, where: Address, binding: AssistantBinding, found: LiveAssistant) -> str:
        """Why a bound assistant is not ours by both proofs; empty when it is."""
        mark = found.mark
        if mark and self.desired.owns(mark) and mark.name == where.name:
            return ""
        project, environment = self.desired.project, self.desired.environment
        return (
            f"{found.id} does not carry the Mark of {where} any more, so it may not be ours; to give it "
            f"back, set its metadata key {MARK_KEY} to a value that begins with "
            f"'v1 {project}/{environment}/{where.name} n={binding.nonce} '"
        )

    @cached_property
    def released(self) -> frozenset[str]:
        """Ids of live assistants that carry, after this plan, only files it knows of."""
        kept = {
            match.live.id
            for where, match in self.matches.items()
            if match.live and not match.refused and self.selected(where) and self._manages_files(where, match)
        }
        gone = {found.id for where, found, refused in self.unwanted if self.selected(where) and not refused}
        return frozenset(kept | gone)

    def _manages_files(self, where: Address, match: Match) -> bool:
        wanted = self.desired.by_address[where]
        named = isinstance(wanted, DesiredAssistant) and wanted.files is not None
        return named or (match.binding is not None and "files" in match.binding.digests)

    @cached_property
    def unwanted(self) -> Sequence[tuple[Address, LiveAssistant, str]]:
        """Live assistants that are ours and no longer wanted, with why one may not be deleted."""
        found = []
        for where in sorted(self.state.bindings, reverse=True):
            binding = self.state.assistant(where)
            live = self.live.assistants.get(binding.id) if binding else None
            if binding and live and where not in self.desired.by_address:
                refused = self.unproved(where, binding, live) or (_PROTECTED if binding.protected else "")
                found.append((where, live, refused))
        return found + [(where, live, "") for where, live in sorted(self.interrupted.items())]

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

    @cached_property
    def recovered(self) -> Mapping[Address, str]:
        """Files that a lost state knew: attached to an assistant whose Mark proves the whole set."""
        found: dict[Address, str] = {}
        for one in self.desired.assistants:
            match = self.matches[one.address]
            if match.live and not match.binding:
                found |= self._attached(one, match.live)
        return found

    def _attached(self, desired: DesiredAssistant, live: LiveAssistant) -> dict[Address, str]:
        wanted = self.declared_files(desired)
        mark = live.mark
        if mark is None or mark.files != files_digest(one.identity for one in wanted):
            return {}
        attached = [self.live.files[file_id] for file_id in live.file_ids if file_id in self.live.files]
        found = {}
        for one in wanted:
            alike = [file for file in attached if (file.filename, file.size) == (one.filename, one.size)]
            if len(alike) == 1:
                found[one.address] = alike[0].id
        return found

    def declared_files(self, desired: DesiredAssistant) -> list[DesiredFile]:
        """The files an assistant declares by path."""
        named = [self.desired.by_address[one] for one in desired.files or () if isinstance(one, Address)]
        return [one for one in named if isinstance(one, DesiredFile)]

    def lives(self, binding: Binding) -> bool:
        """Whether what is bound is still on the server."""
        return binding.id in self.live.assistants or binding.id in self.live.files

    @cached_property
    def file_bindings(self) -> Mapping[Address, FileBinding]:
        """Every bound file."""
        addresses = (where for where in self.state.bindings if where.kind is Kind.FILE)
        return {where: binding for where in addresses if (binding := self.state.file(where))}


_NONE = Match(None, None, Reason.NEW)
_PROTECTED = (
    "prevent_destroy is set; put it back into the configuration with `prevent_destroy: false`, "
    "apply, and then remove it"
)


def _signature(live: LiveAssistant) -> tuple[str, str]:
    mark = live.mark
    return (mark.name, mark.nonce) if mark else ("", "")
