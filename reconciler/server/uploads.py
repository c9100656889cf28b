"""The upload: a multipart body, streamed to a temporary file and from there into the database."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from reconciler.server import refusals, rules, tables, wire
from reconciler.server.calls import Call, called
from reconciler.server.checks import known, present

LIMIT: Final = 512 << 20
_WRAPPING: Final = 1 << 20  # what boundaries and the other part may weigh
_PARTS: Final = ("file", "purpose")


async def receive(request: Request) -> Response:
    """POST /files."""
    metered = Request(request.scope, _metered(request.receive))
    # Starlette spools a part to disk from 1 MiB on.
    async with metered.form(max_files=len(_PARTS), max_fields=len(_PARTS)) as form:
        return await run_in_threadpool(_store, called(request), form)


def _metered(receive: Receive) -> Receive:
    total = 0

    async def metered() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > LIMIT + _WRAPPING:
            raise refusals.large_file(LIMIT)
        return message

    return metered


def _store(call: Call, form: FormData) -> Response:
    known(form, _PARTS)
    present(form, _PARTS)
    upload, purpose = _file(form), _purpose(form)
    with call.database.write() as connection:
        identity = tables.add_file(connection, _name(upload), purpose, content=upload.file, now=call.now())
        return wire.reply(wire.file(tables.file(connection, identity)))


def _only(form: FormData, part: str) -> UploadFile | str:
    values = form.getlist(part)
    if len(values) > 1:
        raise refusals.long_array(part, 1, len(values))
    return values[0]


def _file(form: FormData) -> UploadFile:
    upload = _only(form, "file")
    if isinstance(upload, str):
        raise refusals.wrong_type("file", "a file", upload)
    if (upload.size or 0) > LIMIT:
        raise refusals.large_file(LIMIT)
    return upload


def _purpose(form: FormData) -> str:
    purpose = _only(form, "purpose")
    if not isinstance(purpose, str):
        raise refusals.wrong_type("purpose", "a string", purpose)
    return rules.purpose(purpose)


def _name(upload: UploadFile) -> str:
    # Both separators: a path from another system is still a path.
    name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    if not name:
        raise refusals.unexpected("file", upload.filename or "", "a part with a file name")
    return name
