"""One call each: how every Step of a Change is carried out, and what is remembered of it.

A create and an upload are written down before they are made, since nothing but that record tells
afterwards whether they happened. Every other step is recognised by looking at the object.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, TypeVar

from reconciler.api.errors import APIError, UnknownOutcomeError
from reconciler.engine.attaching import Attaching, StaleError, UnfitError, UnkeptError, short
from reconciler.engine.capabilities import frozen, ignored, unmarked
from reconciler.engine.difference import remembered
from reconciler.engine.memory import Memory, refreshed, remember
from reconciler.engine.recovery import Search
from reconciler.engine.verification import failures, results, verified
from reconciler.errors import NotBegunError
from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Change, Reason, Step, StepKind
from reconciler.model.mark import MARK_KEY
from reconciler.model.outcome import Kept
from reconciler.model.resource import DesiredAssistant, DesiredFile
from reconciler.model.state import AssistantBinding, FileBinding, Intent, Pending
from reconciler.model.traits import Trait
from reconciler.store.group_commit import GroupCommit
from reconciler.store.journal import Entry, intended

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from reconciler.errors import StoreError
    from reconciler.model.field import Field
    from reconciler.model.mark import Mark
    from reconciler.model.outcome import Verified
    from reconciler.model.resource import FileReference, LiveAssistant, LiveFile
    from reconciler.model.state import Binding
    from reconciler.store import Store

T = TypeVar("T", "LiveAssistant", "LiveFile")

_ENDING = frozenset({Action.DELETE, Action.FORGET})
_CARRYING = frozenset({StepKind.ATTACH, StepKind.DETACH})
_UPDATING = _CARRYING | {StepKind.UPDATE}


@dataclass(kw_only=True)
class Steps(Attaching):
    """Carries out the steps of a plan against a provider, and keeps what is known of every address.

    A step takes what it needs from its Change: the configuration is not read again.
    ``uploads`` maps a file's address to the id of its upload, as far as it is known. ``bindings``
    and ``pending`` are the state being made, ``remarks`` what a user should know of a change that was
    applied. ``recorded`` says whether the journal was written; ``unrecorded`` are addresses of which it does
    not know yet what was decided without a call. ``deleted`` are the uploads that this run deleted.
    ``begun`` are the calls of this run, and ``verified`` what became of every value. ``is_first``: nothing
    shows yet that this server keeps an ownership mark.

    Records are written by a group commit: a call waits for its intent, and `settled` for its result. Until
    then ``bindings`` and ``pending`` are without it; ``lost`` says why the last record of an address was not
    written.
    """

    store: Store
    reopen: Callable[[DesiredFile], IO[bytes]]
    bindings: dict[Address, Binding]
    pending: Pending
    uploads: dict[Address, str] = field(default_factory=dict)
    remarks: dict[Address, str] = field(default_factory=dict)
    unrecorded: set[Address] = field(default_factory=set)
    deleted: dict[Address, tuple[str, ...]] = field(default_factory=dict)
    begun: dict[Address, Intent] = field(default_factory=dict)
    verified: dict[Address, tuple[Verified, ...]] = field(default_factory=dict)
    lost: dict[Address, StoreError] = field(default_factory=dict)
    recorded: bool = False
    is_first: bool = False

    def __post_init__(self) -> None:
        kept = {address: one.id for address, one in self.bindings.items() if isinstance(one, FileBinding)}
        self.uploads = {**kept, **self.uploads}
        self._search = Search(self.plan.owns, self.provider.delay)
        self._journal = GroupCommit(self.store)
        self._deciding = asyncio.Lock()
        self._known = {*self.live.assistants, *self.live.files, *self.live.unreadable, *self._bound_ids()}

    async def look_again(self) -> str:
        """Look again at every assistant before uploads are deleted; return why none may be, or nothing."""
        seen = await self.provider.assistants()
        seen = await self.provider.contents(seen, seen.silent)
        self.live = replace(self.live, assistants=seen.assistants)
        return f"{Reason.UNSEEN}: {seen.blind_spot}" if seen.blind_spot else ""

    async def recheck(self, change: Change) -> None:
        """Look again at an assistant just before a step; StaleError when it is not what we know.

        Before the first step that is what the plan saw, and then what we saw and did ourselves.
        """
        found, known = await self._retrieve(change.id), self.fresh.get(change.id)
        ids = self._unattached(change, found, known) if found and known else []
        if found and ids and self._adapts(Trait.ATTACHES):
            found = await self._attached_again(change, found, ids)
        if found is None and change.action in _ENDING:
            await self._confirm_gone(change.id)
            return
        if found is None:
            raise StaleError(f"{change.id} was deleted on the server {_since(known)}; run plan again")
        if self._is_changed(change, found, known):
            seen = known or self.live.assistants.get(change.id, found)
            raise StaleError(
                f"{change.id} was changed on the server {_since(known)}; run plan again"
                f"{self._moved(seen, found)}"
            )
        self.fresh[change.id] = found
        if known is None:
            self.before[change.id] = found
            await self._begin(change, found)

    async def _confirm_gone(self, assistant_id: str) -> None:
        """Raise StaleError where the list still has an assistant that a request for it does not find."""
        if await self._search.is_listed(assistant_id, self.provider.assistants):
            raise StaleError(
                f"{assistant_id} is in the list of assistants, although a request for it answers 404; "
                "it counts as deleted only where both agree"
            )

    def _is_changed(self, change: Change, current: LiveAssistant, known: LiveAssistant | None) -> bool:
        """Return whether another user changed anything that a change rests on.

        Once it has begun, that is nothing of the files that it neither attaches nor detaches.
        """
        if known is None:
            return current.fingerprint != change.before
        ours = {self._attached(step) for step in change.steps if step.kind in _CARRYING}
        seen, before = ((one.metadata, ours.intersection(one.file_ids)) for one in (current, known))
        return seen != before or any(self._is_moved(row, current, known) for row in self.fields.plain)

    def _is_moved(self, row: Field, current: LiveAssistant, known: LiveAssistant) -> bool:
        """Return whether a value is another than at the last look; a server may add an item on its own."""
        found, before = row.found(current), row.found(known)
        if found == before:
            return False
        return not (self.provider.whole and self._is_servers(row, before, found))

    def _unattached(self, change: Change, found: LiveAssistant, known: LiveAssistant) -> list[str]:
        """Return the uploads that we attached with success, and that the server did not attach."""
        ours = {self._attached(step) for step in change.steps if step.kind is StepKind.ATTACH}
        return [one for one in known.file_ids if one in ours and one not in found.file_ids]

    def _attached(self, step: Step) -> str:
        """Return the id of the upload that a step attaches or detaches."""
        return step.id if step.kind is StepKind.DETACH else self._id(step.file or step.id)

    async def _begin(self, change: Change, found: LiveAssistant) -> None:
        """Write down what must be durable before the first write to an assistant."""
        if change.action is Action.FORGET or (change.moved_from or change.address) not in self.bindings:
            await self._record_decisions()
        self._admit_files(change, found)
        await self._intend_update(change, found)

    async def _intend_update(self, change: Change, found: LiveAssistant) -> None:
        """Write down what the steps will send, so that a later run does not take it for drift."""
        if not isinstance(change.wanted, DesiredAssistant) or change.action in _ENDING:
            return
        if not any(step.kind in _UPDATING for step in change.steps):
            return
        written = {row.remembered(one.field) for one in change.fields if (row := self.fields.row(one.field))}
        wanted, row = change.wanted, self.fields.files
        is_kept = row is not None and row.name in change.kept  # then nothing that is attached is ours
        digests = {
            path: row.digest(row.at(row.wanted(wanted), path))
            for path in written
            if (row := self.fields.row(path))
        }
        intent = Intent(
            change.address,
            "update",
            known=() if is_kept else found.file_ids,
            at=time.time(),
            attached=() if is_kept else self._file_ids(change),
            id=found.id,
            digests=digests,
            mark=_mark(change).digest,
        )
        self.begun[change.address] = intent
        await self._intend(intent)

    def abandon(self, address: Address) -> None:
        """Forget a call of this run that was never made, or had no effect."""
        begun = self.begun.pop(address, None)
        self.pending = Pending(one for one in self.pending if one is not begun)

    def _admit_files(self, change: Change, found: LiveAssistant) -> None:
        """Remember that we manage files before the first is attached, so that a killed run can let go.

        What moves is bound where it was until its mark has the new address. Of what is imported the mark is
        written before: until then nothing but the configuration says that it is ours.
        """
        kinds = [step.kind for step in change.steps]
        if StepKind.ATTACH not in kinds or StepKind.UPDATE in kinds[: kinds.index(StepKind.ATTACH)]:
            return
        address = change.moved_from or change.address
        row = self.fields.files
        fallback = AssistantBinding(found.id, _mark(change).nonce, remembered(self.fields, found))
        binding = self.bindings.get(address, fallback)
        if row and isinstance(binding, AssistantBinding) and row.name not in binding.digests:
            self._bind(address, replace(binding, digests={**binding.digests, row.name: ""}))

    async def take(self, change: Change, step: Step) -> None:
        """Carry out one step; StoreError once the journal does not take what was done."""
        self._require_durable()
        match step.kind:
            case StepKind.UPLOAD:
                await self._upload(change)
            case StepKind.CREATE:
                await self._create(change)
            case StepKind.UPDATE if change.action is Action.FORGET:
                await self._release(change)
            case StepKind.UPDATE:
                await self._update(change)
            case StepKind.ATTACH:
                await self._attach(change.address, change.id, self._attached(step))
            case StepKind.DETACH:
                await self._detach(change.address, change.id, step.id)
            case StepKind.DELETE:
                await self._delete(change, step)

    async def _upload(self, change: Change) -> None:
        file = change.wanted
        assert isinstance(file, DesiredFile)  # noqa: S101 - only files are uploaded
        alike = tuple(
            one.id
            for one in self.live.files.values()
            if one.size == file.size and one.is_named(file.filename)
        )
        intent = Intent(
            change.address,
            "upload",
            filename=file.filename,
            size=file.size,
            sha256=file.sha256,
            known=alike,
            at=time.time(),
        )
        await self._outlast(intent, self.provider.find_upload, _ids(change.binding))
        with self.reopen(file) as content:
            made = await self._certain(
                intent, lambda: self.provider.upload(file.filename, content), self.provider.find_upload
            )
        if not self._is_new(change.address, made.id):
            self.provider.traits.add(Trait.FIXED_UPLOADS)
            raise UnkeptError(_old(self.target, "an upload", made.id))
        self.provider.traits.discard(Trait.FIXED_UPLOADS)
        before = change.binding if isinstance(change.binding, FileBinding) else None
        old, inferred = (before.old, before.inferred) if before else ((), ())
        self.uploads[change.address] = made.id
        inferred += (made.id,) * made.inferred
        binding = FileBinding(made.id, file.filename, file.sha256, file.size, old=old, inferred=inferred)
        self._bind(change.address, binding)

    async def _create(self, change: Change) -> None:
        nonce = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        mark = replace(_mark(change), nonce=nonce)
        file_ids = tuple(self._id(one) for one in self.files(change))
        values = self.fields.created(change.values)
        metadata = {**values.pop(self.fields.pairs.name, {}), MARK_KEY: str(mark)}
        intent = Intent(change.address, "create", nonce, at=time.time())
        await self._outlast(intent, self.provider.find)
        made = await self._certain(
            intent, lambda: self.provider.create(values, metadata, file_ids), self.provider.find
        )
        if not self._is_new(change.address, made.id):
            self.provider.traits.add(Trait.FIXED)
            raise UnfitError(_old(self.target, "a create", made.id))
        made = await self._marked(change, made, mark)
        self.provider.traits.difference_update({Trait.UNMARKED, Trait.FIXED})
        made = await self._with_files(change.address, made, file_ids)
        found = self._compared(change, before=None, after=made)
        self._verify(change, nonce, found, before=None, after=made)

    def _is_new(self, address: Address, made: str) -> bool:
        """Return whether an object is new; where its id was known before, the call made nothing."""
        if made not in self._known:
            self._known.add(made)
            return True
        self.abandon(address)
        self.touched.discard(address)
        return False

    async def _marked(self, change: Change, made: LiveAssistant, mark: Mark) -> LiveAssistant:
        """Return a new assistant with its ownership mark, if need be as a look shows it; or delete it.

        Only what the first create made, what is in no list of this run, and has exactly the values that were
        sent, is deleted. Raises UnfitError after the first create, and UnkeptError after another one: other
        assistants show that this server keeps an ownership mark.
        """
        found: LiveAssistant | None = made
        if made.mark != mark:
            found = await self._search.seen(made.id, self.provider.retrieve, mark)
        if found is not None and found.mark == mark:
            return found
        if found is None:
            raise UnkeptError(f"{made.id} was created, and a request for it finds nothing; run plan again")
        if not self.is_first:
            raise UnkeptError(f"{made.id} was created without its ownership mark; delete it by hand")
        self.provider.traits.add(Trait.UNMARKED)
        problem = unmarked(self.target, self.fields)
        if not self._is_as_sent(change, found):
            raise UnfitError(f"{problem}. {made.id} was created and is left there: delete it by hand")
        self.abandon(change.address)
        await self._write(change.address, lambda: self.provider.delete(found), f"{made.id} was deleted")
        if await self.provider.retrieve(made.id) is not None:
            raise UnfitError(f"{problem}. {made.id} was created, and could not be deleted again")
        self.touched.discard(change.address)
        raise UnfitError(f"{problem}. The assistant that was created to find out was deleted again")

    def _is_as_sent(self, change: Change, found: LiveAssistant) -> bool:
        """Return whether an assistant has exactly the values of a create, the metadata aside."""
        sent = self.fields.created(change.values)
        same = all(
            row.is_equal(row.normal(row.found(found)), row.normal(sent.get(row.name)))
            for row in self.fields.plain
        )
        return same and set(found.file_ids) <= set(self._file_ids(change))

    async def _with_files(
        self, address: Address, made: LiveAssistant, file_ids: Sequence[str]
    ) -> LiveAssistant:
        """Return a new assistant with its files; what the create left out is attached."""
        if file_ids and not made.knows_files:
            made = await self.provider.retrieve(made.id) or made
        self.fresh[made.id] = made
        for one in file_ids if made.knows_files else ():
            if one not in made.file_ids:
                await self._attach(address, made.id, one)
        if self.fresh[made.id] is made:
            return made
        return await self._seen(address, made.id, file_ids)

    async def _certain(
        self, intent: Intent, call: Callable[[], Awaitable[T]], find: Callable[[Intent], Awaitable[T | None]]
    ) -> T:
        """Make a call that must not be made twice: written down before, looked for when in doubt.

        UnknownOutcomeError when it cannot be found either; its intent then stays with the state.
        """
        self.begun[intent.address] = intent
        await self._intend(intent)
        try:
            made = await self._write(intent.address, call)
        except UnknownOutcomeError as unknown:
            found = await self._search.after(unknown, find, intent)
            if found is None:
                raise
            self.doubted.discard(intent.address)
            made = found
        except APIError as error:
            if error.had_no_effect:
                self.pending = Pending(one for one in self.pending if one is not intent)
            raise
        self.done[intent.address] = f"{made.id} was {'created' if intent.nonce else 'uploaded'}"
        return made

    async def _intend(self, intent: Intent) -> None:
        """Write down a call that is about to be made, and what was done before it."""
        failures: list[StoreError] = []

        def settled(failure: StoreError | None) -> None:
            if failure is None:
                self.pending = Pending((*self.pending, intent))
            else:
                failures.append(failure)

        self.recorded = True
        self._journal.add(intended(intent), settled)
        await self._journal.flushed()
        for failure in failures:
            raise failure
        self._require_durable()

    def _require_durable(self) -> None:
        """Raise NotBegunError where a record of this run is not durable: no call may follow."""
        if self._journal.failure is not None:
            raise NotBegunError(self._journal.failure)

    async def _outlast(
        self, again: Intent, find: Callable[[Intent], Awaitable[T | None]], known: Collection[str] = ()
    ) -> None:
        """Wait until an earlier call of unknown outcome must have come to light, before it is made again.

        StaleError when it has, and made none of the ``known`` objects.
        """
        same = (again.address, again.step, again.filename, again.sha256)
        for one in self.pending:
            if (one.address, one.step, one.filename, one.sha256) != same:
                continue
            found = await self._search.awaited(find, one)
            if found is not None and found.id not in {*known, *self._bound_ids()}:
                address = again.address
                raise StaleError(f"what an interrupted run began for {address} came to light; run plan again")

    def _bound_ids(self) -> set[str]:
        """Return the ids of everything that is bound, earlier uploads included."""
        files = {each for one in self.bindings.values() if isinstance(one, FileBinding) for each in one.ids}
        return files | {one.id for one in self.bindings.values()}

    async def _update(self, change: Change) -> None:
        found, mark = self.fresh[change.id], _mark(change)
        values = dict(change.values)
        metadata = {**values.pop(self.fields.pairs.name, {}), MARK_KEY: str(mark)}
        made = await self._updated(change.address, found, values, metadata, done=f"{change.id} was updated")
        if not made.knows_files:
            made = replace(made, file_ids=found.file_ids, knows_files=found.knows_files)
        self.fresh[change.id] = made
        if made.mark != mark:  # a response may be older than the write
            made = await self._search.seen(change.id, self._retrieve, mark) or made
            self.fresh[change.id] = made
        if made.mark == mark:
            self.provider.traits.difference_update({Trait.FROZEN, Trait.NO_UPDATE})
            return
        if found.mark != mark:
            self.provider.traits.add(Trait.FROZEN)
        if not mark.covers(made.mark):  # a mark that says the same of what is managed may stay
            raise UnkeptError(f"{frozen(self.target, self.fields)}. Its other values may have changed")

    async def _release(self, change: Change) -> None:
        """Remove the ownership mark from the metadata."""
        found = self.fresh.get(change.id)
        if found is None:
            return
        made = await self._updated(
            change.address,
            found,
            change.values,
            {MARK_KEY: None},
            done=f"the ownership mark of {change.id} was removed",
        )
        if MARK_KEY in made.metadata:
            raise UnkeptError(f"the server did not remove the ownership mark of {made.id}")
        sides = [(row, row.found(found), row.found(made)) for row in self.fields.plain]
        lost = [row.name for row, old, new in sides if not row.extends(old, new) or row.forgets(old, new)]
        if lost:
            raise UnkeptError(f"{self.target} changed {', '.join(lost)} of {made.id}, which was to stay")

    async def _record_decisions(self) -> None:
        """Write down what was decided without a call: files first, and what is bound before what is not.

        Without a state only an ownership mark says whose the uploads of an assistant are. Once it says other
        files, or is out, nothing does: they would be left over, or kept for ever as what a stranger carries.
        """

        def place(address: Address) -> tuple[bool, bool, Address]:
            return address.kind is Kind.ASSISTANT, address not in self.bindings, address

        async with self._deciding:  # another change that begins waits until they are durable
            decided = sorted(self.unrecorded, key=place)
            for address in decided:
                self._bind(address, self.bindings.get(address))
            await self._journal.flushed()
            for address in decided:
                self._require_recorded(address)

    async def _delete(self, change: Change, step: Step) -> None:
        if change.address.kind is Kind.ASSISTANT and step.id != change.id:
            await self._reap(change, step)
            return
        await self._intend(Intent(change.address, "delete", known=(step.id,), at=time.time()))
        if change.address.kind is Kind.ASSISTANT:
            found = self.fresh.get(change.id)
            if found is not None:
                done = f"{step.id} was deleted"
                await self._write(change.address, lambda: self.provider.delete(found), done)
            self._bind(change.address, None)
            self._let_go(found)
            return
        await self._write(change.address, lambda: self.provider.discard(step.id), f"{step.id} was deleted")
        self.deleted[change.address] = (*self.deleted.get(change.address, ()), step.id)
        binding = self.bindings[change.address]
        assert isinstance(binding, FileBinding)  # noqa: S101 - the address says so
        rest = tuple(one for one in binding.old if one.id != step.id)
        nothing_left = change.action is Action.DELETE and step == change.steps[-1]
        self._bind(change.address, None if nothing_left else replace(binding, old=rest))

    async def _reap(self, change: Change, step: Step) -> None:
        """Delete what a create that was given up made late, if it still carries the nonce that proves it."""
        found = await self.provider.retrieve(step.id)
        nonces = {one.nonce for one in self.pending if one.nonce}
        if found is None:
            return
        if found.mark is None or not self.plan.owns(found.mark) or found.mark.nonce not in nonces:
            raise StaleError(f"{step.id} was changed on the server after the plan was made; run plan again")
        await self._write(change.address, lambda: self.provider.delete(found), f"{step.id} was deleted")
        self._let_go(found)

    def _let_go(self, live: LiveAssistant | None) -> None:
        """Drop pending creates of an assistant that we no longer own."""
        nonce = live.mark.nonce if live and live.mark else ""
        self.pending = Pending(one for one in self.pending if not nonce or one.nonce != nonce)

    async def finish(self, change: Change) -> None:
        """Verify and remember an assistant all of whose steps succeeded, or forget it.

        UnkeptError where the server did not take what was sent, or changed what was not.
        """
        if change.action is Action.FORGET:
            self._bind(change.address, None)
            self._let_go(self.fresh.get(change.id))
        known = self.fresh.get(change.id)
        if known is None or change.wanted is None:
            return
        if any(step.kind in _CARRYING for step in change.steps):
            known = await self._seen(change.address, change.id, self._file_ids(change))
        before = self.before.get(change.id, known)
        found = self._compared(change, before=before, after=known)
        if any(failures(found)):
            known = await self._retrieve(change.id) or known  # a response may be older than the write
            found = self._compared(change, before=before, after=known)
        try:
            self._verify(change, _mark(change).nonce, found, before=before, after=known)
        finally:
            if change.moved_from in self.bindings:
                self._bind(change.moved_from, None)
        if change.address in self.moved:
            raise StaleError(self.moved[change.address])
        if change.unmet:
            raise UnkeptError(change.unmet)

    def remember(self, change: Change) -> None:
        """Remember, for the next save, what a change binds without any call."""
        if change.binding is None or not change.binding.id:
            return
        if isinstance(change.binding, FileBinding):
            self.uploads[change.address] = change.binding.id
        before = self.bindings.get(change.address)
        self.bindings[change.address] = change.binding
        self._decided(change.address, before)
        if change.moved_from:
            self._forget(change.moved_from)

    def forget(self, change: Change) -> None:
        """Forget an address, with the next save."""
        self._forget(change.address)

    def _forget(self, address: Address) -> None:
        self._decided(address, self.bindings.pop(address, None))

    def _decided(self, address: Address, before: Binding | None) -> None:
        self.unrecorded.add(address)
        self.pending = self.pending.resolved_by(address, before, self.bindings.get(address))

    def _verify(
        self,
        change: Change,
        nonce: str,
        found: Sequence[Verified],
        *,
        before: LiveAssistant | None,
        after: LiveAssistant,
    ) -> None:
        """Remember what the server made of an assistant; UnkeptError where it did not take a value."""
        wanted, file_ids = _wanted(change), self._file_ids(change)
        memory = self._memory(change, before)
        self.verified[change.address] = tuple(found)
        self._bind(
            change.address,
            remember(
                self.fields,
                wanted,
                after,
                file_ids=file_ids,
                nonce=nonce,
                memory=memory,
                results=results(found),
            ),
        )
        problems = [self._problem(wanted, one) for one in failures(found)]
        if problems:
            raise UnkeptError("; ".join(problems))
        self.remarks[change.address] = self._remark(found)

    def _memory(self, change: Change, before: LiveAssistant | None) -> Memory:
        bound = self.bindings.get(change.moved_from or change.address)
        if before is None or not isinstance(bound, AssistantBinding):
            return Memory(None)
        updates = [one for one in self.pending if one.step == "update" and one.id == bound.id]
        return Memory(refreshed(self.fields, bound, before, updates))

    def _compared(
        self, change: Change, *, before: LiveAssistant | None, after: LiveAssistant
    ) -> tuple[Verified, ...]:
        memory, ids = self._memory(change, before), self._file_ids(change)
        return verified(
            self.fields, change, _wanted(change), memory, file_ids=ids, before=before, after=after
        )

    def _problem(self, wanted: DesiredAssistant, one: Verified) -> str:
        row = self.fields.row(one.path)
        assert row is not None  # noqa: S101 - it was made from the rows
        if one.kept is Kept.LOST:
            return (
                f"{self.target} changed {one.path}, which was to stay: {short(one.sent)} before, "
                f"{short(one.found)} now"
            )
        return ignored(self.target, row, one.path, row.wanted(wanted))

    def _remark(self, found: Sequence[Verified]) -> str:
        normalised = ", ".join(one.path for one in found if one.kept is Kept.NORMALISED)
        added = ", ".join(one.path for one in found if one.kept is Kept.ADDED)
        remarks = [
            f"the server keeps {normalised} in a form of its own" * bool(normalised),
            f"the server added {added}" * bool(added),
        ]
        return "; ".join(filter(None, remarks))

    def _file_ids(self, change: Change) -> tuple[str, ...]:
        """Return the ids of the files; empty for one that is not uploaded, as this change attaches none."""
        files = self.files(change)
        return tuple(self.uploads.get(one, "") if isinstance(one, Address) else one for one in files)

    def files(self, change: Change) -> tuple[FileReference, ...]:
        """Return the files of the assistant of a Change."""
        return _wanted(change).files or ()

    def _bind(self, address: Address, binding: Binding | None) -> None:
        """Write down what an address is bound to, and remember it once it is durable."""

        def settled(failure: StoreError | None) -> None:
            if failure is None:
                self._bound(address, binding)
            else:
                self.lost[address] = failure

        self.recorded = True
        self._journal.add(Entry(address, binding), settled)

    def _bound(self, address: Address, binding: Binding | None) -> None:
        self.unrecorded.discard(address)
        self.lost.pop(address, None)
        self.done.pop(address, None)
        self.pending = self.pending.resolved_by(address, self.bindings.get(address), binding)
        if binding is None:
            self.bindings.pop(address, None)
        else:
            self.bindings[address] = binding

    async def settled(self, change: Change) -> None:
        """Wait until everything that was done for a Change is durable; StoreError where it is not."""
        await self._journal.flushed()
        for address in (change.address, change.moved_from):
            if address is not None:
                self._require_recorded(address)

    def _require_recorded(self, address: Address) -> None:
        if failure := self.lost.pop(address, None):
            raise failure

    def _id(self, reference: FileReference) -> str:
        return self.uploads[reference] if isinstance(reference, Address) else reference


def _ids(binding: Binding | None) -> Sequence[str]:
    return binding.ids if isinstance(binding, FileBinding) else ()


def _since(known: LiveAssistant | None) -> str:
    return "meanwhile" if known else "after the plan was made"


def _old(target: str, call: str, made: str) -> str:
    known = f"{target} answered {call} with {made}, which was there before"
    return f"{known}; it does not make what it is asked for"


def _mark(change: Change) -> Mark:
    assert change.mark is not None  # noqa: S101 - every written assistant carries one
    return change.mark


def _wanted(change: Change) -> DesiredAssistant:
    assert isinstance(change.wanted, DesiredAssistant)  # noqa: S101 - of every assistant that is declared
    return change.wanted
