"""``import:`` entries: why one of them cannot be followed.

An entry names an object by its id, and so is the consent to take it. It is fulfilled once the state or the
ownership mark of the object says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.address import assistant
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.model.resource import Owner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.address import Address
    from reconciler.model.field import Fields
    from reconciler.model.mark import Mark
    from reconciler.model.resource import Desired, DesiredFile, Import, Live, LiveAssistant, LiveFile


def missing(entry: Import, live: Live) -> str:
    """Return why an object that an entry names, and that was not read, cannot be imported."""
    if unread := live.unreadable.get(entry.id):
        return (
            f"{entry.id} cannot be read: {unread.problem}. Correct that field on the server, or remove the "
            f"entry at {entry.origin}"
        )
    return (
        f"{entry.id}, which the entry at {entry.origin} names, is not on the server; check the id, the API "
        "key and the account, or remove the entry"
    )


def unimportable(
    desired: Desired, entry: Import, found: LiveAssistant, *, key: str, others: Sequence[LiveAssistant]
) -> str:
    """Return why an assistant cannot be taken as the address of its entry; empty where it can.

    ``others`` are assistants that have the mark of that address; ``key`` is what users call the mark's key.
    """
    if others:
        ids = ", ".join(one.id for one in others)
        return f"{ids} has the ownership mark of {entry.address}; {_instead(entry, ids)}"
    mark = found.mark
    if mark is None:
        remedy = "remove that key, or use a newer assistants-sync"
        return f"the {key} of {found.id} is not an ownership mark; {remedy}" if found.has_unknown_mark else ""
    if desired.owns(mark):
        return another(entry, assistant(mark.name))
    return _foreign(entry, found, mark)


def _foreign(entry: Import, found: LiveAssistant, mark: Mark) -> str:
    """Return why an assistant of another owner is not taken over; empty where the entry names that owner."""
    owner = Owner.of(mark)
    if entry.former == owner:
        return ""
    marked = f"{found.id} has the ownership mark of {owner} as {assistant(mark.name)}"
    if entry.former is None:
        return f"{marked}; to take it over, add `from: {owner}` to its entry at {entry.origin}"
    return f"{marked}, and its entry at {entry.origin} says `from: {entry.former}`; correct the entry"


def another(entry: Import, address: Address) -> str:
    """Return why an assistant that this project has already gets no other address by an entry."""
    return (
        f"{entry.id} is {address} of this project already; to give it another address, remove the entry at "
        f"{entry.origin} and write {{from: {address}, to: {entry.address}}} under `moved:`"
    )


def elsewhere(desired: Desired, live: Live, address: Address, found: LiveAssistant) -> str:
    """Return why an entry for an address that has another assistant cannot be followed."""
    entry = desired.imports.get(address)
    if entry is None or entry.id == found.id or entry.id not in live.assistants:
        return ""
    return f"{address} is {found.id}; {_instead(entry, found.id)}"


def _instead(entry: Import, others: str) -> str:
    release = f"release {others} with `removed:` before"
    return f"to take {entry.id} instead, {release}, or remove the entry at {entry.origin}"


def unequal(
    fields: Fields, entry: Import, file: DesiredFile, upload: LiveFile | None, *, missing: str
) -> str:
    """Return why an upload cannot be taken as a declared file; empty where its content is the same.

    ``missing`` is said of one that is not on the server.
    """
    if upload is None:
        return missing
    path, name = file.address.name, fields.files.name if fields.files else ""
    remedy = (
        f"to attach it as it is, write {{id: {entry.id}}} in `{name}` instead of the path; to upload the "
        f"file, remove the entry at {entry.origin}"
    )
    if upload.sha256 is None or upload.inferred:
        return (
            f"the server does not let users read {entry.id}, so nothing proves that its content is that of "
            f"{path}; {remedy}"
        )
    if upload.sha256 != file.sha256:
        sizes = f"{upload.size:,} bytes on the server, {file.size:,} bytes here"
        return f"{entry.id} has another content than {path} ({sizes}); {remedy}"
    return ""


def overtaken(desired: Desired, address: Address, found: LiveAssistant, mark: Mark) -> str:
    """Return why an assistant that another owner has taken over is left alone, although it is declared.

    Another environment of the same project declares it in the same configuration, so it must not go there.
    """
    if mark.project == desired.project:
        release = (
            f"run {_environment(mark.environment)}: {Owner(desired.project, desired.environment)} no "
            "longer owns it"
        )
    else:
        release = f"remove {address} from this configuration, and list it under `removed:`"
    return f"{found.id} was {taken(mark)}; {release}; to take it back, {_back(desired, address, found, mark)}"


def _environment(name: str) -> str:
    return "without --env" if name == NO_ENVIRONMENT else f"with `--env {name}`"


def _back(desired: Desired, address: Address, found: LiveAssistant, mark: Mark) -> str:
    """Return how an assistant is taken back: an address has one entry, so one that is there is changed."""
    entry, owner = desired.imports.get(address), Owner.of(mark)
    if entry is None:
        return f"write {{id: {found.id}, to: {address}, from: {owner}}} under `import:`"
    return f"change its entry at {entry.origin} to {{id: {found.id}, to: {address}, from: {owner}}}"


def taken(mark: Mark) -> str:
    """Return who took an assistant over, and as what."""
    return f"taken over by {Owner.of(mark)} as {assistant(mark.name)}"
