"""Assistants that would be created, and that exist already: under another owner, or without any mark.

After a change of `project:`, or of the environment, a plan creates everything again beside what was there.
A name proves nothing, so a notice prints the `import:` entries that keep the ids, and a user decides.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.config.writing import Flow, inline
from reconciler.model.change import Action
from reconciler.model.mark import MARK_KEY, NO_ENVIRONMENT
from reconciler.model.resource import DesiredAssistant, Owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.model.address import Address
    from reconciler.model.change import Change
    from reconciler.model.field import Fields
    from reconciler.model.resource import Desired, DesiredFile, Live, LiveAssistant

_MOST_OF = 2  # an owner of whose assistants fewer than one in so many is declared here is another project
_LINES = 1_000  # entries that are printed for one owner
_FEW = 3


def namesakes(desired: Desired, live: Live, changes: Sequence[Change], fields: Fields) -> Iterator[str]:
    """Yield what would be created once more, and the lines that keep it instead; one notice for each line.

    Before them come the entries that name assistants of another owner and do not say so.
    """
    yield from _unnamed_owners(desired, live)
    created = _created(changes)
    if created:
        yield from _of_owners(desired, live, created)
        yield from _unmarked(desired, live, [*created.values()], fields)


def copied(desired: Desired, live: Live, changes: Sequence[Change]) -> list[Change]:
    """Return the changes, each create with the owner of whose assistants the plan would make copies.

    A few of the same name may be a coincidence.
    """
    created = _created(changes)
    if not created:
        return [*changes]
    owners = {
        created[name].address: owner
        for owner, names, _ in _former(desired, live, created)
        if len(names) > _FEW
        for name in names
    }
    return [replace(one, copy_of=owners.get(one.address)) if owners else one for one in changes]


def _created(changes: Sequence[Change]) -> Mapping[str, Change]:
    return {one.address.name: one for one in changes if one.action is Action.CREATE and not one.refused}


def _of_owners(desired: Desired, live: Live, created: Mapping[str, Change]) -> Iterator[str]:
    for owner, names, marked in _former(desired, live, created):
        yield f"{_counted(len(names))} with the ownership mark of {_advice(desired, owner)}"
        found = [(created[name].address, one) for name in names for one in marked[name]]
        yield from _shortened(_entries(desired, live, found, owner))


def _unnamed_owners(desired: Desired, live: Live) -> Iterator[str]:
    """Yield the entries without `from` whose assistants have another owner, where there are several.

    After a rename of a project that was exported, each of them is refused by itself.
    """
    owners: defaultdict[Owner, list[str]] = defaultdict(list)
    for entry in desired.imports.values():
        found = live.assistants.get(entry.id)
        if found and found.mark and not desired.owns(found.mark) and entry.former is None:
            owner = Owner.of(found.mark)
            owners[owner].append(_line(entry.id, entry.address, owner))
    for owner, lines in owners.items():
        if len(lines) > 1:
            yield (
                f"{len(lines)} entries under `import:` name assistants with the ownership mark of {owner}. "
                "To take them over, as after a rename of that project, write instead:"
            )
            yield from _shortened(lines)


def _former(
    desired: Desired, live: Live, created: Mapping[str, Change]
) -> Iterator[tuple[Owner, Sequence[str], Mapping[str, Sequence[LiveAssistant]]]]:
    """Yield the owners that this one may have been, the names that both have, and what each name has."""
    owners: defaultdict[Owner, defaultdict[str, list[LiveAssistant]]] = defaultdict(lambda: defaultdict(list))
    ours, imported = desired.mark_start, _imported(desired)
    for one in live.assistants.values():
        if one.metadata.get(MARK_KEY, ours).startswith(ours):  # of most, no mark needs to be read
            continue
        if one.mark and not desired.owns(one.mark) and one.id not in imported:
            owners[Owner.of(one.mark)][one.mark.name].append(one)
    for owner, marked in sorted(owners.items(), key=lambda one: str(one[0])):
        same = [name for name in created if name in marked]
        is_split = len(same) * _MOST_OF > len(created)
        if same and (is_split or len(same) * _MOST_OF >= len(marked)) and _may_be_former(desired, owner):
            yield owner, same, marked


def _imported(desired: Desired) -> frozenset[str]:
    return frozenset(one.id for one in desired.imports.values())


def _may_be_former(desired: Desired, owner: Owner) -> bool:
    """Return whether an owner may be this one before it was renamed, split, or got an environment."""
    if owner.project == desired.project:
        return owner.environment == NO_ENVIRONMENT
    return owner.environment in {desired.environment or NO_ENVIRONMENT, NO_ENVIRONMENT}


def _counted(number: int) -> str:
    some = "1 assistant" if number == 1 else f"{number} assistants"
    return f"{some} that would be created {'exists' if number == 1 else 'exist'} on this server"


def _advice(desired: Desired, owner: Owner) -> str:
    take = "To take them over with their ids, write under `import:`:"
    if owner.project != desired.project:
        keep = f"keep `project: {owner.project}`: under another name copies are created"
        return f"project {owner.project}. If that is this project, {keep}. {take}"
    keep = "To keep these, run without --env: with it copies are created."
    return f"{owner.project} without an environment. {keep} {take}"


def _entries(
    desired: Desired, live: Live, found: Sequence[tuple[Address, LiveAssistant]], owner: Owner
) -> Iterator[str]:
    """Yield the entries for some assistants, and for those of their uploads that look like their files."""
    written = {*desired.imports}
    for address, one in found:
        yield _line(one.id, address, owner)
        wanted = desired.by_address.get(address)
        for file in desired.files_of(wanted) if isinstance(wanted, DesiredAssistant) else ():
            alike = [upload for upload in one.file_ids if _is_alike(live, upload, file)]
            if file.address not in written and len(alike) == 1:
                written.add(file.address)
                yield _line(alike[0], file.address)


def _is_alike(live: Live, upload: str, file: DesiredFile) -> bool:
    found = live.files.get(upload)
    return found is not None and found.size == file.size and found.is_named(file.filename)


def _line(remote_id: str, address: Address, owner: Owner | None = None) -> str:
    values = {"id": remote_id, "to": str(address)} | ({"from": str(owner)} if owner else {})
    return f"- {inline(Flow(values))}"


def _shortened(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:_LINES]
    if len(every) > _LINES:
        more = len(every) - _LINES
        yield f"and {more} more entries; each of these assistants needs one"


def _unmarked(desired: Desired, live: Live, created: Sequence[Change], fields: Fields) -> Iterator[str]:
    """Yield the assistants without a mark that have the name of one that would be created."""
    row = fields.title
    if row is None:
        return
    named: defaultdict[str, list[str]] = defaultdict(list)
    imported = _imported(desired)
    for one in live.assistants.values():
        if MARK_KEY not in one.metadata and one.id not in imported:
            named[str(row.found(one) or "")].append(one.id)
    wanted = [(one.address, str(one.values.get(row.name) or "")) for one in created]
    alike = [(address, named[name]) for address, name in wanted if name and name in named]
    for address, ids in alike[:_LINES]:
        if len(ids) > 1:
            listed = ", ".join(ids[:_LINES]) + ", …" * (len(ids) > _LINES)
            several = f"{len(ids)} unmarked assistants have the name of {address}"
            yield f"{several}; to keep one of them, import it: {listed}"
        else:
            yield f"an unmarked assistant has the name of {address}: to keep its id, write under `import:`:"
            yield _line(ids[0], address)
    if len(alike) > _LINES:
        yield f"and {len(alike) - _LINES} more; to list them, run: assistants-sync query --unowned"
