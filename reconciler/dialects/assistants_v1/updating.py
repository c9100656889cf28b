"""An update of an assistant, repeated in other forms where a server refuses or ignores what it clears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.api.errors import APIError, APIStatusError, BadRequestError, UnprocessableEntityError
from reconciler.dialects.assistants_v1.replies import lacks_method
from reconciler.dialects.assistants_v1.traits import Own
from reconciler.model.field import Clear, Text
from reconciler.model.mark import MARK_KEY
from reconciler.model.traits import Trait

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from collections.abc import Set as AbstractSet

    from reconciler.model.field import Fields
    from reconciler.model.resource import LiveAssistant

    Send = Callable[[dict[str, Any]], Awaitable[LiveAssistant]]

_INVALID = (BadRequestError, UnprocessableEntityError)
_ABSENT = object()
_REMOVALS: Mapping[Own, str | None] = {Own.METADATA_NULL: None, Own.METADATA_EMPTY: ""}
_OTHER = frozenset({401, 403, 429})  # refusals that say nothing about what was sent


class _Form(NamedTuple):
    """How an update clears: the texts that are sent empty, and the value of a pair that is removed."""

    empty: AbstractSet[str]
    removed: object = _ABSENT


def cleared_texts(values: Mapping[str, Any], fields: Fields) -> frozenset[str]:
    """Return the texts that null clears, and that these values clear."""
    rows = (row for row in fields.plain if isinstance(row, Text) and row.clear is Clear.NULL)
    return frozenset(row.name for row in rows if row.name in values and values[row.name] is None)


@dataclass(frozen=True)
class Update:
    """The values, pairs and uploads of one update, and the keys of the pairs that are ``removed``.

    ``texts`` are the cleared texts. ``pairs`` includes those that stay, as the server returned them. What a
    server needs is added to ``traits``.
    """

    send: Send
    values: Mapping[str, Any]
    texts: frozenset[str]
    pairs: Mapping[str, Any]
    removed: Collection[str]
    file_ids: Collection[str] | None
    traits: set[str]

    async def made(self) -> LiveAssistant:
        """Send the update, in every form until all is cleared; return the last reply of the server."""
        form, reply = await self._first()
        form, reply = await self._with_empty_texts(form, reply)
        return await self._without_pairs(form, reply)

    def _body(self, form: _Form) -> dict[str, Any]:
        values = {name: "" if name in form.empty else value for name, value in self.values.items()}
        removed = {key: form.removed for key in self.removed if form.removed is not _ABSENT}
        body = {**values, "metadata": {**self._kept, **removed}}
        return body if self.file_ids is None else {**body, "file_ids": list(self.file_ids)}

    @property
    def _kept(self) -> Mapping[str, Any]:
        return {key: value for key, value in self.pairs.items() if key not in self.removed}

    async def _first(self) -> tuple[_Form, LiveAssistant]:
        """Send what is known to work; a server that refuses null gets empty strings."""
        form = self._known()
        try:
            return form, await self.send(self._body(form))
        except APIStatusError as refused:
            if lacks_method(refused):
                self.traits.add(Trait.NO_UPDATE)
            if not isinstance(refused, _INVALID) or not self.texts - form.empty:
                raise
            form = form._replace(empty=self.texts)
            reply = await self._again(form, is_written=False)
            if reply is None:
                raise
        if not _left(reply, self.texts):
            self.traits.add(Trait.EMPTY_CLEARS)
        return form, reply

    def _known(self) -> _Form:
        removed = next((_REMOVALS[trait] for trait in _REMOVALS if trait in self.traits), _ABSENT)
        return _Form(self.texts if Trait.EMPTY_CLEARS in self.traits else frozenset(), removed)

    async def _with_empty_texts(self, form: _Form, reply: LiveAssistant) -> tuple[_Form, LiveAssistant]:
        """Send an empty string for the texts that null did not clear."""
        left = _left(reply, self.texts - form.empty)
        if not left:
            return form, reply
        other = form._replace(empty=form.empty | left)
        second = await self._again(other)
        if second is None:
            return form, reply
        if _left(second, left) != left:
            self.traits.add(Trait.EMPTY_CLEARS)
        return other, second

    async def _without_pairs(self, form: _Form, reply: LiveAssistant) -> LiveAssistant:
        """Send null, and then an empty string, for the pairs that are still there."""
        for trait, value in _REMOVALS.items():
            if not self._stay(reply) or self._is_frozen(reply):
                break
            if value == form.removed:
                continue
            second = await self._again(form._replace(removed=value))
            if second is not None and not self._stay(second):
                self.traits.difference_update(_REMOVALS)
                self.traits.add(trait)
            reply = second or reply
        return reply

    def _stay(self, reply: LiveAssistant) -> bool:
        """Return whether a removed pair has a value; an empty one counts as none."""
        return any(reply.metadata.get(key) for key in self.removed)

    def _is_frozen(self, reply: LiveAssistant) -> bool:
        """Return whether the server ignores metadata, so that no form of it has an effect."""
        return Trait.FROZEN in self.traits or reply.metadata.get(MARK_KEY) != self._kept.get(MARK_KEY)

    async def _again(self, form: _Form, *, is_written: bool = True) -> LiveAssistant | None:
        """Return the reply to another form; None where the server refuses that too.

        Where an earlier form ``is_written``, no error may say that the update had no effect.
        """
        try:
            return await self.send(self._body(form))
        except APIError as error:
            if _is_refusal(error):
                return None
            error.had_no_effect = error.had_no_effect and not is_written
            raise


def _is_refusal(error: APIError) -> bool:
    """Return whether a server certainly refuses what was sent, and not the sender or the moment."""
    return isinstance(error, APIStatusError) and error.had_no_effect and error.status_code not in _OTHER


def _left(reply: LiveAssistant, names: AbstractSet[str]) -> frozenset[str]:
    """Return the texts that a reply still has."""
    return frozenset(name for name in names if reply.fields.get(name))
