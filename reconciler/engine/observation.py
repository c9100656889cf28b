"""What is on the server, read as far as a plan needs it, and proved as far as the plan rests on it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reconciler.api.errors import APIError
from reconciler.dialects.incomplete_list import IncompleteListError
from reconciler.engine.files import unread
from reconciler.engine.guard import require_same_account, require_same_owner
from reconciler.engine.ownership import PlannerInput, Verdict, identify
from reconciler.errors import RefusedError, UnreadableObjectError, UnsupportedError
from reconciler.model.address import Address, Kind, assistant
from reconciler.model.state import FileBinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.dialects import Provider
    from reconciler.dialects.provider import Expected
    from reconciler.engine.options import PlanOptions
    from reconciler.model.resource import Desired, Live, LiveAssistant
    from reconciler.model.state import State

_MOST = 100  # missing objects that are requested one by one
_AT_ONCE = 10
_PAUSE = 0.25  # seconds between two looks at the lists, at first
_LONGEST_PAUSE = 5.0
_NAMED = 3  # ids in a message


async def observe(provider: Provider, desired: Desired, state: State, options: PlanOptions) -> PlannerInput:
    """Return everything in the account, beside what it is compared with; only reads.

    An object that the state knows and the lists omit is missing only where a request for it answers 404.
    Where the state was lost, the content of the uploads that it may have known is read too: a name and a
    size are no proof. Raises IncompleteListError, UnreadableObjectError, UnsupportedError, and RefusedError
    where too much is missing, or the state belongs to another server, account or project.
    """
    require_same_owner(state, desired.project, options.target, dialect=options.dialect)
    provider.traits.update(state.traits)
    live = await _with_missing(provider, desired, state, allow_missing=options.allow_missing)
    return await _examined(provider, desired, state, options=options, live=live)


async def complete(
    provider: Provider, desired: Desired, state: State, *, options: PlanOptions, live: Live
) -> PlannerInput:
    """Return the same with the end of the list of assistants proved; raises what ``observe`` raises."""
    proved = await provider.prove(live)
    return await _examined(provider, desired, state, options=options, live=proved)


async def _examined(
    provider: Provider, desired: Desired, state: State, *, options: PlanOptions, live: Live
) -> PlannerInput:
    """Refuse objects of this project that cannot be read, and read the content that a plan needs."""
    for problem in _unreadable(live, desired, state):
        raise UnreadableObjectError(problem)
    if live.silent and any(_files(desired, state)):
        live = await provider.contents(live, live.silent)
    inputs = PlannerInput(desired, live, state, options)
    claims = identify(inputs)
    adopted = [claim.live for claim in claims.of(Verdict.ADOPTED, Verdict.IMPORTED)]
    described = await _described(provider, desired, state, live=live, adopted=adopted)
    read: set[str] = set()
    while True:  # a content may lead to another one
        if described is not inputs.live:
            inputs = PlannerInput(desired, described, state, options)
            claims = identify(inputs)
        needed = unread(inputs, claims) - read
        if not needed:
            return inputs
        described = await provider.read(described, needed)
        read |= needed


async def _described(
    provider: Provider,
    desired: Desired,
    state: State,
    *,
    live: Live,
    adopted: Sequence[LiveAssistant],
) -> Live:
    """Return the same with what assistants to adopt contain, and the names of that, which a reviewer sees.

    Without a declared file no upload is listed before; a server may have no such list.
    """
    if silent := [one.id for one in adopted if not one.knows_files and one.id in live.silent]:
        live = await provider.contents(live, silent)
    attached = {file_id for one in adopted for file_id in live.assistants[one.id].file_ids}
    if attached - live.files.keys() and not any(_files(desired, state)):
        with suppress(UnsupportedError):
            live = replace(live, files=(await provider.observe(state, uploads=True)).files)
    return live


async def _with_missing(provider: Provider, desired: Desired, state: State, *, allow_missing: bool) -> Live:
    """Read the lists until they contain every known object that exists, or must be up to date.

    The first look again asks past the end that the server claims: what it omits may stand there.
    """
    until, pause, is_first = time.monotonic() + provider.delay, _PAUSE, True
    live = await _listed(provider, desired, state)
    while True:
        known = {**_attached(desired, state, live), **_imported(desired), **_known(state, live)}
        missing = {one: found for one, found in known.items() if not live.holds(one)}
        existing = await _existing(provider, missing, state, allow_missing=allow_missing)
        if not existing:
            return live
        if not is_first and time.monotonic() >= until:
            raise IncompleteListError(_omission(provider, live, missing, existing))
        if not is_first:
            await asyncio.sleep(max(0.0, min(pause, until - time.monotonic())))
            pause = min(2 * pause, _LONGEST_PAUSE)
            live = await _listed(provider, desired, state)
        is_first = False
        with suppress(IncompleteListError):  # then the time decides, and the error names what is omitted
            live = await provider.prove(live)


async def _listed(provider: Provider, desired: Desired, state: State) -> Live:
    files = sorted({str(address) for address in _files(desired, state)})
    try:
        live = await provider.observe(state, uploads=bool(files), expected=_expected(desired, state))
    except UnsupportedError as lacking:
        named = ", ".join(files[:_NAMED]) + f" and {len(files) - _NAMED} more" * (len(files) > _NAMED)
        raise UnsupportedError(f"{lacking}: {named}. Nothing was changed") from lacking
    require_same_account(state, live.account, provider.remedies.account)
    return live


def _expected(desired: Desired, state: State) -> Expected:
    """Return the declared values of every bound assistant, by its id."""
    bound = ((state.assistant(one.address), one.fields) for one in desired.assistants)
    return {binding.id: values for binding, values in bound if binding}


def _files(desired: Desired, state: State) -> Iterator[Address | str]:
    """Yield every file that the configuration or the state knows; without one no upload is listed."""
    yield from (one.address for one in desired.files)
    for one in desired.assistants:
        yield from one.files or ()
    yield from state.files
    yield from (one.address for one in state.pending if one.address.kind is Kind.FILE)


class _Known(NamedTuple):
    """What kind of object an id belongs to, and the address that it is known by."""

    kind: Kind
    address: Address


def _known(state: State, live: Live | None = None) -> dict[str, _Known]:
    """Return every id that the state knows, earlier uploads of a file included; none of a seen assistant."""
    found: dict[str, _Known] = {}
    seen = live.assistants if live else {}
    for address, binding in state.bindings.items():
        if isinstance(binding, FileBinding):
            found |= dict.fromkeys(binding.ids, _Known(address.kind, address))
        elif binding.id not in seen:
            found[binding.id] = _Known(address.kind, address)
    return found


def _imported(desired: Desired) -> dict[str, _Known]:
    """Return every id that the configuration imports as something that it declares."""
    entries = [one for address, one in desired.imports.items() if address in desired.by_address]
    return {one.id: _Known(one.address.kind, one.address) for one in entries}


def _attached(desired: Desired, state: State, live: Live) -> dict[str, _Known]:
    """Return the uploads of assistants that are to be adopted: a lost state knew them."""
    if not any(_files(desired, state)):  # then no upload was listed
        return {}
    bound = {binding.id for binding in state.bindings.values()}
    return {
        file_id: _Known(Kind.FILE, assistant(one.mark.name))
        for one in live.assistants.values()
        if one.id not in bound and one.mark is not None and desired.owns(one.mark)
        for file_id in one.file_ids
    }


async def _existing(
    provider: Provider, missing: Mapping[str, _Known], state: State, *, allow_missing: bool
) -> Sequence[str]:
    """Return which missing objects exist all the same, of at most 100 that are requested.

    RefusedError where none of these exists, and there are more.
    """
    asked = sorted(missing, key=lambda one: (missing[one], one))
    some = asked if len(asked) <= _MOST else [asked[n * len(asked) // _MOST] for n in range(_MOST)]
    existing = await _answering(provider, some, missing)
    if existing or len(some) == len(asked):
        return existing
    if allow_missing:
        return await _answering(provider, [one for one in asked if one not in set(some)], missing)
    raise RefusedError(
        f"{len(asked)} objects of the state, which has {len(state.bindings)} addresses, or of `import:` are "
        f"not listed by {provider.target}, and none of the {_MOST} that were requested exists. Check the "
        "server, the API key and the account. If the objects were deleted, pass --allow-missing: every "
        "missing object is then requested before it is created again or forgotten"
    )


async def _answering(provider: Provider, ids: Sequence[str], missing: Mapping[str, _Known]) -> Sequence[str]:
    """Return which of some ids a request finds."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def exists(one: str) -> bool:
        kind, address = missing[one]
        look = provider.exists if kind is Kind.ASSISTANT else provider.exists_upload
        async with free:
            try:
                return await look(one)
            except (APIError, ValueError) as cause:  # ValueError: of an id that no request can name
                raise UnsupportedError(
                    f"cannot find out whether {one} ({address}) still exists: the list from "
                    f"{provider.target} omits it, and {str(cause).rstrip('.')}. Nothing was changed"
                ) from cause

    found = await asyncio.gather(*map(exists, ids))
    return [one for one, is_there in zip(ids, found, strict=True) if is_there]


def _omission(provider: Provider, live: Live, missing: Mapping[str, _Known], existing: Sequence[str]) -> str:
    """Return what is said of lists that leave out objects which exist."""
    kind = missing[existing[0]].kind
    what, seen = ("assistants", live.assistants) if kind is Kind.ASSISTANT else ("uploads", live.files)
    named = ", ".join(f"{one} ({missing[one].address})" for one in existing[:_NAMED])
    more = f" and {len(existing) - _NAMED} more" * (len(existing) > _NAMED)
    remedy = provider.remedies.uploads if kind is Kind.FILE else provider.remedies.assistants
    return (
        f"the list of {what} from {provider.target} is incomplete: it has {len(seen)} objects and omits "
        f"{len(missing)} that this project uses, and {len(existing)} of these exist when requested by id: "
        f"{named}{more}. An object that it omits would be created a second time, so nothing was changed. "
        f"Fix {remedy}"
    )


def _unreadable(live: Live, desired: Desired, state: State) -> Iterator[str]:
    """Yield what is said of each object of this project that cannot be read."""
    known = {one: known.address for one, known in _known(state).items()} if live.unreadable else {}
    for one in live.unreadable.values():
        is_marked = one.mark is not None and desired.owns(one.mark)
        address = known.get(one.id) or (assistant(one.mark.name) if one.mark and is_marked else None)
        if address is not None:
            yield (
                f"{one.id} ({address}) cannot be read: {one.problem}. Nothing was changed. Correct that "
                "field on the server, or delete the object there"
            )
