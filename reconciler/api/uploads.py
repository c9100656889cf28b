"""The five calls of /files: uploads, which assistants may then carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reconciler.api.arguments import NOT_GIVEN, NotGiven
from reconciler.api.call import Call, Extras, segment
from reconciler.api.multipart_part import part
from reconciler.api.reading import Gone, Many, One
from reconciler.api.types import FileDeleted, FileList, FileObject

if TYPE_CHECKING:
    from httpx import Timeout

    from reconciler.api.arguments import Body, Headers, Query
    from reconciler.api.multipart_part import FileUpload


LARGEST = 512 * 1024 * 1024
"""Bytes that an upload may have, and so its content."""


def create(  # noqa: PLR0913 - the parameters are the wire's
    *,
    file: FileUpload,
    purpose: Literal["assistants", "fine-tune"],
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileObject]:
    """Upload a file, which assistants may then carry; open files and paths are streamed.

    Never repeated when its outcome is unknown: UnknownOutcomeError says so.

    Args:
        file: Bytes, a file opened with mode ``rb``, a ``pathlib.Path``, or (name, content) or (name, content,
            media type); at most 512 MB.
        purpose: ``assistants`` for files that assistants carry.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "POST",
        ("files",),
        One(FileObject),
        body={"purpose": purpose},
        parts={"file": part(file)},
        repeatable=False,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def retrieve(
    file_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileObject]:
    """Retrieve what the server says of an upload: name, size, purpose, but no checksum.

    Args:
        file_id: Id of the upload.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "GET",
        ("files", segment("file_id", file_id)),
        One(FileObject, file_id),
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def list(  # noqa: A001 - the wire's word
    *,
    purpose: str | NotGiven = NOT_GIVEN,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileList]:
    """List every upload of the account at once; v1 does not page this list.

    Args:
        purpose: Only uploads of this purpose.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "GET",
        ("files",),
        Many(FileList, FileObject),
        query={"purpose": purpose},
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def delete(
    file_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[FileDeleted]:
    """Delete an upload, also one that is attached. NotFoundError when there is none of this id.

    Args:
        file_id: Id of the upload.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "DELETE",
        ("files", segment("file_id", file_id)),
        Gone(FileDeleted, file_id),
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )


def content(
    file_id: str,
    *,
    extra_headers: Headers | None = None,
    extra_query: Query | None = None,
    extra_body: Body | None = None,
    timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
) -> Call[bytes]:
    """Download an upload's bytes, all of them into memory; the streamed view reads them piece by piece.

    At most 512 MB, whatever ``max_answer_bytes`` says.

    Args:
        file_id: Id of the upload.
        extra_headers: Headers of this request; they win over all others, whatever their case.
        extra_query: Query parameters of this request; they win.
        extra_body: JSON fields of this request; they win.
        timeout: Seconds for each network operation of this request instead of the client's; None for no
            limit.
    """
    return Call(
        "GET",
        ("files", segment("file_id", file_id), "content"),
        bytes,
        at_most=LARGEST,
        extras=Extras(extra_headers, extra_query, extra_body, timeout),
    )
