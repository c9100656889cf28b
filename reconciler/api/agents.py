"""The five calls of /agents, described once for every variant.

Limits named here are those of the API's description; the server checks them, this client does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reconciler.api.agents_types import BETA, Agent, AgentDeleted
from reconciler.api.arguments import NOT_GIVEN, NotGiven
from reconciler.api.call import Call, Extras, segment
from reconciler.api.pages import ListCall
from reconciler.api.reading import Gone, Many, One
from reconciler.api.types import Page, WireObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from httpx import Timeout

    from reconciler.api.agents_types import (
        AgentReasoningParam,
        AgentTextParam,
        AgentToolParam,
        CompactionParam,
        ExperimentalParam,
        MultiAgentParam,
        ServiceTier,
    )
    from reconciler.api.arguments import Body, Headers, Query


def create(  # noqa: PLR0913 - the parameters are the wire's
    *,
    model: str,
    compaction: CompactionParam | NotGiven | None = NOT_GIVEN,
    experimental: ExperimentalParam | NotGiven = NOT_GIVEN,
    instructions: str | NotGiven | None = NOT_GIVEN,
    metadata: Mapping[str, str] | NotGiven | None = NOT_GIVEN,
    multi_agent: MultiAgentParam | NotGiven | None = NOT_GIVEN,
    name: str | NotGiven | None = NOT_GIVEN,
    reasoning: AgentReasoningParam | NotGiven | None = NOT_GIVEN,
    service_tier: ServiceTier | NotGiven | None = NOT_GIVEN,
    text: AgentTextParam | NotGiven | None = NOT_GIVEN,
    tools: Iterable[AgentToolParam] | NotGiven | None = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Agent]:
    """Create an agent with a model and instructions.

    Never repeated when its outcome is unknown: UnknownOutcomeError says so. Values are left to the server to
    judge: BadRequestError. What is None or not given gets the server's default.

    Args:
        model: Name of the model; the server knows which there are.
        compaction: Whether a long context is compacted in the background.
        experimental: Settings that may disappear; not None.
        instructions: At most 1,048,576 characters, appended to the base instructions of every agent.
        metadata: At most 16 pairs of your own; keys of 1 to 64 characters, values of at most 512.
        multi_agent: Whether the agent may make others, and how many run at the same time.
        name: At most 128 characters; it need not be unique.
        reasoning: How the model thinks.
        service_tier: How requests to the model are served.
        text: The form of answers.
        tools: At most 2,000, and 3 MiB of JSON. Those of another agent can be passed as they are.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "POST",
        ("agents",),
        One(Agent),
        body={
            "model": model,
            "compaction": compaction,
            "experimental": experimental,
            "instructions": instructions,
            "metadata": metadata,
            "multi_agent": multi_agent,
            "name": name,
            "reasoning": reasoning,
            "service_tier": service_tier,
            "text": text,
            "tools": _listed(tools),
        },
        headers=BETA,
        repeatable=False,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def retrieve(
    agent_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Agent]:
    """Retrieve an agent; NotFoundError when there is none of this id.

    Args:
        agent_id: Id of the agent.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "GET",
        ("agents", segment("agent_id", agent_id)),
        One(Agent, agent_id),
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def update(  # noqa: PLR0913 - the parameters are the wire's
    agent_id: str,
    *,
    compaction: CompactionParam | NotGiven | None = NOT_GIVEN,
    experimental: ExperimentalParam | NotGiven = NOT_GIVEN,
    instructions: str | NotGiven | None = NOT_GIVEN,
    metadata: Mapping[str, str] | NotGiven | None = NOT_GIVEN,
    model: str | NotGiven = NOT_GIVEN,
    multi_agent: MultiAgentParam | NotGiven | None = NOT_GIVEN,
    name: str | NotGiven | None = NOT_GIVEN,
    reasoning: AgentReasoningParam | NotGiven | None = NOT_GIVEN,
    service_tier: ServiceTier | NotGiven | None = NOT_GIVEN,
    text: AgentTextParam | NotGiven | None = NOT_GIVEN,
    tools: Iterable[AgentToolParam] | NotGiven | None = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Agent]:
    """Change the given fields of an agent; what is not given stays as it is.

    Each given value replaces the whole field, but for ``experimental``, of which each given key is set.
    NotFoundError when there is none of this id.

    Args:
        agent_id: Id of the agent.
        compaction: Whether a long context is compacted in the background; None for the default.
        experimental: The keys to set; not None.
        instructions: At most 1,048,576 characters; None clears them.
        metadata: All pairs it has afterwards: at most 16. None clears them.
        model: Name of the model.
        multi_agent: Whether the agent may make others; None turns that off.
        name: At most 128 characters; None clears it.
        reasoning: How the model thinks: a key that is not given gets its default. None for all defaults.
        service_tier: How requests to the model are served; None for the default.
        text: The form of answers: a key that is not given gets its default. None for all defaults.
        tools: All tools it has afterwards: at most 2,000, and 3 MiB of JSON. None clears them.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "POST",
        ("agents", segment("agent_id", agent_id)),
        One(Agent, agent_id),
        body={
            "model": model,
            "compaction": compaction,
            "experimental": experimental,
            "instructions": instructions,
            "metadata": metadata,
            "multi_agent": multi_agent,
            "name": name,
            "reasoning": reasoning,
            "service_tier": service_tier,
            "text": text,
            "tools": _listed(tools),
        },
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def list(  # noqa: A001, PLR0913 - the wire's word, and the wire's parameters
    *,
    after: str | NotGiven = NOT_GIVEN,
    limit: int | NotGiven = NOT_GIVEN,
    order: Literal["asc", "desc"] | NotGiven = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> ListCall[Agent]:
    """List agents, page after page.

    The result iterates over the agents of every page.

    Args:
        after: Id of the agent after which the page starts.
        limit: Agents a page, 1 to 100; the server's default is 20.
        order: By time of creation: ``asc`` is oldest first, ``desc``, the default, newest first.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return ListCall(
        Call(
            "GET",
            ("agents",),
            Many(Page[Agent], Agent),
            query={"after": after, "limit": limit, "order": order},
            headers=BETA,
            extras=Extras(extra_headers, extra_query, extra_body, timeout),
        )
    )


def delete(
    agent_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[AgentDeleted]:
    """Delete an agent; sessions of it go on. NotFoundError when there is none of this id.

    Args:
        agent_id: Id of the agent.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "DELETE",
        ("agents", segment("agent_id", agent_id)),
        Gone(AgentDeleted, agent_id),
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def _listed(tools: Iterable[AgentToolParam] | NotGiven | None) -> object:
    if tools is None or isinstance(tools, NotGiven):
        return tools
    return [tool.as_sent() if isinstance(tool, WireObject) else tool for tool in tools]
