"""One call each: how every Step of a Change is carried out, and what is remembered of it.

A create and an upload are written down before they are made, since nothing but that record tells
afterwards whether they happened. Every other step is recognised by looking at the object.
"""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, TypeVar

from reconciler.api.errors import APIError, ConflictError, UnknownOutcomeError
from reconciler.engine.difference import digests, field_changes, remembered
from reconciler.engine.recovery import Search
from reconciler.errors import ReconcilerError
from reconciler.model.address import Address, Kind
from reconciler.model.change import Action, Change, Reason, Step, StepKind
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import DesiredAssistant, DesiredFile
from reconciler.model.state import AssistantBinding, FileBinding, Intent, Pending

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.dialects import Provider
    from reconciler.model.field import Fields
    from reconciler.model.mark import Mark
    from reconciler.model.plan import Plan
    from reconciler.model.resource import FileReference, Live, LiveAssistant, LiveFile
    from reconciler.model.state import Binding
    from reconciler.store import Store

T = TypeVar("T", "LiveAssistant", "LiveFile")
U = TypeVar("U")

_ENDING = frozenset({Action.DELETE, Action.FORGET})
_REWRITING = frozenset({Action.ADOPT, Action.FORGET})
_CARRYING = frozenset({StepKind.ATTACH, StepKind.DETACH})


class StaleError(ReconcilerError):
    """A live object is not the one the plan saw; it was not written."""

    exit_code = 4


class UnkeptError(ReconcilerError):
    """The server took a write and did not keep what it must keep."""


@dataclass
class Steps:
    """Carries out the steps of a plan against a provider, and keeps what is known of every address.

    A step takes what it needs from its Change: the configuration is not read again.
    ``uploads`` maps a file's address to the id of its upload, as far as it is known. ``fresh`` holds
    assistants, by id, as they were when last looked at, and as our own steps left them since. ``bindings``
    and ``pending`` are the state being made, ``remarks`` what a user should know of a change that was
    applied. ``recorded`` says whether the journal was written; ``unrecorded`` are addresses of which it does
    not know yet what was decided without a call.

    ``touched`` are addresses for which a write was sent whose answer does not rule out an effect, ``doubted``
    those of them whose last write may or may not have had one. ``done`` says what the last write did, until
    the journal has it. Only ``_write`` decides this; no other code infers it from an error.
    """

    plan: Plan
    fields: Fields
    live: Live
    provider: Provider
    store: Store
    reopen: Callable[[DesiredFile], IO[bytes]]
    bindings: dict[Address, Binding]
    pending: Pending
    uploads: dict[Address, str] = field(default_factory=dict)
    remarks: dict[Address, str] = field(default_factory=dict)
    fresh: dict[str, LiveAssistant] = field(default_factory=dict)
    unrecorded: set[Address] = field(default_factory=set)
    touched: set[Address] = field(default_factory=set)
    doubted: set[Address] = field(default_factory=set)
    done: dict[Address, str] = field(default_factory=dict)
    recorded: bool = False

    def __post_init__(self) -> None:
        kept = {address: one.id for address, one in self.bindings.items() if isinstance(one, FileBinding)}
        self.uploads = {**kept, **self.uploads}
        self._search = Search(self.plan.owns, self.provider.delay)

    async def look_again(self) -> str:
        """Look again at every assistant before uploads are deleted; return why none may be, or nothing."""
        seen = await self.provider.assistants()
        self.live = replace(self.live, assistants=seen.assistants)
        return f"{Reason.UNSEEN}: {seen.blind_spot}" if seen.blind_spot else ""

    async def recheck(self, change: Change) -> None:
        """Look again at an assistant just before a step; StaleError when it is not what we know.

        Before the first step that is what the plan saw, and then what we saw and did ourselves.
        """
        found, known = await self.provider.retrieve(change.id), self.fresh.get(change.id)
        if found is None and change.action in _ENDING:
            await self._confirm_gone(change.id)
            return
        if found is None or self._is_changed(change, found, known):
            moved = "deleted" if found is None else "changed"
            since = "meanwhile" if known else "after the plan was made"
            raise StaleError(f"{change.id} was {moved} on the server {since}; run plan again")
        self.fresh[change.id] = found
        if known is None:
            self._begin(change, found)

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
        seen, before = (
            (one.fields, one.metadata, ours.intersection(one.file_ids)) for one in (current, known)
        )
        return seen != before

    def _attached(self, step: Step) -> str:
        """Return the id of the upload that a step attaches or detaches."""
        return step.id if step.kind is StepKind.DETACH else self._id(step.file or step.id)

    def _begin(self, change: Change, found: LiveAssistant) -> None:
        """Write down what must be durable before the first write to an assistant."""
        if change.action in _REWRITING:
            self._record_decisions()
        self._admit_files(change, found)

    def _admit_files(self, change: Change, found: LiveAssistant) -> None:
        """Remember that we manage files before the first is attached, so that a killed run can let go.

        What moves is bound where it was until its mark has the new address.
        """
        if not any(step.kind is StepKind.ATTACH for step in change.steps):
            return
        address = change.moved_from or change.address
        row = self.fields.files
        fallback = AssistantBinding(found.id, _mark(change).nonce, remembered(self.fields, found))
        binding = self.bindings.get(address, fallback)
        if row and isinstance(binding, AssistantBinding) and row.name not in binding.digests:
            self._bind(address, replace(binding, digests={**binding.digests, row.name: ""}))

    async def take(self, change: Change, step: Step) -> None:
        """Carry out one step."""
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
                await self._attach(change, self._attached(step))
            case StepKind.DETACH:
                await self._detach(change, step.id)
            case StepKind.DELETE:
                await self._delete(change, step)

    async def _write(self, address: Address, call: Callable[[], Awaitable[U]], done: str = "") -> U:
        """Make one write; the object counts as changed unless the answers rule out an effect.

        ``done`` is what a report says of the write once it succeeded.
        """
        is_first = address not in self.touched
        self.touched.add(address)  # before the request leaves: a run that is cancelled knows no answer
        try:
            result = await call()
        except APIError as error:
            if not error.had_no_effect:
                self.doubted.add(address)
            elif is_first:
                self.touched.discard(address)
            if isinstance(error, ConflictError) and error.had_no_effect:  # its token was out of date
                raise StaleError(f"{error.message}; run plan again") from error
            raise
        self.done[address] = done
        return result

    async def _upload(self, change: Change) -> None:
        file = change.wanted
        assert isinstance(file, DesiredFile)  # noqa: S101 - only files are uploaded
        alike = tuple(
            one.id
            for one in self.live.files.values()
            if (one.filename, one.size) == (file.filename, file.size)
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
        await self._outlast(intent, self.provider.find_upload)
        with self.reopen(file) as content:
            made = await self._certain(
                intent, lambda: self.provider.upload(file.filename, content), self.provider.find_upload
            )
        before = change.binding if isinstance(change.binding, FileBinding) else None
        old, inferred = (before.old, before.inferred) if before else ((), ())
        self.uploads[change.address] = made.id
        inferred += (made.id,) * made.inferred
        binding = FileBinding(made.id, file.filename, file.sha256, file.size, old=old, inferred=inferred)
        self._bind(change.address, binding)

    async def _create(self, change: Change) -> None:
        nonce = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        mark = replace(_mark(change), nonce=nonce)
        file_ids = [self._id(one) for one in self.files(change)]
        values = self.fields.created(change.values)
        metadata = {**values.pop(self.fields.pairs.name, {}), MARK_KEY: str(mark)}
        intent = Intent(change.address, "create", nonce, at=time.time())
        await self._outlast(intent, self.provider.find)
        made = await self._certain(
            intent, lambda: self.provider.create(values, metadata, file_ids), self.provider.find
        )
        self._remember(change, made, nonce)
        self._compare(change, made, mark)

    async def _certain(
        self, intent: Intent, call: Callable[[], Awaitable[T]], find: Callable[[Intent], Awaitable[T | None]]
    ) -> T:
        """Make a call that must not be made twice: written down before, looked for when in doubt.

        UnknownOutcomeError when it cannot be found either; its intent then stays with the state.
        """
        self._intend(intent)
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

    def _intend(self, intent: Intent) -> None:
        """Write down a call that is about to be made."""
        self.recorded = True
        self.store.intend(intent)
        self.pending = Pending((*self.pending, intent))

    async def _outlast(self, again: Intent, find: Callable[[Intent], Awaitable[T | None]]) -> None:
        """Wait until an earlier call of unknown outcome must have come to light, before it is made again.

        StaleError when it has.
        """
        same = (again.address, again.step, again.filename, again.sha256)
        for one in self.pending:
            if (one.address, one.step, one.filename, one.sha256) != same:
                continue
            found = await self._search.awaited(find, one)
            if found is not None and found.id not in self._bound_ids():
                address = again.address
                raise StaleError(f"what an interrupted run began for {address} came to light; run plan again")

    def _bound_ids(self) -> set[str]:
        """Return the ids of everything that is bound, earlier uploads included."""
        old = {each for one in self.bindings.values() if isinstance(one, FileBinding) for each in one.old}
        return old | {one.id for one in self.bindings.values()}

    async def _update(self, change: Change) -> None:
        found, mark = self.fresh[change.id], _mark(change)
        values = dict(change.values)
        metadata = {**values.pop(self.fields.pairs.name, {}), MARK_KEY: str(mark)}
        made = await self._write(
            change.address,
            lambda: self.provider.update(found, values, metadata),
            f"{change.id} was updated",
        )
        self._compare(change, made, mark)
        self.fresh[change.id] = replace(made, file_ids=found.file_ids)

    async def _attach(self, change: Change, upload: str) -> None:
        done = f"{upload} was attached to {change.id}"
        await self._write(change.address, lambda: self.provider.attach(change.id, upload), done)
        found = self.fresh[change.id]
        self.fresh[change.id] = replace(found, file_ids=(*found.file_ids, upload))

    async def _detach(self, change: Change, upload: str) -> None:
        done = f"{upload} was detached from {change.id}"
        await self._write(change.address, lambda: self.provider.detach(change.id, upload), done)
        found = self.fresh[change.id]
        kept = tuple(one for one in found.file_ids if one != upload)
        self.fresh[change.id] = replace(found, file_ids=kept)

    async def _release(self, change: Change) -> None:
        """Remove the ownership mark from the metadata."""
        found = self.fresh.get(change.id)
        if found is None:
            return
        done = f"the ownership mark of {change.id} was removed"
        made = await self._write(
            change.address, lambda: self.provider.update(found, {}, {MARK_KEY: None}), done
        )
        if MARK_KEY in made.metadata:
            raise UnkeptError(f"the server did not remove the ownership mark of {made.id}")

    def _record_decisions(self) -> None:
        """Write down what was decided without a call: files first, and what is bound before what is not.

        Without a state only an ownership mark says whose the uploads of an assistant are. Once it says other
        files, or is out, nothing does: they would be left over, or kept for ever as what a stranger carries.
        """

        def place(address: Address) -> tuple[bool, bool, Address]:
            return address.kind is Kind.ASSISTANT, address not in self.bindings, address

        for address in sorted(self.unrecorded, key=place):
            self._bind(address, self.bindings.get(address))

    async def _delete(self, change: Change, step: Step) -> None:
        if change.address.kind is Kind.ASSISTANT and step.id != change.id:
            await self._reap(change, step)
            return
        self._intend(Intent(change.address, "delete", known=(step.id,), at=time.time()))
        if change.address.kind is Kind.ASSISTANT:
            found = self.fresh.get(change.id)
            if found is not None:
                done = f"{step.id} was deleted"
                await self._write(change.address, lambda: self.provider.delete(found), done)
            self._bind(change.address, None)
            self._let_go(found)
            return
        await self._write(change.address, lambda: self.provider.discard(step.id), f"{step.id} was deleted")
        binding = self.bindings[change.address]
        assert isinstance(binding, FileBinding)  # noqa: S101 - the address says so
        rest = tuple(one for one in binding.old if one != step.id)
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

    def finish(self, change: Change) -> None:
        """Remember an assistant all of whose steps succeeded, or forget it."""
        if change.action is Action.FORGET:
            self._bind(change.address, None)
            self._let_go(self.fresh.get(change.id))
        known = self.fresh.get(change.id)
        if known is not None and change.wanted is not None:
            self._remember(change, known, _mark(change).nonce)
            if change.moved_from in self.bindings:
                self._bind(change.moved_from, None)

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

    def _remember(self, change: Change, made: LiveAssistant, nonce: str) -> None:
        wanted = _wanted(change)
        ids = [self._id(one) for one in wanted.files or ()]
        known = digests(self.fields, wanted, ids)
        self._bind(change.address, AssistantBinding(made.id, nonce, known, wanted.protected))

    def _compare(self, change: Change, made: LiveAssistant, mark: Mark) -> None:
        """Remark where the answer is not what was sent; UnkeptError where it lacks the ownership mark."""
        if made.mark != mark:
            raise UnkeptError(f"the server did not keep the ownership mark of {made.id}")
        differing = [one.field for one in field_changes(self.fields, _wanted(change), made, None)]
        sent = [path for path in differing if path.partition(".")[0] in change.values]
        if sent:
            fields = ", ".join(sent)
            self.remarks[change.address] = f"the server keeps {fields} differently from what was sent"

    def files(self, change: Change) -> tuple[FileReference, ...]:
        """Return the files of the assistant of a Change."""
        return _wanted(change).files or ()

    def _bind(self, address: Address, binding: Binding | None) -> None:
        self.recorded = True
        self.store.record(address, binding)
        self.unrecorded.discard(address)
        self.done.pop(address, None)
        self.pending = self.pending.resolved_by(address, self.bindings.get(address), binding)
        if binding is None:
            self.bindings.pop(address, None)
        else:
            self.bindings[address] = binding

    def _id(self, reference: FileReference) -> str:
        return self.uploads[reference] if isinstance(reference, Address) else reference


def _mark(change: Change) -> Mark:
    assert change.mark is not None  # noqa: S101 - every written assistant carries one
    return change.mark


def _wanted(change: Change) -> DesiredAssistant:
    assert isinstance(change.wanted, DesiredAssistant)  # noqa: S101 - of every assistant that is declared
    return change.wanted
