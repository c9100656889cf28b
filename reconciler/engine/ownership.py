"""The owner of each live assistant: by the id in the state and the ownership mark, never by a name.

Every live assistant is judged once, in the order of :class:`Verdict`. An id with a verdict is not looked at
again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from reconciler.engine.difference import managed_before
from reconciler.engine.imports import another, elsewhere, missing, overtaken, unimportable
from reconciler.engine.memory import Memory, is_older, is_outdated, refreshed
from reconciler.engine.settled import Settled
from reconciler.model.address import Address, assistant
from reconciler.model.change import FieldChange, Reason
from reconciler.model.mark import MARK_KEY, Mark, files_digest, nonce_of
from reconciler.model.resource import Owner, original
from reconciler.model.state import AssistantBinding
from reconciler.model.traits import Trait

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.engine.options import PlanOptions
    from reconciler.model.field import Files
    from reconciler.model.resource import Desired, DesiredAssistant, Live, LiveAssistant
    from reconciler.model.state import Intent, State


class Verdict(Enum):
    """The relation of a live assistant to this project and its proof, in the order of the passes.

    DECLARED: the state binds it to a declared address.
    MOVED: the state binds it to an earlier address of a declared one.
    IMPORTED: an entry of the configuration names its id, and nothing else is at that address.
    INTERRUPTED: a create of unknown outcome made it for a declared address: its mark has the nonce.
    ADOPTED: its mark alone names a declared address.
    REMOVED: state or mark know it under an address that the configuration says to forget.
    UNFINISHED: a create of unknown outcome made it for an address that is not declared any more.
    LATE: a create of unknown outcome made it for an address that has another assistant already.
    UNDECLARED: the state binds it to an address that is not declared any more.
    UNMANAGED: it has our mark, and nothing else knows it: a copy, or a leftover of a lost state.
    """

    DECLARED = auto()
    MOVED = auto()
    IMPORTED = auto()
    INTERRUPTED = auto()
    ADOPTED = auto()
    REMOVED = auto()
    UNFINISHED = auto()
    LATE = auto()
    UNDECLARED = auto()
    UNMANAGED = auto()


@dataclass(frozen=True, slots=True)
class Claim:
    """One live assistant, the address that it belongs to, and why.

    ``binding`` is what the state knows of it. ``previous`` is the address that it moved from. ``refused``
    says why nothing may be done to it. ``taken_from`` is another owner, whose ownership mark it has.
    """

    verdict: Verdict
    address: Address
    live: LiveAssistant
    binding: AssistantBinding | None = None
    previous: Address | None = None
    refused: str = ""
    taken_from: Owner | None = None

    @property
    def is_adopted(self) -> bool:
        """Return whether its ownership mark alone, or an entry of the configuration, makes it ours."""
        return self.binding is None

    @property
    def is_imported(self) -> bool:
        """Return whether only an entry of the configuration makes it ours: nothing on the server does."""
        return self.verdict is Verdict.IMPORTED

    @property
    def known(self) -> LiveAssistant:
        """The assistant without the ownership mark of another owner, which says nothing of what we manage."""
        return self.live.unmarked if self.is_imported else self.live

    @property
    def is_finished(self) -> bool:
        """Return whether the journal names it too, since an interrupted run created it."""
        return self.binding is None and self.verdict is Verdict.INTERRUPTED

    @property
    def is_bound(self) -> bool:
        """Return whether the state binds it to the address that the configuration declares."""
        return self.binding is not None and self.previous is None

    @property
    def nonce(self) -> str:
        """The nonce of the create that made it."""
        if self.is_imported:
            return nonce_of(self.live.id)
        mark = self.live.mark
        return self.binding.nonce if self.binding else mark.nonce if mark else ""


class Absent(NamedTuple):
    """A declared assistant without a live one: the reason for its create, or why that is refused.

    ``imported`` is the id that an entry names, where that is what is refused.
    """

    reason: Reason
    refused: str = ""
    imported: str = ""


@dataclass
class Claims:
    """The verdict on every live assistant of this project, by id; what is not here is foreign.

    ``declared`` has the claim of each declared address with a live assistant, ``absent`` the others.
    ``aliases`` are addresses to forget, each with the one under which the same assistant is known as well.
    None of these has what is ``settled``, which no pass judges.
    """

    settled: Settled = field(default_factory=Settled)
    by_id: dict[str, Claim] = field(default_factory=dict)
    declared: dict[Address, Claim] = field(default_factory=dict)
    absent: dict[Address, Absent] = field(default_factory=dict)
    aliases: dict[Address, Address] = field(default_factory=dict)

    def add(self, claims: Sequence[Claim]) -> None:
        """Record the verdicts of a pass; the first on an id counts, but a refused one yields to a proof."""
        for claim in claims:
            if not self.is_taken(claim.live):
                self.by_id[claim.live.id] = claim
            if claim.verdict in _WANTED:
                self.declared[claim.address] = claim

    def is_taken(self, live: LiveAssistant) -> bool:
        """Return whether an assistant has a verdict that no later proof can change."""
        claim = self.by_id.get(live.id)
        return live.id in self.settled.by_id or (claim is not None and not claim.refused)

    def owner(self, remote_id: str) -> Address | None:
        """Return the address that an assistant belongs to; None where it has no verdict."""
        claim = self.by_id.get(remote_id)
        return claim.address if claim else self.settled.by_id.get(remote_id)

    def is_declared(self, address: Address) -> bool:
        """Return whether a declared address has a live assistant."""
        return address in self.declared or address in self.settled.by_address

    def refuse(self, reasons: Mapping[Address, str]) -> bool:
        """Refuse the claims of declared addresses for these reasons; return whether any was not refused."""
        found = [
            replace(claim, refused=reasons[address])
            for address, claim in self.declared.items()
            if address in reasons and not claim.refused
        ]
        self.by_id |= {claim.live.id: claim for claim in found}
        self.declared |= {claim.address: claim for claim in found}
        return bool(found)

    def of(self, *verdicts: Verdict) -> Iterator[Claim]:
        """Yield the claims of some verdicts, in the order in which they were found."""
        return (claim for claim in self.by_id.values() if claim.verdict in verdicts)


_WANTED = (Verdict.DECLARED, Verdict.MOVED, Verdict.IMPORTED, Verdict.INTERRUPTED, Verdict.ADOPTED)


@dataclass(frozen=True)
class PlannerInput:
    """The values that the planner compares, and their indexes."""

    desired: Desired
    live: Live
    state: State
    options: PlanOptions

    @cached_property
    def settled(self) -> Settled:
        """The assistants of which nothing differs, and that no pass looks at."""
        return Settled.of(self)

    @cached_property
    def open(self) -> Sequence[DesiredAssistant]:
        """The declared assistants that the passes compare."""
        settled = self.settled.by_address
        return [one for one in self.desired.assistants if one.address not in settled]

    @cached_property
    def marked(self) -> Mapping[str, Sequence[LiveAssistant]]:
        """Live assistants with our ownership mark, by the name in it, oldest first."""
        marked: dict[str, list[LiveAssistant]] = defaultdict(list)
        for live in sorted(self.live.assistants.values(), key=lambda live: (live.created_at, live.id)):
            if live.mark is not None and self.desired.owns(live.mark):
                marked[live.mark.name].append(live)
        return marked

    @property
    def unsettled(self) -> Iterator[LiveAssistant]:
        """Every live assistant that the passes judge, or that is of another owner."""
        settled = self.settled.by_id
        return (one for one in self.live.assistants.values() if one.id not in settled)

    @cached_property
    def updates(self) -> Mapping[str, Sequence[Intent]]:
        """The updates of each assistant that may or may not have taken effect."""
        return self.state.updates_by_id()

    def memory(self, claim: Claim) -> Memory:
        """Return what the state remembers of an assistant."""
        return Memory(claim.binding, self.updates.get(claim.live.id, ()), is_created=claim.is_finished)

    @cached_property
    def bound_ids(self) -> frozenset[str]:
        """The id of everything that the state binds."""
        return frozenset(binding.id for binding in self.state.bindings.values())

    @cached_property
    def known_ids(self) -> frozenset[str]:
        """The id of everything that the state binds to the address that it has."""
        bindings = self.state.bindings.items()
        return frozenset(binding.id for address, binding in bindings if address not in self.overtaken)

    @cached_property
    def proved(self) -> Mapping[str, Sequence[LiveAssistant]]:
        """Assistants that creates of unknown outcome made, by name, oldest first.

        A copy has the same nonce and is younger; of two that are of the same second neither is proved.
        """
        nonces = {(intent.address.name, intent.nonce) for intent in self.state.pending if intent.nonce}
        proved: dict[str, list[LiveAssistant]] = defaultdict(list)
        for name in {name for name, _ in nonces}:
            copies: dict[str, list[LiveAssistant]] = defaultdict(list)
            for live in self.marked.get(name, ()):
                if live.id not in self.bound_ids and live.mark and (name, live.mark.nonce) in nonces:
                    copies[live.mark.nonce].append(live)
            proved[name] = [oldest for same in copies.values() if (oldest := original(same))]
        return proved

    @cached_property
    def successors(self) -> Mapping[Address, Address]:
        """The address of today, by every address that its assistant had before."""
        return {old: today for today, before in self.moved.items() for old in before}

    @cached_property
    def moved(self) -> Mapping[Address, Sequence[Address]]:
        """The addresses that an assistant had before, the latest first, by the one of today.

        The configuration says so, or the state remembers it of one that a user gave another address there.
        """
        moved: dict[Address, Sequence[Address]] = dict(self.desired.moved)
        today = {old: new for new, before in moved.items() for old in before}
        for address, old in self._moved_in_state():
            if old not in today and old not in self.desired.by_address:
                new = today.get(address, address)
                moved[new] = (*moved.get(new, ()), old)
        return moved

    def _moved_in_state(self) -> Iterator[tuple[Address, Address]]:
        """Yield the addresses that a user gave to assistants in the state, and those in their marks."""
        for address, binding in self.state.bindings.items():
            if isinstance(binding, AssistantBinding) and binding.marked:
                old = assistant(binding.marked)
                if old not in self.state.bindings:
                    yield address, old

    def names(self, address: Address) -> Sequence[Address]:
        """Return the address of today and all that the same assistant had before, the latest first."""
        today = self.successors.get(address, address)
        return (today, *self.moved.get(today, ()))

    def is_overtaken(self, address: Address) -> bool:
        """Return whether an address moved to one that is declared, and so is another assistant by now."""
        return self.successors.get(address) in self.desired.by_address

    @cached_property
    def undeclared(self) -> Sequence[Address]:
        """The addresses of bound assistants that are not declared any more."""
        declared = self.desired.by_address
        bound = (one for one in self.state.bindings if one not in declared and self.state.assistant(one))
        return sorted(bound, reverse=True)

    @cached_property
    def former_addresses(self) -> Mapping[str, Address]:
        """The first address that is not declared any more, by the id of what it is bound to."""
        return {self.state.bindings[address].id: address for address in reversed(self.undeclared)}

    @cached_property
    def imported(self) -> frozenset[str]:
        """The id of everything that the configuration imports."""
        return frozenset(one.id for one in self.desired.imports.values())

    def imports(self, address: Address, live: LiveAssistant) -> bool:
        """Return whether an entry of the configuration names an assistant as this address."""
        entry = self.desired.imports.get(address)
        return entry is not None and entry.id == live.id

    def is_retaken(self, address: Address, live: LiveAssistant) -> bool:
        """Return whether an entry takes back what another owner has taken over since."""
        entry, taken = self.desired.imports.get(address), self.overtaker(live)
        return (
            taken is not None and self.imports(address, live) and entry is not None and entry.former == taken
        )

    def overtaker(self, live: LiveAssistant) -> Owner | None:
        """Return the other owner that the mark of an assistant names."""
        return Owner.of(live.mark) if live.mark and not self.desired.owns(live.mark) else None

    def taken_over(self, address: Address) -> LiveAssistant | None:
        """Return what the state binds to an address, where its mark names another owner by now."""
        binding = self.state.assistant(address)
        live = self.live.assistants.get(binding.id) if binding else None
        return live if live and self.overtaker(live) else None

    def bound(self, address: Address) -> tuple[AssistantBinding, LiveAssistant] | None:
        """Return what the state binds to an address, where it is on the server and has no other address."""
        binding = self.state.assistant(address)
        live = self.live.assistants.get(binding.id) if binding else None
        if binding is None or live is None or address in self.overtaken:
            return None
        return refreshed(self.options.fields, binding, live, self.updates.get(live.id, ())), live

    @cached_property
    def overtaken(self) -> Mapping[Address, Address]:
        """The addresses under which an older state knows an assistant, and what its mark says since then.

        A rename keeps the nonce. An address is also overtaken where its own assistant is another one by now,
        which a later create made; a copy of a mark has the same nonce and proves nothing.
        """
        found, settled = {}, self.settled.by_address
        for address in (one for one in self.state.bindings if one not in settled):
            binding = self.state.assistant(address)
            live = self.live.assistants.get(binding.id) if binding else None
            if binding and live and (today := self._address_today(address, binding, live)):
                found[address] = today
        return found

    def _address_today(
        self, address: Address, binding: AssistantBinding, live: LiveAssistant
    ) -> Address | None:
        """Return the address that the marks on the server prove instead of a bound one, if they do."""
        mark = live.mark if live.mark and self.desired.owns(live.mark) else None
        named = assistant(mark.name) if mark else None
        if named == address:
            return None
        if named and mark and mark.nonce == binding.nonce and self._is_renamed(address, named, live):
            return named
        if MARK_KEY not in live.metadata and self._is_released(address):
            return address
        marked = [one for name in self.names(address) for one in self.marked.get(name.name, ())]
        others = [one for one in marked if self._has_own_nonce(one)]
        is_later = any(one.mark and one.mark.nonce != binding.nonce for one in others)
        return address if is_later and named is None else None

    def _has_own_nonce(self, live: LiveAssistant) -> bool:
        """Return whether the state does not contradict the nonce in the mark of an assistant."""
        known = self._bindings_by_id.get(live.id, ())
        return all(live.mark is not None and one.nonce == live.mark.nonce for one in known)

    def _is_renamed(self, bound: Address, named: Address, live: LiveAssistant) -> bool:
        """Return whether neither the configuration nor the journal explains the other name in a mark."""
        if named in self.names(bound) and bound not in self.desired.by_address:
            return False
        if bound in self.names(named):
            return False
        begun = {one.address for one in self.updates.get(live.id, ())}
        return named not in begun or named in self.desired.by_address

    def _is_released(self, bound: Address) -> bool:
        """Return whether what has no ownership mark is nothing of ours any more: nothing says that it is.

        An earlier `removed` took the mark out, or another user did; a destroy does not pass over it.
        """
        addresses = {*self.names(bound)}
        is_named = addresses & {*self.desired.by_address, *self.desired.removed}
        return not is_named and not self.options.is_destroy

    @cached_property
    def is_outdated(self) -> bool:
        """Return whether the marks on the server show a later apply than the one of the state."""
        return bool(self.state.bindings) and is_outdated(self.desired, self.live, self.state)

    def is_older(self, live: LiveAssistant) -> bool:
        """Return whether what the state knows of an assistant is older than its ownership mark."""
        updates = self.updates.get(live.id, ())
        known = self._bindings_by_id.get(live.id, ())
        return bool(known) and all(is_older(one, live, updates) for one in known)

    @cached_property
    def _bindings_by_id(self) -> Mapping[str, Sequence[AssistantBinding]]:
        found: dict[str, list[AssistantBinding]] = defaultdict(list)
        for one in self.state.bindings.values():
            if isinstance(one, AssistantBinding):
                found[one.id].append(one)
        return found


def identify(inputs: PlannerInput) -> Claims:
    """Return the verdict on every live assistant of this project: one pass for each way to prove it."""
    claims = Claims(inputs.settled)
    claims.add([*_bound(inputs)])
    claims.add([*_recognised(inputs, claims)])
    claims.add([*_removed(inputs, claims)])
    claims.add([*_unfinished(inputs, claims)])
    claims.add([*_late(inputs, claims)])
    claims.add([*_undeclared(inputs, claims)])
    claims.add([*_unmanaged(inputs, claims)])
    claims.aliases = _aliases(inputs, claims)
    return claims


def _bound(inputs: PlannerInput) -> Iterator[Claim]:
    """Yield what the state binds to a declared address: to that of today before those it had earlier."""
    for desired in inputs.open:
        names = inputs.names(desired.address)
        for address in names:
            if (known := inputs.bound(address)) and not inputs.is_retaken(desired.address, known[1]):
                is_moved = address != names[0]
                yield Claim(
                    Verdict.MOVED if is_moved else Verdict.DECLARED,
                    desired.address,
                    known[1],
                    binding=known[0],
                    previous=address if is_moved else None,
                    refused=unproved(inputs, address, *known, names=[*names, *_written(inputs, known[1])])
                    or elsewhere(inputs.desired, inputs.live, desired.address, known[1])
                    or _unmanageable(inputs, desired, known[1], known[0]),
                )
                break


def _written(inputs: PlannerInput, live: LiveAssistant) -> Sequence[Address]:
    """Return the addresses that our own interrupted updates may have written into an ownership mark."""
    return [one.address for one in inputs.updates.get(live.id, ())]


def _recognised(inputs: PlannerInput, claims: Claims) -> Iterator[Claim]:
    """Yield what an entry names, or the mark of a declared address proves, where the state binds nothing."""
    for desired in inputs.open:
        if desired.address in claims.declared:
            continue
        result = _by_entry(inputs, claims, desired) or _by_mark(inputs, claims, desired)
        if isinstance(result, Claim):
            yield result
        else:
            claims.absent[desired.address] = result


def _by_entry(inputs: PlannerInput, claims: Claims, desired: DesiredAssistant) -> Claim | Absent | None:
    """Return what an entry of the configuration names for an address; None where it says nothing more."""
    entry = inputs.desired.imports.get(desired.address)
    if entry is None:
        return None
    names = inputs.names(desired.address)
    marked = [one for name in names for one in inputs.marked.get(name.name, ()) if not claims.is_taken(one)]
    if any(one.id == entry.id for one in marked):
        return None
    live = inputs.live.assistants.get(entry.id)
    if live is None:
        known = {one.id for name in names if (one := inputs.state.assistant(name))}
        problem = "" if marked or entry.id in known else missing(entry, inputs.live)
        return Absent(Reason.IMPORTED, problem, imported=entry.id) if problem else None
    known_as = claims.owner(live.id)
    problem = (
        another(entry, known_as)
        if known_as
        else unimportable(inputs.desired, entry, live, key=_key(inputs), others=marked)
    )
    if problem:
        return Absent(Reason.IMPORTED, problem, imported=entry.id)
    refused = _unmanageable(inputs, desired, live, None)
    owner = inputs.overtaker(live)
    return Claim(Verdict.IMPORTED, desired.address, live, refused=refused, taken_from=owner)


def _by_mark(inputs: PlannerInput, claims: Claims, desired: DesiredAssistant) -> Claim | Absent:
    """Return the first of the addresses of an assistant that a mark names, and what has that mark."""
    names = inputs.names(desired.address)
    for address in names:
        proved = inputs.proved.get(address.name, ())
        marked = [*proved[:1]] or [
            live for live in inputs.marked.get(address.name, ()) if not claims.is_taken(live)
        ]
        marked = [live for live in marked if inputs.imports(desired.address, live)] or marked
        if len(marked) > 1:
            ids = ", ".join(live.id for live in marked)
            problem = f"{ids} all have the ownership mark of {address}; delete all but one by hand"
            return Absent(Reason.MARKED, problem)
        if marked:
            previous = None if address == names[0] else address
            verdict = Verdict.INTERRUPTED if proved else Verdict.ADOPTED
            claim = _known_elsewhere(inputs, Claim(verdict, desired.address, marked[0], previous=previous))
            return replace(claim, refused=_unmanageable(inputs, desired, claim.live, claim.binding))
    bound = [name for name in names if inputs.state.assistant(name) and not _is_left(inputs, name)]
    is_known = bool(bound) and not inputs.is_outdated
    return Absent(Reason.GONE if is_known else Reason.NEW, _absent_uploads(inputs, desired))


def _is_left(inputs: PlannerInput, address: Address) -> bool:
    """Return whether a binding is of an earlier assistant, or of one that a run of ours was deleting."""
    binding = inputs.state.assistant(address)
    return address in inputs.overtaken or (binding is not None and binding.id in inputs.state.leaving)


def _known_elsewhere(inputs: PlannerInput, claim: Claim) -> Claim:
    """Return a claim with what the state knows of it under an address that is not declared any more.

    A move that was interrupted leaves such a binding, and `moved` may be gone from the configuration by now;
    the id in the state and the mark are two proofs all the same.
    """
    address = inputs.former_addresses.get(claim.live.id)
    if address is None:
        return claim
    binding = inputs.state.assistant(address)
    known = binding and refreshed(
        inputs.options.fields, binding, claim.live, inputs.updates.get(claim.live.id, ())
    )
    return replace(claim, verdict=Verdict.MOVED, binding=known, previous=address)


def _unmanageable(
    inputs: PlannerInput, desired: DesiredAssistant, live: LiveAssistant, binding: AssistantBinding | None
) -> str:
    """Return why the files of a declared assistant cannot be managed; empty where they can."""
    absent = _absent_uploads(inputs, desired)
    if absent:
        return absent
    files = inputs.options.fields.files
    known = binding.digests if binding else {}
    is_silent = not live.knows_files and files is not None
    if files and is_silent and (files.is_managed(desired) or files.name in known):
        return (
            f"the server does not say which files {live.id} contains, so they cannot be managed; "
            f"remove `{files.name}`"
        )
    return ""


def _absent_uploads(inputs: PlannerInput, desired: DesiredAssistant) -> str:
    """Return which uploads that are named by id do not exist; empty where all do."""
    named = [file_id for file_id in desired.files or () if isinstance(file_id, str)]
    absent = ", ".join(file_id for file_id in named if file_id not in inputs.live.files)
    files = inputs.options.fields.files
    field = files.name if files else ""
    return f"{absent} is not on the server; upload it, or remove it from `{field}`" if absent else ""


def unproved(
    inputs: PlannerInput,
    address: Address,
    binding: AssistantBinding,
    live: LiveAssistant,
    *,
    names: Collection[Address] = (),
) -> str:
    """Return why a bound assistant is not ours by both proofs; empty when it is.

    ``names`` are other addresses that its ownership mark may have.
    """
    mark, desired, fields = live.mark, inputs.desired, inputs.options.fields
    if mark and desired.owns(mark) and assistant(mark.name) in {address, *names}:
        return ""
    if mark and not desired.owns(mark):
        return overtaken(desired, address, live, mark)
    letters, keys = fields.mark_of(binding.digests.keys(), is_protected=False)
    lost = Mark(
        project=desired.project,
        environment=desired.environment,
        name=address.name,
        nonce=binding.nonce,
        letters=letters,
        keys=keys,
        files=files_digest(()),
    )
    return (
        f"{live.id} does not have the ownership mark of {address} any more, so it may belong to another "
        f"user; to reclaim it, set its {fields.pairs.name} key {MARK_KEY} to '{lost}'"
    )


def _removed(inputs: PlannerInput, claims: Claims) -> Iterator[Claim]:
    """Yield assistants to forget, which stay on the server.

    Of two addresses for one assistant, the bound one counts.
    """
    removed: dict[str, Claim] = {}
    wanted = inputs.desired.removed
    for address in sorted(wanted, key=lambda address: (address in inputs.state.bindings, address)):
        if inputs.taken_over(address):
            continue
        if known := inputs.bound(address):
            binding, live = known
            if claims.owner(live.id) is None:
                refused = _unreleased(inputs, address, binding, live)
                removed[live.id] = Claim(Verdict.REMOVED, address, live, binding=binding, refused=refused)
            continue
        marked = [live for live in inputs.marked.get(address.name, ()) if claims.owner(live.id) is None]
        ids = ", ".join(live.id for live in marked)
        problem = f"{ids} all have the ownership mark of {address}; remove the {_key(inputs)} from the copies"
        if marked:
            refused = problem if len(marked) > 1 else ""
            removed[marked[0].id] = Claim(Verdict.REMOVED, address, marked[0], refused=refused)
    yield from removed.values()


def _key(inputs: PlannerInput) -> str:
    return f"{inputs.options.fields.pairs.name} key {MARK_KEY}"


def _unreleased(
    inputs: PlannerInput, address: Address, binding: AssistantBinding, live: LiveAssistant
) -> str:
    """Return why an assistant may not be forgotten: it has a mark, and that names nothing to forget.

    Without any mark there is nothing to write, and an interrupted run may have removed it itself.
    """
    if MARK_KEY not in live.metadata:
        return ""
    problem = unproved(inputs, address, binding, live, names=inputs.desired.removed)
    return f"{problem}; to let it go, remove that key" if problem else ""


def _aliases(inputs: PlannerInput, claims: Claims) -> dict[Address, Address]:
    """Return the addresses to forget, and those under which the same assistants are known as well."""
    leaving = {claim.previous for claim in claims.declared.values()}
    aliases = {}
    for address in inputs.undeclared:
        owner = claims.owner(inputs.state.bindings[address].id)
        if owner and owner != address and address not in leaving:
            aliases[address] = owner
    return aliases


def _unfinished(inputs: PlannerInput, claims: Claims) -> Iterator[Claim]:
    """Yield what an interrupted run created and that is not declared any more; one for each address."""
    begun = {intent.address for intent in inputs.state.pending if intent.nonce}
    for address in sorted(begun - inputs.desired.by_address.keys()):
        for live in inputs.proved.get(address.name, ())[:1]:
            if claims.owner(live.id) is None and not is_unresolved(inputs, claims, address):
                refused = protection(inputs, address, live)
                yield Claim(Verdict.UNFINISHED, address, live, refused=refused)


def _late(inputs: PlannerInput, claims: Claims) -> Iterator[Claim]:
    """Yield what creates of unknown outcome made besides the assistant of a declared address."""
    for address, claim in claims.declared.items():
        for live in inputs.proved.get(address.name, ()) if not claim.refused else ():
            if claims.owner(live.id) is None:
                yield Claim(Verdict.LATE, address, live)


def _undeclared(inputs: PlannerInput, claims: Claims) -> Iterator[Claim]:
    """Yield bound assistants that are not declared any more."""
    found: dict[str, list[Claim]] = defaultdict(list)
    for address in inputs.undeclared:
        known = inputs.bound(address) if not inputs.taken_over(address) else None
        if known and claims.owner(known[1].id) is None and address not in inputs.desired.removed:
            binding, live = known
            names = () if inputs.is_overtaken(address) else inputs.names(address)
            problem = unproved(inputs, address, binding, live, names=names)
            claim = Claim(Verdict.UNDECLARED, address, live, binding=binding, refused=problem)
            found[live.id].append(_unless_kept(inputs, claim))
    for known_as in found.values():  # a move that was killed leaves two addresses, of which one is proved
        claim = next((one for one in known_as if not one.refused), known_as[0])
        shields = (protection(inputs, one.address, one.live, one.binding) for one in known_as)
        yield replace(claim, refused=claim.refused or next(filter(None, shields), ""))


def _unless_kept(inputs: PlannerInput, claim: Claim) -> Claim:
    """Return a claim; refused, where `--on-drift keep` leaves what another user changed."""
    changed = [one.field for one in written_by_others(inputs, claim)] if inputs.options.keep_drift else []
    if claim.refused or inputs.options.is_destroy or not changed:
        return claim
    problem = (
        f"{', '.join(changed)} changed on the server, which --on-drift keep leaves; to delete it all the "
        "same, pass --on-drift overwrite"
    )
    return replace(claim, refused=problem)


def _unmanaged(inputs: PlannerInput, claims: Claims) -> Iterator[Claim]:
    """Yield assistants with our ownership mark that nothing else knows: copies and leftovers."""
    rest = (one for one in inputs.unsettled if claims.owner(one.id) is None)
    if not any(one.mark and inputs.desired.owns(one.mark) for one in rest):
        return
    for name, marked in inputs.marked.items():
        address = assistant(name)
        for live in marked:
            is_known = live.id in inputs.known_ids or claims.owner(live.id) is not None
            if not is_known and not is_unresolved(inputs, claims, address):
                yield Claim(Verdict.UNMANAGED, address, live, refused=protection(inputs, address, live))


def is_unresolved(inputs: PlannerInput, claims: Claims, address: Address) -> bool:
    """Return whether what has the mark of an address waits for a user, or is to be forgotten."""
    today = inputs.successors.get(address, address)
    absent, declared = claims.absent.get(today), claims.declared.get(today)
    is_refused = bool((absent and absent.refused) or (declared and declared.refused))
    return address in inputs.desired.removed or is_refused


def protection(
    inputs: PlannerInput, address: Address, live: LiveAssistant, binding: AssistantBinding | None = None
) -> str:
    """Return why an assistant may not be deleted: configuration, state and ownership mark are all asked."""
    is_marked = live.mark is not None and live.mark.is_protected
    is_remembered = binding is not None and binding.protected
    names = {address} if inputs.is_overtaken(address) else {address, *inputs.names(address)}
    if not (is_marked or is_remembered or names & inputs.options.protected):
        return ""
    return _STAYS if inputs.options.is_destroy else _PROTECTED


def manages_files(inputs: PlannerInput, desired: DesiredAssistant, claim: Claim) -> bool:
    """Return whether a plan attaches and detaches what an assistant contains."""
    row = inputs.options.fields.files
    if row is None or row.name in desired.ignored or keeps_files(inputs, claim):
        return False
    return is_managing(inputs, row, desired, claim)


def is_managing(inputs: PlannerInput, row: Files, desired: DesiredAssistant, claim: Claim) -> bool:
    """Return whether the configuration says what an assistant contains, or did at the last apply."""
    is_former = row.name in managed_before(inputs.options.fields, claim.known, claim.binding)
    return row.name not in desired.ignored and (row.is_managed(desired) or is_former)


def keeps_files(inputs: PlannerInput, claim: Claim) -> bool:
    """Return whether `--on-drift keep` leaves the files, as another user changed them, or may have."""
    row = inputs.options.fields.files
    return row is not None and inputs.options.keep_drift and _is_kept(inputs, row, claim)


def written_by_others(inputs: PlannerInput, claim: Claim) -> Iterator[FieldChange]:
    """Yield the managed values of an assistant that another user wrote since the last apply, or may have.

    A binding with echoes has none of a field that the configuration ignored, so its value is not looked at.
    """
    memory, binding = inputs.memory(claim), claim.binding
    for path in binding.digests if binding else ():
        row = inputs.options.fields.row(path)
        is_known = binding is not None and binding.echoes is not None
        if row is None or (is_known and not memory.echo(row, path)):
            continue
        found = row.found(claim.live)
        drifted, unrecorded = memory.is_drifted(row, path, found), memory.is_unrecorded(row, path, found)
        if drifted or unrecorded:
            value = row.present(row.at(found, path))
            yield FieldChange(path, value, None, drifted=drifted, unrecorded=unrecorded, shape=row.shape)


def is_stuck(inputs: PlannerInput, claim: Claim) -> bool:
    """Return whether the files of an assistant cannot be changed on this server."""
    return Trait.NO_ATTACHING in inputs.state.traits and not inputs.options.retries(claim.address)


def _is_kept(inputs: PlannerInput, row: Files, claim: Claim) -> bool:
    """Return whether the files were changed since the last apply, or may have been."""
    memory, present = inputs.memory(claim), claim.live.file_ids
    return memory.is_drifted(row, row.name, present) or memory.is_unrecorded(row, row.name, present)


_STAYS = "prevent_destroy is set, so it stays; to delete it, set it to false, apply, and destroy again"
_PROTECTED = (
    "prevent_destroy is set; put it back into the configuration with `prevent_destroy: false`, "
    "apply, and then remove it"
)
