"""The five calls of /assistants, described once for every variant.

Limits named here are the v1 wire's; the server checks them, this client does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Literal  # noqa: UP035 - `list` is this module's endpoint

from reconciler.api.arguments import NOT_GIVEN, NotGiven
from reconciler.api.call import Call, Extras, segment
from reconciler.api.pages import ListCall
from reconciler.api.reading import Gone, Many, One
from reconciler.api.types import BETA, Assistant, AssistantDeleted, Page, WireObject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from httpx import Timeout

    from reconciler.api.arguments import Body, Headers, Query
    from reconciler.api.types import AssistantToolParam


def create(  # noqa: PLR0913 - the parameters are the wire's
    *,
    model: str,
    description: str | NotGiven | None = NOT_GIVEN,
    file_ids: List[str] | NotGiven = NOT_GIVEN,  # noqa: UP006 - `list` is this module's endpoint
    instructions: str | NotGiven | None = NOT_GIVEN,
    metadata: object | NotGiven | None = NOT_GIVEN,
    name: str | NotGiven | None = NOT_GIVEN,
    tools: Iterable[AssistantToolParam] | NotGiven = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Assistant]:
    """Create an assistant with a model and instructions.

    Never repeated when its outcome is unknown: UnknownOutcomeError says so. Values are left to the server to
    judge: BadRequestError.

    Args:
        model: Id of the model, such as ``gpt-4``; the server knows which there are.
        description: What it is for, at most 512 characters.
        file_ids: Ids of at most 20 uploads with purpose ``assistants`` for its tools to use.
        instructions: The system prompt, at most 32,768 characters.
        metadata: At most 16 pairs of your own; keys of at most 64 characters, values texts of at most 512.
        name: At most 256 characters; it need not be unique.
        tools: At most 128; of type ``code_interpreter``, ``retrieval`` or ``function``. Those of
            another assistant can be passed as they are.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "POST",
        ("assistants",),
        One(Assistant),
        body={
            "model": model,
            "description": description,
            "file_ids": file_ids,
            "instructions": instructions,
            "metadata": metadata,
            "name": name,
            "tools": _listed(tools),
        },
        headers=BETA,
        repeatable=False,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def retrieve(
    assistant_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Assistant]:
    """Retrieve an assistant; NotFoundError when there is none of this id.

    Args:
        assistant_id: Id of the assistant.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "GET",
        ("assistants", segment("assistant_id", assistant_id)),
        One(Assistant, assistant_id),
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def update(  # noqa: PLR0913 - the parameters are the wire's
    assistant_id: str,
    *,
    description: str | NotGiven | None = NOT_GIVEN,
    file_ids: List[str] | NotGiven = NOT_GIVEN,  # noqa: UP006 - `list` is this module's endpoint
    instructions: str | NotGiven | None = NOT_GIVEN,
    metadata: object | NotGiven | None = NOT_GIVEN,
    model: str | NotGiven = NOT_GIVEN,
    name: str | NotGiven | None = NOT_GIVEN,
    tools: Iterable[AssistantToolParam] | NotGiven = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Assistant]:
    """Change the given fields of an assistant; what is not given stays as it is.

    NotFoundError when there is none of this id.

    Args:
        assistant_id: Id of the assistant.
        description: At most 512 characters; None clears it.
        file_ids: The at most 20 uploads to attach: what is not among them is detached, so an empty list
            detaches all.
        instructions: The system prompt, at most 32,768 characters; None clears it.
        metadata: All pairs it has afterwards: at most 16; keys of at most 64 characters, values of at
            most 512. None clears them.
        model: Id of the model.
        name: At most 256 characters; None clears it.
        tools: All tools it has afterwards, at most 128; of type ``code_interpreter``, ``retrieval`` or
            ``function``. An empty list clears them.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "POST",
        ("assistants", segment("assistant_id", assistant_id)),
        One(Assistant, assistant_id),
        body={
            "description": description,
            "file_ids": file_ids,
            "instructions": instructions,
            "metadata": metadata,
            "model": model,
            "name": name,
            "tools": _listed(tools),
        },
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def list(  # noqa: A001, PLR0913 - the wire's word, and the wire's parameters
    *,
    after: str | NotGiven = NOT_GIVEN,
    before: str | NotGiven = NOT_GIVEN,
    limit: int | NotGiven = NOT_GIVEN,
    order: Literal["asc", "desc"] | NotGiven = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> ListCall[Assistant]:
    """List assistants, page after page.

    The result iterates over the assistants of every page. Given only ``before``, it walks backwards.

    Args:
        after: Id of the object after which the page starts, for walking forward.
        before: Id of the object before which the page ends, for walking backwards.
        limit: Objects a page, 1 to 100; the server's default is 20.
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
            ("assistants",),
            Many(Page[Assistant], Assistant),
            query={"after": after, "before": before, "limit": limit, "order": order},
            headers=BETA,
            extras=Extras(extra_headers, extra_query, extra_body, timeout),
        )
    )


def delete(
    assistant_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[AssistantDeleted]:
    """Delete an assistant; its files stay. NotFoundError when there is none of this id.

    Args:
        assistant_id: Id of the assistant.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "DELETE",
        ("assistants", segment("assistant_id", assistant_id)),
        Gone(AssistantDeleted, assistant_id),
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def _listed(tools: Iterable[AssistantToolParam] | NotGiven) -> object:
    if isinstance(tools, NotGiven):
        return tools
    return [tool.as_sent() if isinstance(tool, WireObject) else tool for tool in tools]
