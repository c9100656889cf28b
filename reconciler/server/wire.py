"""The JSON of the wire: its objects, lists and errors, keys in the recorded order."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from reconciler.server import assistant_fields, decisions
from reconciler.server.database import Row
from reconciler.server.refusals import WireError
from reconciler.server.tables import Prepared

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


def prepared(row: Row) -> Prepared:
    """Return an assistant as JSON, before and after its file ids."""
    keys = assistant(row, ())
    position = [*keys].index("file_ids")
    items = [*keys.items()]
    head, tail = _json(dict(items[:position])), _json(dict(items[position + 1 :]))
    return Prepared(f'{head[:-1]},"file_ids":', f",{tail[1:]}" if len(tail) > len("{}") else "}")


def completed(text: Prepared, files: Sequence[str]) -> str:
    """Return an assistant as JSON."""
    return f"{text.head}{_json(files)}{text.tail}"


def prepared_reply(text: str) -> Response:
    """Return a success whose JSON is there already."""
    return Response(text.encode(), media_type="application/json")


def prepared_page(texts: Mapping[str, str], *, more: bool) -> str:
    """Return a list with cursors, of the JSON of its objects by id."""
    ends = page([{"id": identity} for identity in texts], more=more)
    rest = {key: value for key, value in ends.items() if key not in {"object", "data"}}
    return f'{{"object":"list","data":[{",".join(texts.values())}],{_json(rest)[1:]}'


def _json(value: Any) -> str:
    """Return JSON in the form of every reply."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


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
