"""The four calls of /assistants/{assistant_id}/files: which uploads an assistant carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reconciler.api.arguments import NOT_GIVEN, NotGiven
from reconciler.api.call import Call, Extras, segment
from reconciler.api.pages import ListCall
from reconciler.api.reading import Gone, Many, One
from reconciler.api.types import BETA, AssistantFile, FileDeleteResponse, Page

if TYPE_CHECKING:
    from httpx import Timeout

    from reconciler.api.arguments import Body, Headers, Query


def create(  # noqa: PLR0913 - the parameters are the wire's
    assistant_id: str,
    *,
    file_id: str,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[AssistantFile]:
    """Attach an upload to an assistant.

    Never repeated when its outcome is unknown: UnknownOutcomeError says so.

    Args:
        assistant_id: Id of the assistant.
        file_id: Id of an upload with purpose ``assistants``; an assistant carries at most 20.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "POST",
        ("assistants", segment("assistant_id", assistant_id), "files"),
        One(AssistantFile),
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
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[AssistantFile]:
    """Retrieve one attachment; NotFoundError when the assistant does not carry that file.

    Args:
        file_id: Id of the upload.
        assistant_id: Id of the assistant.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "GET",
        ("assistants", segment("assistant_id", assistant_id), "files", segment("file_id", file_id)),
        One(AssistantFile),
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
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> ListCall[AssistantFile]:
    """List an assistant's attachments, page after page.

    The result iterates over the attachments of every page. Given only ``before``, it walks backwards.

    Args:
        assistant_id: Id of the assistant.
        after: Id of the upload after which the page starts, for walking forward.
        before: Id of the upload before which the page ends, for walking backwards.
        limit: Objects a page, 1 to 100; the server's default is 20.
        order: By time of attachment: ``asc`` is oldest first, ``desc``, the default, newest first.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return ListCall(
        Call(
            "GET",
            ("assistants", segment("assistant_id", assistant_id), "files"),
            Many(Page[AssistantFile], AssistantFile),
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
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileDeleteResponse]:
    """Detach a file from an assistant; the upload itself stays.

    Args:
        file_id: Id of the upload.
        assistant_id: Id of the assistant.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "DELETE",
        ("assistants", segment("assistant_id", assistant_id), "files", segment("file_id", file_id)),
        Gone(FileDeleteResponse, file_id, exact=False),
        headers=BETA,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )
