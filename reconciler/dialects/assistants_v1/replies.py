"""What the replies of a v1 server mean: objects in their normal form, and refusals in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.api.errors import (
    APIStatusError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from reconciler.api.types import Assistant, FileObject, WireObject
from reconciler.model.resource import LiveAssistant, LiveFile

if TYPE_CHECKING:
    from reconciler.model.field import Fields

_GONE = 410
_METHOD = frozenset({405, 501})
_NO_LIST = frozenset({404, _GONE}) | _METHOD


def lacks_method(refused: APIStatusError) -> bool:
    """Return whether a server has no such request at all."""
    return refused.status_code in _METHOD


def keeps_content(refused: APIStatusError) -> bool:
    """Return whether a server does not let users read an upload."""
    return isinstance(refused, (BadRequestError, PermissionDeniedError)) or lacks_method(refused)


def lacks_list(refused: APIStatusError) -> bool:
    """Return whether a server has no such list."""
    return refused.status_code in _NO_LIST


def live_assistant(assistant: Assistant, fields: Fields) -> LiveAssistant:
    """Return the normal form: an absent value is None, absent tools and metadata are empty."""
    values = {row.name: _plain(getattr(assistant, row.name, None)) for row in fields.plain}
    metadata = assistant.metadata or {}
    pairs = {key: str(value) for key, value in metadata.items() if value is not None}
    raw = {key: value for key, value in metadata.items() if not isinstance(value, str | None)}
    ids, knows_files = tuple(assistant.file_ids), "file_ids" in assistant.model_fields_set
    extra = assistant.model_extra or {}
    others = {name: value for name, value in extra.items() if value not in (None, "", [], {})}
    return LiveAssistant(
        assistant.id,
        assistant.created_at,
        values,
        pairs,
        file_ids=ids,
        knows_files=knows_files,
        raw=raw,
        others=others,
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON values: the items of a list are objects of the client."""
    if isinstance(value, list):
        return [
            item.model_dump(exclude_unset=True) if isinstance(item, WireObject) else item for item in value
        ]
    return value


def live_file(upload: FileObject) -> LiveFile:
    """Return an upload whose content was not read."""
    return LiveFile(upload.id, upload.filename, upload.bytes)


def meaning(cause: APIStatusError, target: str) -> str:
    """Return what a refusal of the list of assistants means; it never means that nothing exists."""
    if isinstance(cause, NotFoundError) or cause.status_code == _GONE:
        return (
            f"{target} answers {cause.status_code} to its list of assistants, so the service is not there: "
            "either it was shut down (the hosted one closed on 2026-08-26), or the URL is wrong "
            f"(it must end in the version, as in /v1). Nothing was changed. The answer: {cause}"
        )
    if isinstance(cause, BadRequestError) and cause.code == "invalid_beta":
        return f"{target} does not speak assistants=v1. Nothing was changed. The answer: {cause}"
    return ""
