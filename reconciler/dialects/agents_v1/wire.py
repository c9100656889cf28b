"""The provider of agents-v1: observe and change a server through the typed client."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.api import agents
from reconciler.api.agents_types import Agent
from reconciler.api.arguments import NOT_GIVEN
from reconciler.api.errors import APIStatusError, NotFoundError
from reconciler.api.reading import tolerant
from reconciler.api.types import Unreadable
from reconciler.dialects.agents_v1 import conformance, replies, writing
from reconciler.dialects.agents_v1.shape import FIELDS, REMEDIES
from reconciler.dialects.deletion import removed
from reconciler.dialects.found import made_by
from reconciler.dialects.listing import PAGE, SMALLEST, Listed, Walk, proved, walked
from reconciler.dialects.sheet import Sheet
from reconciler.dialects.unread import unread
from reconciler.dialects.walkers import cursors, in_stretches
from reconciler.errors import GoneError, UnsupportedError
from reconciler.model.address import Kind
from reconciler.model.resource import Live, LiveAssistant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.api import AsyncClient
    from reconciler.dialects.provider import Expected, Remedies
    from reconciler.model.field import Fields
    from reconciler.model.state import Intent, State

_NAMES = ("openai-organization", "openai-project")  # whose answer this is, in headers; not every server says


class _WithoutFiles:
    """The part of a provider that concerns uploads, for an API whose objects have none."""

    async def exists_upload(self, *_: Any) -> Any:
        """Raise UnsupportedError: an agent has no files."""
        raise UnsupportedError("an agent has no files")

    read = content = attach = detach = upload = find_upload = discard = exists_upload


@dataclass
class AgentsV1(_WithoutFiles):
    """The provider of the Agents API; what an update does not name stays as it is there."""

    client: AsyncClient
    target: str
    delay: float = 0.0
    fields: Fields = FIELDS
    whole: bool = False
    traits: set[str] = field(default_factory=set)
    remedies: ClassVar[Remedies] = REMEDIES
    smallest_list: ClassVar[int] = SMALLEST
    _walk: Walk | None = None  # the reading of the last observation
    _account: str = ""

    async def observe(self, state: State, *, uploads: bool = True, expected: Expected | None = None) -> Live:  # noqa: ARG002 - the port's names
        """Read the agents by pages of 100, oldest first.

        Where the state has cursors of the list, stretches of it are read at the same time.
        """
        with self._explaining():
            walk = await in_stretches(self._list, state.cursors) if state.cursors else None
            self._walk = walk or await walked(self._list)
        return self._live(self._walk)

    async def prove(self, live: Live) -> Live:  # noqa: ARG002 - the last reading has it
        """Return the same with the end of the list proved, and with what is behind it."""
        with self._explaining():
            return await self._proved(self._walk)

    async def assistants(self) -> Live:
        """Return every agent of the account, the end of the list proved."""
        return await self._proved(None)

    async def contents(self, live: Live, assistant_ids: Collection[str]) -> Live:  # noqa: ARG002 - there are no files
        """Return the same."""
        return live

    async def _proved(self, walk: Walk | None) -> Live:
        return self._live(await proved(walk or await walked(self._list)))

    @property
    def _list(self) -> Listed:
        return Listed(self._fetch, self.target, "agents", REMEDIES.assistants)

    async def _fetch(self, after: str | None) -> Sheet:
        """Return a page of agents; NonconformingError for one that no server of this API sends."""
        cursor = NOT_GIVEN if after is None else after
        call = tolerant(agents.list(limit=PAGE, order="asc", after=cursor).page)
        response = await self.client.respond(call)
        conformance.confirm(response.content, self.target)
        self._account = "/".join(response.headers[name] for name in _NAMES if response.headers.get(name))
        page = self.client.result(call, response)
        made = [self._agent(one) if isinstance(one, Agent) else one for one in page.data]
        return Sheet.of(made, page.has_more)

    def _agent(self, agent: Agent) -> LiveAssistant:
        return replies.live_agent(agent, self.fields)

    def _live(self, walk: Walk) -> Live:
        found = {one: item for one, item in walk.found.items() if isinstance(item, LiveAssistant)}
        aside = [item for item in walk.found.values() if isinstance(item, Unreadable)]
        kept_aside = unread([*aside, *walk.nameless], Kind.ASSISTANT)
        return Live(found, {}, self._account, kept_aside, end=walk.end, cursors=cursors(walk))

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Say what the refusal of the list means while nothing was written yet."""
        try:
            yield
        except APIStatusError as cause:
            if meaning := replies.meaning(cause, self.target):
                raise GoneError(meaning) from cause
            raise

    async def exists(self, assistant_id: str) -> bool:
        """Return whether an agent exists; only a 404 says that it does not."""
        return await self.retrieve(assistant_id) is not None

    async def retrieve(self, assistant_id: str) -> LiveAssistant | None:
        """Return an agent as it is now; None when it does not exist."""
        try:
            return self._agent(await self.client.send(agents.retrieve(assistant_id)))
        except NotFoundError:
            return None

    async def find(self, intent: Intent) -> LiveAssistant | None:
        """Return the agent that a create of unknown outcome made, older than any copy of it.

        None where a copy was made in the same second, as either may be the original.
        """
        return made_by(intent, await self.assistants())

    async def create(
        self, values: Mapping[str, Any], metadata: Mapping[str, str], file_ids: Sequence[str]
    ) -> LiveAssistant:
        """Create an agent from values and metadata."""
        if file_ids:
            raise UnsupportedError("an agent has no files")
        rest = {**writing.created(self.fields, values), "metadata": dict(metadata)}
        made = self._agent(await self.client.send(agents.create(model=rest.pop("model"), extra_body=rest)))
        return replace(made, fields=writing.kept(self.fields, made.fields, values, None))

    async def update(
        self,
        live: LiveAssistant,
        values: Mapping[str, Any],
        metadata: Mapping[str, str | None],
        *,
        files: bool = False,  # noqa: ARG002 - an agent has none
    ) -> LiveAssistant:
        """Set the given values; null clears one, and settings are sent with the keys that stay.

        Metadata is replaced whole by this API, so the other pairs of ``live`` are sent too, as they came.
        """
        body = writing.updated(self.fields, values, live)
        if metadata:
            pairs = {**live.metadata, **live.raw, **metadata}
            body["metadata"] = {key: value for key, value in pairs.items() if value is not None}
        made = self._agent(await self.client.send(agents.update(live.id, extra_body=body)))
        return replace(made, fields=writing.kept(self.fields, made.fields, values, live.fields))

    async def delete(self, live: LiveAssistant) -> None:
        """Delete an agent; one that is gone already is no error."""
        await removed(self.client, agents.delete(live.id), lambda: self.exists(live.id))
