"""One resource as wanted (Desired) and as found (Live)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from reconciler.model.address import ENVIRONMENT_PATTERN, PROJECT_PATTERN, Kind
from reconciler.model.canonical import digest
from reconciler.model.mark import MARK_KEY, NO_ENVIRONMENT, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.address import Address
    from reconciler.model.diagnostic import AllowedFinding, Origin

FileReference: TypeAlias = "Address | str"
"""The Address of a declared file, or the id of one that is already on the server."""


@dataclass(frozen=True, slots=True)
class DesiredFile:
    """A file beneath the root, as it was when it was hashed; ``size`` in bytes."""

    address: Address
    filename: str
    sha256: str
    size: int

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two files the same upload."""
        return self.filename, self.sha256


@dataclass(frozen=True, slots=True)
class DesiredAssistant:
    """What an assistant shall be.

    ``fields`` holds only what is managed, files aside: absent is left alone, None clears, a value sets. Of a
    field whose keys are managed one by one, None clears a key. ``files`` is None when attachments are not
    managed. ``sources`` names the file a field was read from.
    """

    address: Address
    fields: Mapping[str, Any]
    files: tuple[FileReference, ...] | None
    origin: Origin
    protected: bool = False
    ignored: frozenset[str] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Owner:
    """A project and one of its environments; ``-`` stands for no environment."""

    project: str
    environment: str = NO_ENVIRONMENT

    def __str__(self) -> str:
        return f"{self.project}/{self.environment}"

    @classmethod
    def of(cls, mark: Mark) -> Owner:
        """Return the owner that an ownership mark names."""
        return cls(mark.project, mark.environment)

    @classmethod
    def parse(cls, text: str) -> Owner:
        """Return the owner in ``PROJECT/ENVIRONMENT``; ValueError for anything else."""
        project, slash, environment = text.partition("/")
        is_named = environment == NO_ENVIRONMENT or ENVIRONMENT_PATTERN.match(environment)
        if not (slash and PROJECT_PATTERN.match(project) and is_named):
            raise ValueError(f"{text!r} is not an owner; write PROJECT/ENVIRONMENT, or PROJECT/-")
        return cls(project, environment)


@dataclass(frozen=True, slots=True)
class Import:
    """An assistant or an upload that exists already, and that the configuration names by its id.

    ``former`` is the owner that its ownership mark may name; without it the object has no mark.
    """

    id: str
    address: Address
    origin: Origin
    former: Owner | None = None


@dataclass(frozen=True)
class Desired:
    """Everything a configuration declares, in the order it was declared.

    ``moved`` maps the address of a declared assistant to those it had before, the latest first. ``removed``
    holds addresses to forget without deleting what they stand for. ``exceptions`` are findings of the checks
    that the configuration allows. ``imports`` has the object on the server of an address, by that address.
    """

    project: str
    assistants: tuple[DesiredAssistant, ...] = ()
    files: tuple[DesiredFile, ...] = ()
    environment: str = NO_ENVIRONMENT
    moved: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict)
    removed: frozenset[Address] = frozenset()
    exceptions: tuple[AllowedFinding, ...] = ()
    imports: Mapping[Address, Import] = field(default_factory=dict)

    @cached_property
    def by_address(self) -> Mapping[Address, DesiredAssistant | DesiredFile]:
        """Every declared resource under its address."""
        declared: tuple[DesiredAssistant | DesiredFile, ...] = (*self.files, *self.assistants)
        return {one.address: one for one in declared}

    def files_of(self, assistant: DesiredAssistant) -> list[DesiredFile]:
        """The files an assistant declares by path."""
        named = [self.by_address[one] for one in assistant.files or () if not isinstance(one, str)]
        return [one for one in named if isinstance(one, DesiredFile)]

    @property
    def mark_start(self) -> str:
        """How the text of every ownership mark of this project and environment begins."""
        return f"v1 {self.project}/{self.environment}/"

    def owns(self, mark: Mark) -> bool:
        """Whether a Mark names this project and environment."""
        return (mark.project, mark.environment) == (self.project, self.environment)


@dataclass(frozen=True)
class LiveAssistant:
    """An assistant as the server returned it; ``fields`` holds every value but the metadata and the files.

    ``metadata`` contains the ownership mark. ``knows_files``: the server said which files it contains;
    otherwise ``file_ids`` means nothing. ``token`` is what an update or a deletion must present where a
    dialect has such a thing; only the provider understands it. ``others`` are values for which the dialect
    has no field: they are shown, and never compared. ``raw`` are the values of pairs that are no strings, as
    the server returned them; ``metadata`` has them as strings.
    """

    id: str
    created_at: int
    fields: Mapping[str, Any]
    metadata: Mapping[str, str]
    file_ids: tuple[str, ...]
    knows_files: bool = True
    token: object = None
    others: Mapping[str, Any] = field(default_factory=dict, compare=False)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def mark(self) -> Mark | None:
        """The Mark it carries, ours or somebody else's."""
        return Mark.parse(self.metadata.get(MARK_KEY))

    @property
    def has_unknown_mark(self) -> bool:
        """Whether it has something for an ownership mark that is none, or one of a newer version."""
        return self.mark is None and MARK_KEY in self.metadata

    @property
    def unmarked(self) -> LiveAssistant:
        """The same without its ownership mark."""
        pairs = {key: value for key, value in self.metadata.items() if key != MARK_KEY}
        return replace(self, metadata=pairs)

    @cached_property
    def fingerprint(self) -> str:
        """A digest that moves whenever anything we could overwrite moves."""
        return digest([dict(self.fields), dict(self.metadata), sorted(self.file_ids)])


def original(copies: Sequence[LiveAssistant]) -> LiveAssistant | None:
    """Return the oldest of some copies; None where there is none, or where a second one is as old."""
    oldest = sorted(copies, key=lambda copy: copy.created_at)[:2]
    return oldest[0] if len({copy.created_at for copy in oldest}) == len(oldest) > 0 else None


@dataclass(frozen=True, slots=True)
class LiveFile:
    """An upload as the server returned it; ``sha256`` only where its content was read, or ``inferred``."""

    id: str
    filename: str
    size: int
    sha256: str | None = None
    inferred: bool = False

    def is_named(self, filename: str) -> bool:
        """Return whether it was uploaded under a name; some servers put a prefix before it."""
        prefix = self.filename.removesuffix(filename)
        return self.filename == filename or (prefix != self.filename and prefix[-1] in "-_./ ")


@dataclass(frozen=True, slots=True)
class Unread:
    """An object that the server returned and that cannot be read, with the field that is wrong.

    ``mark`` is its ownership mark, where that can be read all the same.
    """

    id: str
    kind: Kind
    problem: str
    mark: Mark | None = None


class End(Enum):
    """How far the end of a list of assistants can be trusted.

    CLAIMED: the server calls a page the last one. PROVED: a request past it brings nothing new. SHORT: that
    request proves nothing, but the list has fewer objects than any known server returns at once.
    """

    CLAIMED = auto()
    PROVED = auto()
    SHORT = auto()


@dataclass(frozen=True)
class Live:
    """Everything the account holds, by id, whether ours or not.

    ``account`` is what the server calls it; empty where it does not say. ``unreadable`` are objects of which
    only the id is known; nothing else here has them. ``cursors`` are ids, in the order of the list, behind
    which parts of it can be read at the same time; none where its order was not proved.
    """

    assistants: Mapping[str, LiveAssistant]
    files: Mapping[str, LiveFile]
    account: str = ""
    unreadable: Mapping[str, Unread] = field(default_factory=dict)
    end: End = End.CLAIMED
    cursors: tuple[str, ...] = field(default=(), compare=False)

    def holds(self, remote_id: str) -> bool:
        """Return whether an assistant or an upload of this id exists."""
        return remote_id in self.assistants or remote_id in self.files or remote_id in self.unreadable

    @cached_property
    def silent(self) -> Sequence[str]:
        """The ids of assistants of which the server did not say which files they contain."""
        return [one.id for one in self.assistants.values() if not one.knows_files]

    @cached_property
    def blind_spot(self) -> str:
        """Return why an assistant that is not seen here may contain any upload; empty where none can."""
        hidden = [one.id for one in self.unreadable.values() if one.kind is Kind.ASSISTANT]
        if hidden:
            return f"{', '.join(hidden)} cannot be read"
        if self.silent:
            return f"the server does not say which files {', '.join(self.silent[:3])} contains"
        if self.end is End.SHORT:
            return "the end of the list of assistants is not proved"
        return ""

    @cached_property
    def references(self) -> Mapping[str, frozenset[str]]:
        """File id to the ids of the assistants that carry it."""
        users: dict[str, set[str]] = {}
        for found in self.assistants.values():
            for file_id in found.file_ids:
                users.setdefault(file_id, set()).add(found.id)
        return {file_id: frozenset(ids) for file_id, ids in users.items()}
