"""The resource of agents as a caller sees it: the same lines serve every variant."""

from __future__ import annotations

from functools import cached_property

from reconciler.api import agents
from reconciler.api.endpoint import (
    AsyncRawResource,
    AsyncResource,
    AsyncStreamedResource,
    RawResource,
    Resource,
    StreamedResource,
    SyncResource,
    endpoint,
    listing,
)


class _Agents(Resource):
    create = endpoint(agents.create)
    retrieve = endpoint(agents.retrieve)
    update = endpoint(agents.update)
    list = listing(agents.list)
    delete = endpoint(agents.delete)


class Agents(_Agents, SyncResource):
    """Agents."""

    @cached_property
    def with_raw_response(self) -> AgentsWithRawResponse:
        """The same methods, returning answers that are read already: headers, status, body."""
        return AgentsWithRawResponse(self)

    @cached_property
    def with_streaming_response(self) -> AgentsWithStreamingResponse:
        """The same methods, returning context managers of answers to be read piece by piece."""
        return AgentsWithStreamingResponse(self)


class AgentsWithRawResponse(_Agents, RawResource):
    """Agents, with answers that are read already."""

    def __init__(self, agents: Agents) -> None:
        super().__init__(agents)


class AgentsWithStreamingResponse(_Agents, StreamedResource):
    """Agents, with answers to be read piece by piece."""

    def __init__(self, agents: Agents) -> None:
        super().__init__(agents)


class AsyncAgents(_Agents, AsyncResource):
    """Agents, awaited."""

    @cached_property
    def with_raw_response(self) -> AsyncAgentsWithRawResponse:
        """The same methods, returning answers that are read already: headers, status, body."""
        return AsyncAgentsWithRawResponse(self)

    @cached_property
    def with_streaming_response(self) -> AsyncAgentsWithStreamingResponse:
        """The same methods, returning context managers of answers to be read piece by piece."""
        return AsyncAgentsWithStreamingResponse(self)


class AsyncAgentsWithRawResponse(_Agents, AsyncRawResource):
    """Agents, with answers that are read already, awaited."""

    def __init__(self, agents: AsyncAgents) -> None:
        super().__init__(agents)


class AsyncAgentsWithStreamingResponse(_Agents, AsyncStreamedResource):
    """Agents, with answers to be read piece by piece, awaited."""

    def __init__(self, agents: AsyncAgents) -> None:
        super().__init__(agents)


class WithAgents(SyncResource):
    """The agents of a part of the API."""

    @cached_property
    def agents(self) -> Agents:
        """Agents."""
        return Agents(self.sender)


class WithAsyncAgents(AsyncResource):
    """The agents of a part of the API, awaited."""

    @cached_property
    def agents(self) -> AsyncAgents:
        """Agents."""
        return AsyncAgents(self.sender)
