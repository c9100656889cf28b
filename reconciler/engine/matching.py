"""Which live assistant a declared one is: by the id in the state and the Mark, never by its name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.engine.difference import field_digest, managed_before
from reconciler.model.address import Address, assistant
from reconciler.model.change import Reason
from reconciler.model.limits import Limits
from reconciler.model.mark import MARK_KEY, Mark, files_digest, key_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reconciler.model.resource import Desired, DesiredAssistant, Live, LiveAssistant
    from reconciler.model.state import AssistantBinding, State


@dataclass(frozen=True, slots=True)
class Match:
    """A live assistant and why it is taken for the declared one; ``refused`` says why it may not be.

    ``live`` is None when the assistant has to be created. ``moved_from`` is the address it had before,
    when that is what it was found by.
    """

    live: LiveAssistant | None
    binding: AssistantBinding | None
    reason: Reason
    refused: str = ""
    moved_from: Address | None = None

    @property
    def is_adopted(self) -> bool:
        """Whether it was found by its Mark alone."""
        return self.live is not None and self.binding is None

    @property
    def is_settled(self) -> bool:
        """Whether the state knows it under the very address it has in the configuration."""
        return self.binding is not None and self.moved_from is None

    @property
    def nonce(self) -> str:
        """The nonce of the create that made the live assistant."""
        mark = self.live.mark if self.live else None
        return self.binding.nonce if self.binding else mark.nonce if mark else ""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a plan is made under, besides the three values it compares.

    ``only`` leaves everything but these addresses as it is. ``prune`` also deletes marked assistants
    that are neither declared nor in the state. ``protected`` may not be deleted, whatever the state
    remembers. ``because`` is said of every deletion. ``keep_drift`` leaves what somebody moved on the
    server as it is. ``allow_missing`` allows more objects to be missing than a plan requests by itself.
    """

    target: str
    limits: Limits = field(default_factory=Limits)
    only: frozenset[Address] | None = None
    prune: bool = False
    protected: frozenset[Address] = frozenset()
    because: Reason = Reason.UNDECLARED
    keep_drift: bool = False
    allow_missing: bool = False

    def selected(self, where: Address) -> bool:
        """Whether the plan is about this address at all."""
        return self.only is None or where in self.only


@dataclass(frozen=True)
class Situation:
    """What the planner compares, and what each of its parts asks of that."""

    desired: Desired
    live: Live
    state: State
    options: PlanOptions

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
        """By the state before the Mark, and by the address of today before those it had earlier."""
        names = self._entry(desired.address)
        known = any(self.state.assistant(one) for one in names)
        nothing = Match(None, None, Reason.GONE if known else Reason.NEW)
        found = self._remembered(names) or self._recognised(names) or nothing
        return (
            found
            if found.refused
            else replace(found, refused=self._absent(desired) or _unsaid(desired, found))
        )

    def _remembered(self, names: Sequence[Address]) -> Match | None:
        """The first of some addresses that is bound to an assistant which is still there."""
        for where in names:
            binding = self.state.assistant(where)
            bound = self.live.assistants.get(binding.id) if binding else None
            if binding and bound:
                refused = self.unproved(where, binding, bound, names)
                return Match(bound, binding, Reason.SAME, refused, None if where == names[0] else where)
        return None

    def _recognised(self, names: Sequence[Address]) -> Match | None:
        """The first of some addresses whose Mark an assistant carries."""
        for where in names:
            marked = self._proved(where.name)[:1] or self.marked.get(where.name, ())
            if len(marked) > 1:
                ids = ", ".join(one.id for one in marked)
                problem = f"{ids} all carry the Mark of {where}; delete all but one by hand"
                return Match(None, None, Reason.MARKED, problem)
            if marked:
                return self._by_mark(marked[0], None if where == names[0] else where)
        return None

    @cached_property
    def _nonces(self) -> frozenset[tuple[str, str]]:
        """Name and nonce of every create of unknown outcome."""
        return frozenset((one.address.name, one.nonce) for one in self.state.unsettled if one.nonce)

    def _proved(self, name: str) -> Sequence[LiveAssistant]:
        """What creates of unknown outcome made under a name, oldest first.

        A copy of one has the same nonce and is younger; of two that are of the same second neither is proved.
        """
        found: dict[str, list[LiveAssistant]] = {}
        for one in self.marked.get(name, ()):
            if one.id not in self._bound_ids and _signature(one) in self._nonces:
                found.setdefault(_signature(one)[1], []).append(one)
        alone = [
            ones[0] for ones in found.values() if len({one.created_at for one in ones[:2]}) == len(ones[:2])
        ]
        return tuple(alone)

    @cached_property
    def late(self) -> Mapping[Address, Sequence[LiveAssistant]]:
        """What creates that were given up made after all, besides the assistant of a declared address."""
        return {
            where: tuple(one for one in self._proved(where.name) if one.id != match.live.id)
            for where, match in self.matches.items()
            if match.live and not match.refused
        }

    def _by_mark(self, found: LiveAssistant, before: Address | None) -> Match:
        """What carries the Mark, and what the state says of it under an address that nobody declares.

        A move that was interrupted leaves such a binding, and `moved` may be gone from the configuration
        by now; the id in the state and the Mark are two proofs all the same.
        """
        bound = [where for where in self.undeclared if self.state.bindings[where].id == found.id]
        if bound:
            return Match(found, self.state.assistant(bound[0]), Reason.SAME, "", bound[0])
        return Match(found, None, Reason.MARKED, "", before)

    def _entry(self, where: Address) -> Sequence[Address]:
        """The address of today and all that the same assistant had before, the latest first."""
        today = self.heirs.get(where, where)
        return (today, *self.desired.moved.get(today, ()))

    @cached_property
    def heirs(self) -> Mapping[Address, Address]:
        """The address of today, by every address that its assistant had before."""
        return {old: today for today, before in self.desired.moved.items() for old in before}

    @cached_property
    def undeclared(self) -> Sequence[Address]:
        """The addresses of bound assistants that nobody declares."""
        bound = sorted(self.state.bindings, reverse=True)
        return [one for one in bound if self.state.assistant(one) and one not in self.desired.by_address]

    @cached_property
    def _owners(self) -> Mapping[str, Address]:
        """Which declared assistant every matched live one is."""
        return {match.live.id: where for where, match in self.matches.items() if match.live}

    @cached_property
    def doubled(self) -> Mapping[Address, Address]:
        """Addresses to forget, and those under which the same assistants are known as well."""
        leaving = {match.moved_from for match in self.matches.values()}
        owners = {**{live.id: where for where, live, _ in self.removed}, **self._owners}
        found = {where: owners.get(self.state.bindings[where].id, where) for where in self.undeclared}
        return {where: owner for where, owner in found.items() if owner != where and where not in leaving}

    def _absent(self, desired: DesiredAssistant) -> str:
        """Why an assistant that names uploads by id may not be touched; empty when all are there."""
        given = [one for one in desired.files or () if isinstance(one, str)]
        absent = ", ".join(one for one in given if one not in self.live.files)
        return f"{absent} is not on the server; upload it, or take it out of `files`" if absent else ""

    def unproved(
        self, where: Address, binding: AssistantBinding, found: LiveAssistant, names: Collection[Address] = ()
    ) -> str:
        """Why a bound assistant is not ours by both proofs; empty when it is.

        ``names`` are other addresses that its Mark may say.
        """
        mark = found.mark
        if mark and self.desired.owns(mark) and assistant(mark.name) in {where, *names}:
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
        selected = self.options.selected
        kept = {
            match.live.id
            for one in self.desired.assistants
            if (match := self.matches[one.address]).live
            and not match.refused
            and selected(one.address)
            and self.sets_files(one)
        }
        gone = {found.id for where, found, refused in self.unwanted if selected(where) and not refused}
        gone |= {one.id for where, ones in self.late.items() if selected(where) for one in ones}
        return frozenset(kept | gone)

    def sets_files(self, desired: DesiredAssistant) -> bool:
        """Whether a plan attaches and detaches what an assistant carries."""
        match = self.matches[desired.address]
        if "files" in desired.ignored or match.live is None or self._keeps_files(match):
            return False
        return desired.files is not None or "files" in managed_before(match.live, match.binding)

    def _keeps_files(self, match: Match) -> bool:
        """Whether somebody attached or detached files, and that shall stay so."""
        before = match.binding.digests.get("files") if match.binding else ""
        found = match.live.file_ids if match.live else ()
        return self.options.keep_drift and bool(before) and before != field_digest("files", found)

    @cached_property
    def unwanted(self) -> Sequence[tuple[Address, LiveAssistant, str]]:
        """Live assistants that are ours and no longer wanted, with why one may not be deleted."""
        found = []
        for where in self.undeclared:
            binding = self.state.assistant(where)
            live = self.live.assistants.get(binding.id) if binding else None
            if binding and live and not self._is_known(where, live):
                names = () if self.is_overtaken(where) else self._entry(where)
                refused = self.unproved(where, binding, live, names) or self.shielded(where, live, binding)
                found.append((where, live, refused))
        others = sorted(self.interrupted.items())
        return found + [(where, live, self.shielded(where, live)) for where, live in others]

    def _is_known(self, where: Address, live: LiveAssistant) -> bool:
        """Whether a bound assistant is a declared one, or one to forget."""
        return live.id in self._owners or where in self.desired.removed or where in self.doubled

    def is_overtaken(self, where: Address) -> bool:
        """Whether an address was moved to one that is declared, and so is another assistant by now."""
        return self.heirs.get(where) in self.matches

    @cached_property
    def removed(self) -> Sequence[tuple[Address, LiveAssistant, str]]:
        """Live assistants to forget, which stay on the server, with why one may not be touched.

        One that two addresses lead to goes by the one it is bound to.
        """
        wanted = sorted(self.desired.removed, key=lambda where: (where in self.state.bindings, where))
        found = [one for where in wanted if (one := self._removed(where))]
        return list({live.id: (where, live, refused) for where, live, refused in found}.values())

    def _removed(self, where: Address) -> tuple[Address, LiveAssistant, str] | None:
        binding = self.state.assistant(where)
        bound = self.live.assistants.get(binding.id) if binding else None
        if binding and bound and bound.id in self._owners:
            return None
        if binding and bound:
            return where, bound, self._unreleased(where, binding, bound)
        marked = [one for one in self.marked.get(where.name, ()) if one.id not in self._owners]
        ids = ", ".join(one.id for one in marked)
        problem = f"{ids} all carry the Mark of {where}; take the metadata key {MARK_KEY} out of the copies"
        return (where, marked[0], problem if len(marked) > 1 else "") if marked else None

    def _unreleased(self, where: Address, binding: AssistantBinding, found: LiveAssistant) -> str:
        """Why an assistant may not be forgotten: it carries a Mark, and that names nothing to forget.

        Without any Mark there is nothing to write, and an interrupted run may have taken it out itself.
        """
        if MARK_KEY not in found.metadata:
            return ""
        problem = self.unproved(where, binding, found, self.desired.removed)
        return f"{problem}; to let it go, take that key out" if problem else ""

    @cached_property
    def surrendered(self) -> Mapping[str, Sequence[Address]]:
        """Uploads that removed assistants keep, and by which addresses they were known."""
        found: dict[str, list[Address]] = {}
        for where, live, refused in self.removed:
            for file_id in live.file_ids if self.options.selected(where) and not refused else ():
                found.setdefault(file_id, []).append(where)
        return found

    def shielded(self, where: Address, live: LiveAssistant, binding: AssistantBinding | None = None) -> str:
        """Why an assistant may not be deleted; the configuration, the state and its Mark are all asked."""
        marked = live.mark is not None and "prevent_destroy" in live.mark.fields
        remembered = binding is not None and binding.protected
        names = {where} if self.is_overtaken(where) else {where, *self._entry(where)}
        if not (marked or remembered or names & self.options.protected):
            return ""
        return _STAYS if self.options.because is Reason.DESTROY else _PROTECTED

    @cached_property
    def interrupted(self) -> Mapping[Address, LiveAssistant]:
        """What an interrupted run created and nobody declares any more; of several, one a run."""
        begun = {one.address for one in self.state.unsettled if one.nonce}
        return {
            where: one
            for where in begun - self.desired.by_address.keys()
            for one in self._proved(where.name)[:1]
            if one.id not in self._owners and not self._is_pending(where)
        }

    @cached_property
    def _bound_ids(self) -> frozenset[str]:
        return frozenset(binding.id for binding in self.state.bindings.values())

    @cached_property
    def strangers(self) -> Sequence[LiveAssistant]:
        """Live assistants with our Mark that are neither declared nor known: clones and leftovers."""
        known = self._bound_ids | self._owners.keys() | {one.id for one in self.interrupted.values()}
        known |= {one.id for ones in self.late.values() for one in ones}
        return [
            one
            for name, ones in self.marked.items()
            for one in ones
            if one.id not in known and not self._is_pending(assistant(name))
        ]

    def is_copied(self, where: Address) -> bool:
        """Return whether a stranger with the Mark of an address is a copy: the assistant itself is known."""
        return where in self.matches or where in {one for one, _, _ in self.unwanted}

    def _is_pending(self, where: Address) -> bool:
        """Whether what carries the Mark of an address waits for somebody, or is to be forgotten."""
        heir = self.heirs.get(where, where)
        return where in self.desired.removed or bool(self.matches.get(heir, _NONE).refused)


_NONE = Match(None, None, Reason.NEW)
_STAYS = "prevent_destroy is set, so it stays; to delete it, set it to false, apply, and destroy again"
_PROTECTED = (
    "prevent_destroy is set; put it back into the configuration with `prevent_destroy: false`, "
    "apply, and then remove it"
)


def _unsaid(desired: DesiredAssistant, match: Match) -> str:
    """Return why the files of an assistant cannot be managed; empty where they can, or where none are."""
    live, known = match.live, match.binding.digests if match.binding else {}
    if live is None or live.knows_files or (desired.files is None and "files" not in known):
        return ""
    return (
        f"the server does not say which files {live.id} contains, so they cannot be managed; remove `files`"
    )


def _signature(live: LiveAssistant) -> tuple[str, str]:
    mark = live.mark
    return (mark.name, mark.nonce) if mark else ("", "")
