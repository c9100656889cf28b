"""The provider of v1: observe and change a server through the typed client."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, ClassVar

from reconciler.api import assistants as assistant_calls
from reconciler.api import attachments as attachment_calls
from reconciler.api import uploads as upload_calls
from reconciler.api.arguments import NOT_GIVEN, NotGiven
from reconciler.api.errors import (
    APIResponseValidationError,
    APIStatusError,
    BadRequestError,
    NotFoundError,
    UnprocessableEntityError,
)
from reconciler.api.reading import tolerant
from reconciler.api.types import Assistant, FileObject, Unreadable
from reconciler.dialects.assistants_v1 import attachments, replies
from reconciler.dialects.assistants_v1.plain import PlainReader
from reconciler.dialects.assistants_v1.shape import FIELDS, REMEDIES
from reconciler.dialects.assistants_v1.traits import Own
from reconciler.dialects.assistants_v1.updating import Update, cleared_texts
from reconciler.dialects.assistants_v1.uploads import is_alike, true_content
from reconciler.dialects.deletion import removed
from reconciler.dialects.found import made_by
from reconciler.dialects.incomplete_list import incomplete
from reconciler.dialects.listing import PAGE, SMALLEST, Listed, Walk, proved, walked
from reconciler.dialects.sheet import Sheet
from reconciler.dialects.unread import unread
from reconciler.dialects.walkers import cursors, in_stretches
from reconciler.errors import GoneError, UnsupportedError
from reconciler.model.address import Kind
from reconciler.model.resource import Live, LiveAssistant, LiveFile, Unread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.api import AsyncClient
    from reconciler.api.call import Call
    from reconciler.api.types import Page
    from reconciler.dialects.provider import Expected, Remedies
    from reconciler.model.field import Fields
    from reconciler.model.state import Intent, State

_NAMES = ("openai-organization", "openai-project")  # whose answer this is, in headers; not every server says


@dataclass
class AssistantsV1:
    """The provider of the v1 dialect; ``fields`` are the values that it sends and reads."""

    client: AsyncClient
    target: str
    delay: float = 0.0
    fields: Fields = FIELDS
    whole: bool = False
    traits: set[str] = field(default_factory=set)
    remedies: ClassVar[Remedies] = REMEDIES
    smallest_list: ClassVar[int] = SMALLEST
    page_size: int | NotGiven = PAGE
    _walk: Walk | None = None  # the reading of the last observation
    _account: str = ""
    _sizes: dict[str, int] = field(default_factory=dict)  # of the uploads that were seen
    _plain: PlainReader = field(init=False)

    def __post_init__(self) -> None:
        self._plain = PlainReader(self.fields)

    async def observe(self, state: State, *, uploads: bool = True, expected: Expected | None = None) -> Live:
        """Read the assistants by pages of 100, oldest first, and all uploads at the same time.

        Where the state has cursors of the list, stretches of it are read at the same time.
        """
        self._plain = PlainReader(self.fields, expected or {})
        live, files, unread = await self._lists(state.cursors, uploads=uploads)
        bound = {file_id for binding in state.files.values() for file_id in binding.ids}
        unbound = {file_id: file for file_id, file in files.items() if file_id not in bound}
        for intent in state.pending:
            if intent.step == "upload" and (upload := await self._match(intent, unbound)):
                files[upload.id] = upload
        return replace(live, files=files, unreadable={**live.unreadable, **unread})

    async def prove(self, live: Live) -> Live:
        """Return the same with the end of the list proved, and with what is behind it."""
        with self._explaining():
            whole = await self._proved(self._walk)
        uploads = {one.id: one for one in live.unreadable.values() if one.kind is Kind.FILE}
        return replace(whole, files=live.files, unreadable={**whole.unreadable, **uploads})

    async def assistants(self) -> Live:
        """Return every assistant of the account, the end of the list proved, and no upload."""
        return await self._proved(None)

    async def _proved(self, walk: Walk | None) -> Live:
        return self._live(await proved(walk or await walked(self._list)))

    @property
    def _list(self) -> Listed:
        return Listed(self._fetch, self.target, "assistants", REMEDIES.assistants)

    async def _walked(self, known: Sequence[str]) -> Walk:
        """Return a reading of the list of assistants."""
        walk = await in_stretches(self._list, known) if known else None
        return walk or await walked(self._list)

    async def _lists(
        self, known: Sequence[str], *, uploads: bool
    ) -> tuple[Live, dict[str, LiveFile], dict[str, Unread]]:
        """Read both lists at the same time; a failure uses the client no more once it is raised.

        Where both fail, the list of assistants says more about the server.
        """
        other = asyncio.create_task(self._uploads() if uploads else _nothing())
        try:
            with self._explaining():
                self._walk = await self._walked(known)
                return (self._live(self._walk), *await other)
        finally:
            other.cancel()
            await asyncio.gather(other, return_exceptions=True)

    def _live(self, walk: Walk) -> Live:
        found = walk.found
        assistants = {one: item for one, item in found.items() if isinstance(item, LiveAssistant)}
        aside = [item for item in found.values() if isinstance(item, Unreadable)]
        kept_aside = unread([*aside, *walk.nameless], Kind.ASSISTANT)
        return Live(assistants, {}, self._account, kept_aside, end=walk.end, cursors=cursors(walk))

    def _live_assistant(self, assistant: Assistant) -> LiveAssistant:
        return replies.live_assistant(assistant, self.fields)

    async def _fetch(self, after: str | None) -> Sheet:
        """Return a page of assistants; a server that refuses our ``limit`` chooses its own."""
        cursor = NOT_GIVEN if after is None else after
        call = tolerant(assistant_calls.list(limit=self.page_size, order="asc", after=cursor).page)
        try:
            response = await self.client.respond(call)
        except (BadRequestError, UnprocessableEntityError) as refused:
            if after is not None or isinstance(self.page_size, NotGiven) or "limit" not in refused.message:
                raise
            self.page_size = NOT_GIVEN
            return await self._fetch(after)
        self._account = "/".join(response.headers[name] for name in _NAMES if response.headers.get(name))
        return self._plain.sheet(response.content, lambda: self._typed(self.client.result(call, response)))

    def _typed(self, page: Page[Assistant | Unreadable]) -> Sheet:
        made = [self._live_assistant(one) if isinstance(one, Assistant) else one for one in page.data]
        return Sheet.of(made, page.has_more)

    async def _uploads(self) -> tuple[dict[str, LiveFile], dict[str, Unread]]:
        """Read every upload; UnsupportedError where the server has no such list."""
        try:
            return await self._files()
        except APIStatusError as cause:
            if not replies.lacks_list(cause):
                raise
            problem = f"{self.target} answers {cause.status_code} to GET /files"
            raise UnsupportedError(f"{problem}, so files cannot be managed there") from cause

    async def _files(self) -> tuple[dict[str, LiveFile], dict[str, Unread]]:
        """Read every upload."""
        uploads = await self.client.send(tolerant(upload_calls.list()))
        if uploads.has_more:  # v1 has no pages here, and no way to ask for the next
            why = "the server says that there are more"
            raise incomplete("uploads", self.target, why, remedy=REMEDIES.uploads)
        files = [replies.live_file(upload) for upload in uploads.data if isinstance(upload, FileObject)]
        self._sizes |= {file.id: file.size for file in files}
        return {file.id: file for file in files}, unread(uploads.data, Kind.FILE)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Say what the refusal of the list of assistants means while nothing was written yet."""
        try:
            yield
        except APIStatusError as cause:
            if meaning := replies.meaning(cause, self.target):
                raise GoneError(meaning) from cause
            raise

    async def exists(self, assistant_id: str) -> bool:
        """Return whether an assistant exists; only a 404 says that it does not."""
        return await self._answers(assistant_calls.retrieve(assistant_id))

    async def exists_upload(self, file_id: str) -> bool:
        """Return whether an upload exists; only a 404 says that it does not."""
        return await self._answers(upload_calls.retrieve(file_id))

    async def _answers(self, call: Call[Any]) -> bool:
        try:
            await self.client.respond(call)
        except NotFoundError:
            return False
        return True

    async def _match(self, intent: Intent, files: Mapping[str, LiveFile]) -> LiveFile | None:
        """Return the upload that an interrupted run made, proved by its content.

        Where users may not read uploads, the only one that is new and alike is taken for it. A prefix before
        the name is proved by the content alone, and only where no upload has the name itself.
        """
        alike = [file for file in files.values() if is_alike(file, intent)]
        alike.sort(key=lambda file: file.filename != intent.filename)
        read = [result for upload in alike if (result := await self._read(upload))]
        unread = [one for one in read if one.sha256 is None and one.filename == intent.filename]
        for upload in read:
            if upload.sha256 == intent.sha256:
                return upload
        return replace(unread[0], sha256=intent.sha256, inferred=True) if len(unread) == 1 else None

    async def _read(self, upload: LiveFile) -> LiveFile | None:
        """Return an upload with its digest, without one where reading is refused; None when it is gone."""
        try:
            content = true_content(await self.client.files.content(upload.id), upload.size)
        except NotFoundError:
            return None
        except APIStatusError as refused:
            if replies.keeps_content(refused):
                return upload
            raise
        return replace(upload, sha256=hashlib.sha256(content).hexdigest(), inferred=False)

    async def content(self, file_id: str) -> bytes | None:
        """Return what an upload contains; None where it is gone, or where reading is refused."""
        try:
            content = await self.client.files.content(file_id)
        except APIStatusError as refused:
            if isinstance(refused, NotFoundError) or replies.keeps_content(refused):
                return None
            raise
        return true_content(content, self._sizes.get(file_id))

    async def read(self, live: Live, file_ids: Collection[str]) -> Live:
        """Return the same with the digests of some uploads, read one by one, where the server allows it."""
        files = dict(live.files)
        for file_id in file_ids:
            files[file_id] = await self._read(files[file_id]) or files[file_id]
        return replace(live, files=files)

    async def retrieve(self, assistant_id: str) -> LiveAssistant | None:
        """Return an assistant as it is now; None when it does not exist.

        A server that cannot be asked for one assistant has it in its list.
        """
        found = await self._retrieved(assistant_id)
        return found and (await attachments.with_files(self.client, [found], self.page_size))[0]

    async def _retrieved(self, assistant_id: str) -> LiveAssistant | None:
        if Own.NO_RETRIEVE not in self.traits:
            try:
                return self._live_assistant(await self.client.beta.assistants.retrieve(assistant_id))
            except NotFoundError:
                return None
            except APIStatusError as refused:
                self._learn_no_retrieve(refused)
        return await self._in_list(assistant_id)

    def _learn_no_retrieve(self, refused: APIStatusError) -> None:
        """Remember a server that cannot be asked for one assistant; raise any other refusal."""
        if not replies.lacks_method(refused):
            raise refused
        self.traits.add(Own.NO_RETRIEVE)

    async def _in_list(self, assistant_id: str) -> LiveAssistant | None:
        """Return an assistant as the list has it; None only once its end was to be proved."""
        walk = await walked(self._list)
        if assistant_id not in walk.found:
            walk = await proved(walk)
        item = walk.found.get(assistant_id)
        if item is None:
            return None
        if isinstance(item, Unreadable):
            raise APIResponseValidationError(f"the list of assistants has {assistant_id}, but {item.problem}")
        return item

    async def find(self, intent: Intent) -> LiveAssistant | None:
        """Return the assistant that a create of unknown outcome made, older than any copy of it.

        None where a copy was made in the same second, as either may be the original.
        """
        return made_by(intent, await self.assistants())

    async def create(
        self, values: Mapping[str, Any], metadata: Mapping[str, str], file_ids: Sequence[str]
    ) -> LiveAssistant:
        """Create an assistant from values, metadata and uploads."""
        rest = {**values, "metadata": dict(metadata), "file_ids": list(file_ids)}
        made = await self.client.beta.assistants.create(model=rest.pop("model"), extra_body=rest)
        return self._live_assistant(made)

    async def update(
        self,
        live: LiveAssistant,
        values: Mapping[str, Any],
        metadata: Mapping[str, str | None],
        *,
        files: bool = False,
    ) -> LiveAssistant:
        """Set the given values; ``file_ids`` is sent only where it must be: it replaces what is attached.

        Metadata is replaced whole by this API, so the other pairs of ``live`` are sent too, as they came.
        """

        async def send(body: dict[str, Any]) -> LiveAssistant:
            return self._live_assistant(await self.client.beta.assistants.update(live.id, extra_body=body))

        update = Update(
            send=send,
            values=values,
            texts=cleared_texts(values, self.fields),
            pairs={**live.metadata, **live.raw, **metadata},
            removed=[key for key, value in metadata.items() if value is None],
            file_ids=live.file_ids if (files or self.whole) and live.knows_files else None,
            traits=self.traits,
        )
        return await update.made()

    async def contents(self, live: Live, assistant_ids: Collection[str]) -> Live:
        """Return the same with the files of some assistants, read at most ten at a time.

        An assistant whose files cannot be read stays as it is.
        """
        asked = [live.assistants[one] for one in assistant_ids if one in live.assistants]
        read = await attachments.with_files(self.client, asked, self.page_size)
        return replace(live, assistants={**live.assistants, **{one.id: one for one in read}})

    async def delete(self, live: LiveAssistant) -> None:
        """Delete an assistant; one that is gone already is no error."""
        await removed(self.client, assistant_calls.delete(live.id), lambda: self._is_there(live.id))

    async def _is_there(self, assistant_id: str) -> bool:
        """Return whether an assistant exists, from the list where the server has no other way."""
        if Own.NO_RETRIEVE not in self.traits:
            try:
                return await self.exists(assistant_id)
            except APIStatusError as refused:
                self._learn_no_retrieve(refused)
        return await self._in_list(assistant_id) is not None

    async def attach(self, assistant_id: str, file_id: str) -> None:
        """Attach an upload; when the outcome is unknown, look for it."""
        await attachments.attach(self.client, assistant_id, file_id, self.traits)

    async def detach(self, assistant_id: str, file_id: str) -> None:
        """Detach an upload; one that is not attached is no error."""
        await removed(
            self.client,
            attachment_calls.delete(file_id, assistant_id=assistant_id),
            lambda: self._answers(attachment_calls.retrieve(file_id, assistant_id=assistant_id)),
        )

    async def upload(self, filename: str, content: IO[bytes]) -> LiveFile:
        """Upload the whole of an open file under a name, for use by assistants."""
        made = await self.client.files.create(file=(filename, content), purpose="assistants")
        self._sizes[made.id] = made.bytes
        return replies.live_file(made)

    async def find_upload(self, intent: Intent) -> LiveFile | None:
        """Return the upload that an attempt of unknown outcome made, proved by its content."""
        uploads, _ = await self._files()
        return await self._match(intent, uploads)

    async def discard(self, file_id: str) -> None:
        """Delete an upload; one that is gone already is no error."""
        deletion = upload_calls.delete(file_id)
        missing = await removed(self.client, deletion, lambda: self.exists_upload(file_id))
        if missing and file_id in (await self._files())[0]:
            raise missing


async def _nothing() -> tuple[dict[str, LiveFile], dict[str, Unread]]:
    return {}, {}
