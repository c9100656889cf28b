"""The five calls of /assistants, described once for every colour.

Limits named here are the v1 wire's; the server checks them, this client does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Literal  # noqa: UP035 - `list` is this module's endpoint

from reconciler.api.call import BETA, Call, Extras, ListCall, segment
from reconciler.api.types import NOT_GIVEN, Assistant, AssistantDeleted, NotGiven, Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

    from reconciler.api.types import AssistantToolParam, Body, Headers, Query


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
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Assistant]:
    """Create an assistant.

    name: at most 256 characters, not unique. description: 512. instructions: 32,768.
    tools: at most 128. file_ids: at most 20 uploads. metadata: 16 pairs of 64 and 512 characters.
    Never repeated when its outcome is unknown: UnknownOutcomeError says so.
    """
    return Call(
        "POST",
        ("assistants",),
        Assistant.model_validate_json,
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
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Assistant]:
    """Retrieve an assistant; NotFoundError when there is none of this id."""
    return Call(
        "GET",
        ("assistants", segment("assistant_id", assistant_id)),
        Assistant.model_validate_json,
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
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[Assistant]:
    """Change the given fields of an assistant; what is not given stays as it is.

    tools, file_ids and metadata are replaced whole, so an empty list clears them and a file that is
    not in file_ids is detached. None clears name, description, instructions and metadata.
    """
    return Call(
        "POST",
        ("assistants", segment("assistant_id", assistant_id)),
        Assistant.model_validate_json,
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
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> ListCall[Assistant]:
    """List assistants, newest first unless order says asc; limit is 1 to 100, by default 20.

    after and before are ids of assistants and are exclusive; with before alone the walk goes backwards.
    """
    return ListCall(
        Call(
            "GET",
            ("assistants",),
            Page[Assistant].model_validate_json,
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
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[AssistantDeleted]:
    """Delete an assistant; its files stay."""
    return Call(
        "DELETE",
        ("assistants", segment("assistant_id", assistant_id)),
        AssistantDeleted.model_validate_json,
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def _listed(tools: Iterable[AssistantToolParam] | NotGiven) -> object:
    return tools if isinstance(tools, NotGiven) else [*tools]
