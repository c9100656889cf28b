"""Writes to one assistant, and its files: attached and detached by the requests that have an effect.

Where attach or detach have none, an update sends every file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.api.errors import APIError, ConflictError, UnknownOutcomeError
from reconciler.engine.capabilities import fixed_files
from reconciler.engine.difference import as_found, plainly
from reconciler.errors import ReconcilerError
from reconciler.model.canonical import canonical
from reconciler.model.field import Items
from reconciler.model.keys import masked
from reconciler.model.traits import Trait

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from reconciler.dialects import Provider
    from reconciler.model.address import Address
    from reconciler.model.change import Change
    from reconciler.model.field import Field, Fields
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Live, LiveAssistant

U = TypeVar("U")

_TRANSIENT = frozenset({500})  # proves nothing for the next time
_NOT_ATTACHING = frozenset({400, 404, 405, 409, 422, 500, 501})
_SHORT = 80


class StaleError(ReconcilerError):
    """A live object is not the one the plan saw; it was not written."""

    exit_code = 4


class UnkeptError(ReconcilerError):
    """The server took a write and did not keep what it must keep."""


class UnfitError(UnkeptError):
    """The first create shows that this server cannot be used: no other write may follow."""

    exit_code = 5


@dataclass(kw_only=True)
class Attaching:
    """Makes writes, and keeps what they did.

    ``fresh`` holds assistants, by id, as they were when last looked at, and as our own steps left them since;
    ``before`` as they were before the first of our writes, ``shown`` as a request by id last returned them.
    ``moved`` says what else changed while their files did.

    ``touched`` are addresses for which a write was sent whose answer does not rule out an effect, ``doubted``
    those of them whose last write may or may not have had one. ``done`` says what the last write did, until
    the journal has it. Only ``_write`` decides this; no other code infers it from an error.
    """

    plan: Plan
    fields: Fields
    live: Live
    provider: Provider
    fresh: dict[str, LiveAssistant] = field(default_factory=dict)
    before: dict[str, LiveAssistant] = field(default_factory=dict)
    shown: dict[str, LiveAssistant] = field(default_factory=dict)
    moved: dict[Address, str] = field(default_factory=dict)
    touched: set[Address] = field(default_factory=set)
    doubted: set[Address] = field(default_factory=set)
    done: dict[Address, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """What users call the server."""
        return self.plan.basis.target

    def users(self, file_id: str, failed: Collection[str]) -> set[str]:
        """Return the assistants that contain an upload, or did when a change of theirs failed."""
        shown = {one.id for one in self.shown.values() if one.id in failed and file_id in one.file_ids}
        return {*self.live.references.get(file_id, ()), *shown}

    async def _retrieve(self, assistant_id: str) -> LiveAssistant | None:
        """Return an assistant as it is now, and keep what it contains."""
        found = await self.provider.retrieve(assistant_id)
        if found is None:
            self.shown.pop(assistant_id, None)
        else:
            self.shown[assistant_id] = found
        return found

    def _moved(self, before: LiveAssistant, found: LiveAssistant) -> str:
        """Return which values are other ones, for a message."""
        rows = [row for row in self.fields if row.digest(row.found(before)) != row.digest(row.found(found))]
        named = [
            f"{row.name} from {short(row.found(before))} to {short(row.found(found))}"
            for row in rows
            if not row.has_keys
        ]
        named += [row.name for row in rows if row.has_keys]
        return f" ({'; '.join(named)})" if named else ""

    def _is_servers(self, row: Field, before: Any, found: Any) -> bool:
        """Return whether a list differs only by the item that makes files searchable.

        Some servers add it with a file, and remove it with the last one.
        """
        files = self.fields.files
        if not isinstance(row, Items) or files is None or not files.searched:
            return False
        old, new = row.normal(before), row.normal(found)
        same = all(canonical(old[key]) == canonical(new[key]) for key in old.keys() & new.keys())
        return same and old.keys() ^ new.keys() <= {files.searched}

    async def _attached_again(
        self, change: Change, found: LiveAssistant, ids: Sequence[str]
    ) -> LiveAssistant:
        """Attach by an update what the server did not attach; not an upload that was deleted meanwhile."""
        for one in ids:
            if not await self.provider.exists_upload(one):
                raise StaleError(f"{one} was deleted on the server meanwhile; run plan again")
        return await self._set_files(change.address, found, [*found.file_ids, *ids])

    def _adapts(self, proved: Trait) -> bool:
        """Return whether a request without effect may be the server's way.

        On a server on which such a request had an effect before, a user undid it.
        """
        return self.provider.whole and proved not in self.provider.traits

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

    async def _updated(  # noqa: PLR0913 - one call of the provider, and what a report says of it
        self,
        address: Address,
        found: LiveAssistant,
        values: Mapping[str, Any],
        metadata: Mapping[str, str | None],
        *,
        files: bool = False,
        done: str,
    ) -> LiveAssistant:
        """Send an update, and once more without what the server itself adds where it refuses its own form.

        What else an item has is never lost for that: its list is left out, and comes back where the server
        empties it.
        """

        async def sent(some: Mapping[str, Any]) -> LiveAssistant:
            if files:  # a dialect without files never gets here
                return await self.provider.update(found, some, metadata, files=True)
            return await self.provider.update(found, some, metadata)

        try:
            return await self._write(address, lambda: sent(values), done)
        except APIError as refused:
            plain = plainly(self.fields, values, found)
            if not (self.provider.whole and refused.had_no_effect) or plain is None or plain == values:
                raise
            try:
                made = await self._write(address, lambda: sent(plain), done)
            except APIError as again:
                raise refused if again.had_no_effect else again from again
        lost = self._emptied(found, made, left_out=values.keys() - plain.keys())
        return await self._write(address, lambda: sent({**plain, **lost}), done) if lost else made

    def _emptied(
        self, found: LiveAssistant, made: LiveAssistant, *, left_out: Collection[str]
    ) -> dict[str, Any]:
        """Return what an update left out and the server did not keep, in the form that the server takes."""
        rows = [self.fields.by_name[name] for name in left_out]
        return {
            row.name: row.present(row.found(found))
            for row in rows
            if not row.extends(row.found(found), row.found(made))
        }

    async def _attach(self, address: Address, assistant_id: str, upload: str) -> None:
        """Attach an upload, by an update where this server needs that."""
        found = self.fresh[assistant_id]
        if Trait.BY_UPDATE in self.provider.traits:
            await self._set_files(address, found, [*found.file_ids, upload])
            return
        done = f"{upload} was attached to {assistant_id}"
        try:
            await self._write(address, lambda: self.provider.attach(assistant_id, upload), done)
        except APIError as refused:
            found = await self._after_refusal(assistant_id, refused)
            if upload not in found.file_ids:
                await self._set_files(address, found, [*found.file_ids, upload], refused)
            return
        self.fresh[assistant_id] = replace(found, file_ids=(*found.file_ids, upload))

    async def _detach(self, address: Address, assistant_id: str, upload: str) -> None:
        """Detach an upload, by an update where this server needs that."""
        found = self.fresh[assistant_id]
        kept = [one for one in found.file_ids if one != upload]
        if Trait.BY_UPDATE in self.provider.traits:
            await self._set_files(address, found, kept)
            return
        done = f"{upload} was detached from {assistant_id}"
        try:
            await self._write(address, lambda: self.provider.detach(assistant_id, upload), done)
        except APIError as refused:
            found = await self._after_refusal(assistant_id, refused)
            if upload in found.file_ids:
                kept = [one for one in found.file_ids if one != upload]
                await self._set_files(address, found, kept, refused)
            return
        self.fresh[assistant_id] = replace(found, file_ids=tuple(kept))

    async def _after_refusal(self, assistant_id: str, refused: APIError) -> LiveAssistant:
        """Return an assistant after a refused attach or detach; raise what cannot be done in another way."""
        if not self.provider.whole or _status(refused) not in _NOT_ATTACHING:
            raise refused
        found = await self._retrieve(assistant_id)
        if found is None or not found.knows_files:
            raise refused
        self.fresh[assistant_id] = found
        return found

    async def _set_files(
        self, address: Address, found: LiveAssistant, ids: Sequence[str], refused: APIError | None = None
    ) -> LiveAssistant:
        """Set the files of an assistant with an update, since attach or detach had no effect.

        UnkeptError where that has none either; where an update is refused too, the first refusal is raised.
        """
        wanted = replace(found, file_ids=tuple(dict.fromkeys(ids)))
        values = as_found(self.fields, found) if self.provider.whole else {}
        done = f"the files of {found.id} were set"
        try:
            made = await self._updated(address, wanted, values, {}, files=True, done=done)
        except APIError as cause:
            if refused is None or not cause.had_no_effect:
                raise
            problem = f"{refused.message}; and an update that sends every file: {cause.message}"
            raise ReconcilerError(problem) from cause
        if not made.knows_files:
            made = await self._retrieve(found.id) or made
        self.fresh[found.id] = made
        if set(made.file_ids) != set(ids):  # a response may be older than the write
            made = self.fresh[found.id] = await self._retrieve(found.id) or made
        if set(made.file_ids) != set(ids):
            self.provider.traits.add(Trait.NO_ATTACHING)
            raise UnkeptError(fixed_files(self.target, self.fields.files.name if self.fields.files else ""))
        is_lasting = refused is None or _status(refused) not in _TRANSIENT
        if is_lasting and (self._adapts(Trait.ATTACHES) or self._adapts(Trait.DETACHES)):
            self.provider.traits.add(Trait.BY_UPDATE)
        self.provider.traits.discard(Trait.NO_ATTACHING)
        self.doubted.discard(address)
        return made

    async def _set_unset(
        self, address: Address, found: LiveAssistant, *, lost: Sequence[str], stays: Collection[str]
    ) -> LiveAssistant:
        """Set by an update what attach and detach left undone; StaleError where a user undid it."""
        undone = (lost and not self._adapts(Trait.ATTACHES)) or (stays and not self._adapts(Trait.DETACHES))
        gone = [one for one in lost if not await self.provider.exists_upload(one)]
        if undone or gone:
            raise StaleError(f"{found.id} was changed on the server meanwhile; run plan again")
        ids = [one for one in (*found.file_ids, *lost) if one not in stays]
        return await self._set_files(address, found, ids)

    async def _seen(self, address: Address, assistant_id: str, file_ids: Sequence[str]) -> LiveAssistant:
        """Look at an assistant whose attachments changed, and set by an update what had no effect.

        Other values are those of our own write, but where the server shows them in a form of its own: another
        user may have changed them since.
        """
        known, found = self.fresh[assistant_id], await self._retrieve(assistant_id)
        if found is None:
            raise StaleError(f"{assistant_id} was deleted on the server meanwhile; run plan again")
        old = set(self.before[assistant_id].file_ids) if assistant_id in self.before else set()
        lost = [one for one in file_ids if one not in found.file_ids]
        stays = (old - set(file_ids)) & set(found.file_ids)
        if found.knows_files and (lost or stays):
            found = await self._set_unset(address, found, lost=lost, stays=stays)
        elif found.knows_files:
            self.provider.traits |= {Trait.ATTACHES} if set(file_ids) - old else set()
            self.provider.traits |= {Trait.DETACHES} if old - set(file_ids) else set()
        seen = [
            row.name
            for row in self.fields.plain
            if self._is_servers(row, row.found(known), row.found(found))
            or row.is_form(row.found(known), row.found(found))
        ]
        fields = {**known.fields, **{name: found.fields[name] for name in seen if name in found.fields}}
        settled = replace(known, fields=fields, file_ids=found.file_ids)
        if moved := self._moved(settled, found):
            self.moved[address] = f"{assistant_id} was changed on the server meanwhile; run plan again{moved}"
        return replace(known, fields=fields, file_ids=found.file_ids, knows_files=found.knows_files)


def _status(error: APIError) -> int | None:
    """Return the status of a refusal, or of the response behind an unknown outcome."""
    cause = error.__cause__ if isinstance(error, UnknownOutcomeError) else error
    return cause.status_code if isinstance(cause, APIError) else None


def short(value: object) -> str:
    """Return a value as text, cut, and without keys."""
    text = masked(canonical(value))
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
