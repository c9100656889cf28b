"""What is in an account: every live assistant, its owner and its address in a state."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model.address import Kind, assistant
from reconciler.model.canonical import canonical
from reconciler.model.inventory import Inventory, Listed
from reconciler.model.resource import End, Owner
from reconciler.model.target import canonical_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.dialects import Provider
    from reconciler.model.address import Address
    from reconciler.model.field import Fields
    from reconciler.model.mark import Mark
    from reconciler.model.resource import Live, LiveAssistant, Unread
    from reconciler.model.state import State


@dataclass(frozen=True, slots=True)
class Filter:
    """Which assistants are listed: by a shell pattern of the name, by the owner, or those without one.

    An assistant that cannot be read has no name and no known owner, unless its ownership mark can be read.
    """

    name: str | None = None
    owner: Owner | None = None
    is_unowned: bool = False

    def admits(self, one: Listed) -> bool:
        """Return whether an assistant is listed."""
        if self.name is not None and (one.problem or not fnmatchcase(one.name, self.name)):
            return False
        if self.is_unowned:
            return one.owner is None and not (one.problem or one.unknown_mark)
        return self.owner is None or one.owner == self.owner


async def inventory(provider: Provider, fields: Fields, state: State, wanted: Filter) -> Inventory:
    """Return the assistants of an account, the end of their list proved; only reads.

    A state of another server names nothing here. UsageError for a pattern of names in a dialect without
    names.
    """
    if wanted.name is not None and fields.title is None:
        raise UsageError("--name: assistants of this dialect have no name")
    is_ours = canonical_target(state.target) == canonical_target(provider.target)
    provider.traits.update(state.traits if is_ours else ())
    live = await provider.prove(await provider.observe(state, uploads=False))
    bound = {id_: address for address, id_ in state.assistant_ids().items()} if is_ours else {}
    found = sorted(_listed(live, fields, bound), key=_age)
    return Inventory(
        provider.target,
        live.account,
        [one for one in found if wanted.admits(one)],
        total=len(found),
        owned=sum(one.owner is not None for one in found),
        unknown=sum(one.unknown_mark for one in found),
        unreadable=sum(bool(one.problem) for one in found),
        is_whole=live.end is End.PROVED,
    )


def _age(one: Listed) -> tuple[int, str]:
    """Return the key that sorts the oldest first; what has no time of its own comes last."""
    return (1 << 63 if one.created_at is None else one.created_at, one.id)


def _listed(live: Live, fields: Fields, bound: Mapping[str, Address]) -> Iterator[Listed]:
    for one in live.assistants.values():
        yield _readable(one, fields, bound.get(one.id))
    for aside in live.unreadable.values():
        if aside.kind is Kind.ASSISTANT:
            yield _unreadable(aside, bound.get(aside.id))


def _readable(live: LiveAssistant, fields: Fields, bound: Address | None) -> Listed:
    owner, address = _owner(live.mark)
    title = fields.title.found(live) if fields.title else None
    return Listed(
        live.id,
        title or "",
        owner,
        address,
        bound=bound,
        size=_size(live, fields),
        files=len(live.file_ids) if live.knows_files else None,
        created_at=live.created_at or None,
        unknown_mark=live.has_unknown_mark,
    )


def _unreadable(aside: Unread, bound: Address | None) -> Listed:
    owner, address = _owner(aside.mark)
    return Listed(aside.id, owner=owner, address=address, bound=bound, problem=aside.problem)


def _owner(mark: Mark | None) -> tuple[Owner | None, Address | None]:
    return (Owner(mark.project, mark.environment), assistant(mark.name)) if mark else (None, None)


def _size(live: LiveAssistant, fields: Fields) -> int:
    values = {row.name: row.found(live) for row in fields.values}
    present = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    return len(canonical(present).encode("utf-8", "surrogatepass"))
