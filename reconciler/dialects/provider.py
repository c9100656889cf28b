"""The port to a remote dialect: what the engine asks of it."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reconciler.model.resource import Live, LiveAssistant, LiveFile
    from reconciler.model.state import Intent, State

    Expected: TypeAlias = Mapping[str, Mapping[str, Any]]


class Remedies(NamedTuple):
    """What a user can do about a server, in the words of its API.

    ``assistants`` and ``uploads`` are what to fix where a list is incomplete. ``account`` says how the
    account of a key is chosen; empty where that cannot be.
    """

    assistants: str
    uploads: str = ""
    account: str = ""


class Provider(Protocol):
    """A server, seen through one dialect.

    Must: raise an APIError for whatever the server refuses, and UnknownOutcomeError for a create, an upload
    or an attachment that may or may not have happened. Must: set ``had_no_effect`` of an APIError only where
    every answer rules out an effect. Must: raise GoneError from ``observe`` when the list of assistants
    itself answers 404 or 410, UnsupportedError where only the list of uploads is missing, and
    IncompleteListError for a list that leads nowhere. Must: keep aside what cannot be read, and
    what has not the form that the kind of its field says. Must not: repeat
    a write whose outcome is unknown. Must: raise a ConflictError with ``had_no_effect`` for a write whose
    ``token`` is out of date. May: make calls at the same time.
    """

    target: str
    """What a person calls this server, and what a state is bound to."""
    traits: set[str]
    """How this server deviates from its API: what the state remembers, and what the provider finds out."""
    whole: bool
    """Whether an update must send every value of an object: nothing says that this server leaves the values
    alone that an update does not name."""
    delay: float
    """The consistency delay: seconds after which lists show every write, and a request without a response
    takes effect no more."""
    remedies: ClassVar[Remedies]
    smallest_list: ClassVar[int]
    """Objects that every known server returns at once; the end of a longer list must be proved."""

    async def observe(self, state: State, *, uploads: bool = True, expected: Expected | None = None) -> Live:
        """Return everything in the account, and what the server calls it; only reads.

        Without ``uploads`` their list is not requested. ``expected`` are the values that assistants probably
        have, by id: a provider may return the same objects in place of equal ones, to save memory.
        """
        ...

    async def prove(self, live: Live) -> Live:
        """Return the last observation with the end of its list proved; only reads."""
        ...

    async def exists(self, assistant_id: str) -> bool:
        """Return whether an assistant exists; only a 404 says that it does not."""
        ...

    async def exists_upload(self, file_id: str) -> bool:
        """Return whether an upload exists; only a 404 says that it does not."""
        ...

    async def read(self, live: Live, file_ids: Collection[str]) -> Live:
        """The same, with the digests of some uploads, where the server lets anybody read them."""
        ...

    async def content(self, file_id: str) -> bytes | None:
        """What an upload holds; None where it is gone, or where the server lets nobody read it."""
        ...

    async def assistants(self) -> Live:
        """Return every assistant of the account, the end of the list proved, and no upload; only reads."""
        ...

    async def retrieve(self, assistant_id: str) -> LiveAssistant | None:
        """One assistant as it is now; None when there is none of this id."""
        ...

    async def find(self, intent: Intent) -> LiveAssistant | None:
        """The assistant that a create of unknown outcome made, by the nonce in its Mark.

        A copy has that nonce too, and is younger; None where it cannot be told from one.
        """
        ...

    async def create(
        self, values: Mapping[str, Any], metadata: Mapping[str, str], file_ids: Sequence[str]
    ) -> LiveAssistant:
        """Create an assistant from values, metadata and uploads."""
        ...

    async def update(
        self,
        live: LiveAssistant,
        values: Mapping[str, Any],
        metadata: Mapping[str, str | None],
        *,
        files: bool = False,
    ) -> LiveAssistant:
        """Set the given values and pairs of metadata, and return what the server then keeps.

        None removes a value or a pair. Where the server refuses or ignores that, every other way to clear it
        is tried, and what works is added to ``traits``. ``live`` is the assistant as it was last read. It has
        the token of the dialect, the pairs that must be sent again where the API replaces metadata as a
        whole, and the uploads that must be sent again where ``whole`` is set. With ``files`` its uploads are
        what will be attached.
        """
        ...

    async def contents(self, live: Live, assistant_ids: Collection[str]) -> Live:
        """Return the same with the files of some assistants, where a list does not say which they contain.

        An assistant whose files cannot be read stays as it is.
        """
        ...

    async def delete(self, live: LiveAssistant) -> None:
        """Delete an assistant, or archive it where the dialect has no deletion; one that is gone is no error.

        Afterwards ``retrieve`` returns None, and no list has it.
        """
        ...

    async def attach(self, assistant_id: str, file_id: str) -> None:
        """Attach an upload; where a server accepts that without an effect, only a look can say so."""
        ...

    async def detach(self, assistant_id: str, file_id: str) -> None:
        """Detach an upload; one that is not attached is no error.

        Where a server accepts that without an effect, or has no such attachment, only a look can say so.
        """
        ...

    async def upload(self, filename: str, content: IO[bytes]) -> LiveFile:
        """Upload the whole of an open file under a name."""
        ...

    async def find_upload(self, intent: Intent) -> LiveFile | None:
        """The upload that an attempt of unknown outcome made, proved by its content."""
        ...

    async def discard(self, file_id: str) -> None:
        """Delete an upload; one that is gone already is no error."""
        ...
