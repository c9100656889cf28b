"""A change of one address, its reason and its steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from reconciler.model.address import Kind
from reconciler.model.field import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.address import Address
    from reconciler.model.mark import Mark
    from reconciler.model.resource import DesiredAssistant, DesiredFile, FileReference, Owner
    from reconciler.model.state import Binding


class Action(StrEnum):
    """The effect on an address."""

    NOOP = "noop"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"


class Reason(StrEnum):
    """The explanation of a Change; it never decides anything."""

    SAME = "nothing to do"
    NEW = "not on the server yet"
    EDITED = "the configuration differs from the server"
    DRIFTED = "changed on the server since the last apply"
    GONE = "was deleted on the server since the last apply"
    UNDECLARED = "no longer in the configuration"
    MARKED = "found on the server by its Mark"
    IMPORTED = "the configuration imports it"
    TAKEN = "the configuration takes it over from another owner"
    OVERTAKEN = "another owner has taken it over"
    FINISHED = "an interrupted run had created it"
    FOUND = "an interrupted run had uploaded it"
    CONTENT = "its content changed"
    FOLLOWS = "follows a file whose content changed"
    MOVED = "the same file under another path"
    RENAMED = "the same assistant under another address"
    REMOVED = "the configuration says to forget it"
    LATE = "an interrupted create of it took effect late"
    LEFTOVER = "an earlier upload of it is still on the server"
    UNPROVED = "nothing proves that it is ours"
    STRANGE = "nothing proves that the upload in the state is this file"
    IN_USE = "still attached to an assistant that stays"
    UNSEEN = "an assistant that cannot be seen may contain it"
    DESTROY = "everything of this project is being destroyed"


class StepKind(StrEnum):
    """The kinds of call."""

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
    """A difference inside a structured value; None stands for absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; None stands for absent or empty.

    ``drifted``: the server's value is not the one last applied. ``edited``: the configuration's is not.
    ``cleared``: the configuration named the field once and no longer does. ``source`` is the file the new
    value was read from. ``breaking`` names what may break an application that answers a tool's calls.
    ``texts`` are the contents of a file before and after, if they were asked for. ``unrecorded``: there is a
    value on the server, and nothing says who wrote it.
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
    unrecorded: bool = False

    @property
    def moved_by(self) -> tuple[Literal["configuration", "server"], ...]:
        """The sides that changed the field since the last apply, if known."""
        sides: list[Literal["configuration", "server"]] = []
        if self.edited:
            sides.append("configuration")
        if self.drifted:
            sides.append("server")
        return tuple(sides)


@dataclass(frozen=True, slots=True)
class Found:
    """One value of an adopted object that stays as it was found.

    ``declared``: the configuration declares the same value. ``behaves``: the object acts by it.
    ``known``: the dialect has a field for it; a value without one may differ at every look.
    """

    field: str
    value: Any
    declared: bool = False
    behaves: bool = False
    shape: Shape = Shape.VALUE
    known: bool = True

    @property
    def is_unreviewed(self) -> bool:
        """True if the object acts by it and the configuration says nothing about it."""
        return self.behaves and not self.declared


@dataclass(frozen=True, slots=True)
class Change:
    """An action on one address, and its steps.

    ``values`` are the fields a create or update sends; its ``metadata`` holds only managed keys. ``mark`` is
    the ownership mark to write (a create fills in the nonce). ``before`` is the fingerprint of the live
    object this rests on. ``binding`` is remembered without any call (adopt, or bookkeeping of a noop).
    ``refused`` says why nothing may be done, and what to do. ``drifted``: the live object was changed since
    the last apply. ``follows`` are addresses whose changes are the only cause, so that they count and this
    does not. ``moved_from`` is the address an assistant was found under; its binding leaves the state as soon
    as the new address is bound. ``wanted`` is what the configuration declares, for the steps; a plan that was
    read from a file does not have it. ``unmet`` says what the server does not take besides: the steps are
    carried out, and the change still counts as failed. ``found`` is every value of an adopted object that
    stays as it was found. ``imported``: an entry of the configuration names the object by its id, which is
    consent to what stays. ``taken_from`` is the owner that its ownership mark names until now,
    ``copy_of`` the owner of what a create would make again. ``overwritten`` are the live values that are lost
    and that another user wrote, or may have written, and ``kept`` the names of those that `--on-drift keep`
    leaves.
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
    unmet: str = ""
    found: tuple[Found, ...] = ()
    imported: bool = False
    taken_from: Owner | None = None
    copy_of: Owner | None = None
    overwritten: tuple[FieldChange, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def signature(self) -> Mapping[str, Any]:
        """The reviewed part as JSON values: fingerprint before, steps, values sent, values that stay."""
        stays = [[one.field, one.value, one.declared] for one in self.found if one.known]
        consent = {"imported": True} if self.imported else {}
        taken = {"taken_from": str(self.taken_from)} if self.taken_from else {}
        return (
            {
                "address": str(self.address),
                "action": str(self.action),
                "id": self.id,
                "before": self.before,
                "moved_from": str(self.moved_from or ""),
                "refused": bool(self.refused),
                "steps": [[str(step.kind), str(step.file or ""), step.id] for step in self.steps],
                "fields": [[change.field, change.after] for change in self.fields],
                "values": dict(self.values),
                "mark": str(replace(self.mark, sent="")) if self.mark else "",  # the values are there already
            }
            | ({"found": stays} if stays else {})
            | consent
            | taken
        )

    @property
    def is_visible(self) -> bool:
        """True if it belongs in the plan that a person reads."""
        return self.action is not Action.NOOP or bool(self.refused or self.note)

    @property
    def destroyed(self) -> tuple[str, ...]:
        """The ids that count as destroyed.

        The old upload of a file whose content changes is a part of that one change; every other upload that
        is deleted counts.
        """
        if self.address.kind is not Kind.FILE:
            return (self.id,) if self.action is Action.DELETE and self.steps else ()
        ids = [step.id for step in self.steps if step.kind is StepKind.DELETE]
        replaced = self._replaced(ids)
        return tuple(one for one in ids if one != replaced)

    def _replaced(self, ids: Sequence[str]) -> str | None:
        """Return which of some ids is the old upload of a file whose content changes."""
        before = next((one.before for one in self.fields if one.shape is Shape.CONTENT), None)
        if not (ids and isinstance(before, dict)):
            return None
        replaced = before.get("id", ids[-1])  # a plan of an earlier version does not name it
        return replaced if isinstance(replaced, str) else None

    @property
    def counts_as(self) -> Action | None:
        """CREATE, UPDATE or DELETE as the summary line counts it; None when it is not counted."""
        if self.follows or not self.steps or self.action is Action.FORGET:
            return None
        if self.action is not Action.DELETE and len(self.destroyed) == len(self.steps):
            return None
        if self.action in {Action.CREATE, Action.DELETE}:
            return self.action
        return Action.UPDATE
