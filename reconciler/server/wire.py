"""The JSON of the wire: its objects, lists and errors, keys in the recorded order."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from reconciler.server import assistant_fields, decisions
from reconciler.server.database import Row
from reconciler.server.refusals import WireError

PREFIX: Final = "/v1"

Wire = Mapping[str, Any]


def reply(value: Wire) -> Response:
    """Return a success, which is always a 200."""
    return JSONResponse(value)


def refused(error: WireError, headers: Mapping[str, str] | None = None) -> Response:
    """Return a refusal in its envelope."""
    keys = {"message": error.message, "type": error.type, "param": error.param, "code": error.code}
    return JSONResponse({"error": keys}, error.status, headers)


def assistant(row: Row, files: Sequence[str]) -> Wire:
    """Return an assistant with all its keys."""
    fields = {
        field.name: field.unpack(row[field.name]) if field.stored else files
        for field in assistant_fields.FIELDS
    }
    return {"id": row["id"], "object": "assistant", "created_at": row["created_at"], **fields}


def attachment(row: Row) -> Wire:
    """Return an attachment, whose id is the file's."""
    return {
        "id": row["file"],
        "object": "assistant.file",
        "created_at": row["created_at"],
        "assistant_id": row["assistant"],
    }


def file(row: Row) -> Wire:
    """Return an uploaded file without its content."""
    return {
        "object": "file",
        "id": row["id"],
        "purpose": row["purpose"],
        "filename": row["filename"],
        "bytes": row["bytes"],
        "created_at": row["created_at"],
        "status": decisions.STATUS[row["purpose"]],
        "status_details": None,
    }


def deleted(identity: str, kind: str) -> Wire:
    """Return the answer to a delete."""
    return {"id": identity, "object": kind, "deleted": True}


def page(items: Sequence[Wire], *, more: bool) -> Wire:
    """Return a list with cursors, which are null when it is empty."""
    first, last = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return {"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": more}


def whole(items: Sequence[Wire]) -> Wire:
    """Return a list without pages."""
    return {"object": "list", "data": items, "has_more": False}
