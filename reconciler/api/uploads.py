"""The five calls of /files: uploads, which assistants may then carry."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Literal, TypeAlias

from reconciler.api.call import Call, Extras, segment
from reconciler.api.types import NOT_GIVEN, FileDeleted, FileList, FileObject, NotGiven

if TYPE_CHECKING:
    import httpx

    from reconciler.api.types import Body, Headers, Query

FileContent: TypeAlias = IO[bytes] | bytes
FileUpload: TypeAlias = FileContent | tuple[str, FileContent] | tuple[str, FileContent, str]
"""Bytes, an open binary file, or (name, content) or (name, content, media type)."""


def create(  # noqa: PLR0913 - the parameters are the wire's
    *,
    file: FileUpload,
    purpose: Literal["assistants", "fine-tune"],
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileObject]:
    """Upload a file of at most 512 MB; an open file is streamed.

    Never repeated when its outcome is unknown: UnknownOutcomeError says so.
    """
    return Call(
        "POST",
        ("files",),
        FileObject.model_validate_json,
        body={"purpose": purpose},
        parts={"file": file},
        repeatable=False,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def retrieve(
    file_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileObject]:
    """Retrieve what the server says of an upload: name, size, purpose, but no checksum."""
    return Call(
        "GET",
        ("files", segment("file_id", file_id)),
        FileObject.model_validate_json,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def list(  # noqa: A001 - the wire's word
    *,
    purpose: str | NotGiven = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileList]:
    """List every upload of the account at once; v1 does not page this list."""
    return Call(
        "GET",
        ("files",),
        FileList.model_validate_json,
        query={"purpose": purpose},
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def delete(
    file_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileDeleted]:
    """Delete an upload, whoever carries it."""
    return Call(
        "DELETE",
        ("files", segment("file_id", file_id)),
        FileDeleted.model_validate_json,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def content(
    file_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[bytes]:
    """Download an upload's bytes, all of them into memory."""
    return Call(
        "GET",
        ("files", segment("file_id", file_id), "content"),
        bytes,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )
