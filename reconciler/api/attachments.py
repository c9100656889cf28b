"""The four calls of /assistants/{assistant_id}/files: which uploads an assistant carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reconciler.api.call import BETA, Call, Extras, ListCall, segment
from reconciler.api.types import NOT_GIVEN, AssistantFile, FileDeleteResponse, NotGiven, Page

if TYPE_CHECKING:
    import httpx

    from reconciler.api.types import Body, Headers, Query


def create(  # noqa: PLR0913 - the parameters are the wire's
    assistant_id: str,
    *,
    file_id: str,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[AssistantFile]:
    """Attach an upload made with purpose assistants; an assistant carries at most 20."""
    return Call(
        "POST",
        ("assistants", segment("assistant_id", assistant_id), "files"),
        AssistantFile.model_validate_json,
        body={"file_id": file_id},
        headers=BETA,
        repeatable=False,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def retrieve(  # noqa: PLR0913 - the parameters are the wire's
    file_id: str,
    *,
    assistant_id: str,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[AssistantFile]:
    """Retrieve one attachment; NotFoundError when the assistant does not carry that file."""
    return Call(
        "GET",
        ("assistants", segment("assistant_id", assistant_id), "files", segment("file_id", file_id)),
        AssistantFile.model_validate_json,
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def list(  # noqa: A001, PLR0913 - the wire's word, and the wire's parameters
    assistant_id: str,
    *,
    after: str | NotGiven = NOT_GIVEN,
    before: str | NotGiven = NOT_GIVEN,
    limit: int | NotGiven = NOT_GIVEN,
    order: Literal["asc", "desc"] | NotGiven = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> ListCall[AssistantFile]:
    """List an assistant's attachments, newest first unless order says asc; limit is 1 to 100."""
    return ListCall(
        Call(
            "GET",
            ("assistants", segment("assistant_id", assistant_id), "files"),
            Page[AssistantFile].model_validate_json,
            query={"after": after, "before": before, "limit": limit, "order": order},
            headers=BETA,
            extras=Extras(extra_headers, extra_query, extra_body, timeout),
        )
    )


def delete(  # noqa: PLR0913 - the parameters are the wire's
    file_id: str,
    *,
    assistant_id: str,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileDeleteResponse]:
    """Detach a file from an assistant; the upload itself stays."""
    return Call(
        "DELETE",
        ("assistants", segment("assistant_id", assistant_id), "files", segment("file_id", file_id)),
        FileDeleteResponse.model_validate_json,
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )
