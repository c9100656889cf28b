"""What shall happen to one address, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from reconciler.model.field import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.address import Address
    from reconciler.model.mark import Mark
    from reconciler.model.resource import DesiredAssistant, DesiredFile, FileReference
    from reconciler.model.state import Binding


class Action(StrEnum):
    """What is done to an address."""

    NOOP = "noop"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"


class Reason(StrEnum):
    """Why; it explains a Change and never decides anything."""

    SAME = "nothing to do"
    NEW = "not on the server yet"
    EDITED = "the configuration differs from the server"
    DRIFTED = "changed on the server since the last apply"
    GONE = "was deleted on the server since the last apply"
    UNDECLARED = "no longer in the configuration"
    MARKED = "found on the server by its Mark"
    FOUND = "an interrupted run had uploaded it"
    CONTENT = "its content changed"
    FOLLOWS = "follows a file whose content changed"
    MOVED = "the same file under another path"
    RENAMED = "the same assistant under another address"
    REMOVED = "the configuration says to forget it"
    LATE = "an interrupted create of it took effect late"
    LEFTOVER = "an earlier upload of it is still on the server"
    UNPROVED = "nothing proves that it is ours"
    IN_USE = "still attached to an assistant that stays"
    UNSEEN = "an assistant that cannot be seen may contain it"
    DESTROY = "everything of this project is being destroyed"


class StepKind(StrEnum):
    """One call each."""

    UPLOAD = "upload"
    CREATE = "create"
    UPDATE = "update"
    ATTACH = "attach"
    DETACH = "detach"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a Change.

    ``file`` is what is attached or detached. ``id`` is the remote id acted on where it is known
    while planning: the file detached, the object deleted.
    """

    kind: StepKind
    file: FileReference | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """Where inside a structured value two sides differ; None stands for absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; None stands for absent or empty.

    ``drifted``: the server's value is not the one last applied. ``edited``: the configuration's is not.
    ``cleared``: the configuration named the field once and no longer does. ``source`` is the file the new
    value was read from. ``breaking`` names what an application that answers a tool's calls may not survive.
    ``texts`` are the contents of a file before and after, where they were asked for. ``shape`` says how it is
    shown.
    """

    field: str
    before: Any
    after: Any
    drifted: bool = False
    cleared: bool = False
    source: str = ""
    details: tuple[Detail, ...] = ()
    edited: bool = False
    breaking: tuple[str, ...] = ()
    texts: tuple[str, str] | None = None
    shape: Shape = Shape.VALUE

    @property
    def moved_by(self) -> tuple[Literal["configuration", "server"], ...]:
        """Who moved the field since the last apply, where that is known."""
        movers: list[Literal["configuration", "server"]] = []
        if self.edited:
            movers.append("configuration")
        if self.drifted:
            movers.append("server")
        return tuple(movers)


@dataclass(frozen=True, slots=True)
class Change:
    """One address, what is done to it and in which steps.

    ``values`` are the fields a create or update sends; its ``metadata`` holds only managed keys. ``mark`` is
    what the assistant's Mark shall say (a create fills in the nonce). ``before`` is the fingerprint of the
    live object this rests on. ``binding`` is what is remembered without any call (adopt, or bookkeeping of a
    noop). ``refused`` says why nothing may be done, and what to do. ``drifted``: somebody moved the live
    object since the last apply. ``follows`` are addresses whose changes are the only cause, so that they
    count and this does not. ``moved_from`` is the address an assistant was found under; what is bound there
    leaves the state as soon as the new address is bound. ``wanted`` is what the configuration declares, for
    the steps; a plan that was read from a file does not have it.
    """

    address: Address
    action: Action
    reason: Reason
    fields: tuple[FieldChange, ...] = ()
    steps: tuple[Step, ...] = ()
    id: str = ""
    before: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    mark: Mark | None = None
    binding: Binding | None = None
    refused: str = ""
    note: str = ""
    drifted: bool = False
    follows: tuple[Address, ...] = ()
    moved_from: Address | None = None
    wanted: DesiredAssistant | DesiredFile | None = None

    @property
    def signature(self) -> Mapping[str, Any]:
        """What of it is reviewed and will be done, as JSON values: before-fingerprint, steps, values sent."""
        return {
            "address": str(self.address),
            "action": str(self.action),
            "id": self.id,
            "before": self.before,
            "moved_from": str(self.moved_from or ""),
            "refused": bool(self.refused),
            "steps": [[str(one.kind), str(one.file or ""), one.id] for one in self.steps],
            "fields": [[one.field, one.after] for one in self.fields],
            "values": dict(self.values),
            "mark": str(self.mark or ""),
        }

    @property
    def is_visible(self) -> bool:
        """Whether a person should see it in the plan."""
        return self.action is not Action.NOOP or bool(self.refused or self.note)

    @property
    def counts_as(self) -> Action | None:
        """CREATE, UPDATE or DELETE as the summary line counts it; None when it is not counted."""
        if self.follows or not self.steps or self.action is Action.FORGET:
            return None
        if self.action in {Action.CREATE, Action.DELETE}:
            return self.action
        return Action.UPDATE
