"""Uploads that a server returns under another name, or with their content in another form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.resource import LiveFile
    from reconciler.model.state import Intent

_BEFORE = "-_/. "  # what separates the prefix of a server from the name of a file


def is_alike(upload: LiveFile, intent: Intent) -> bool:
    """Return whether an upload may be the one of an intent: of its size and name, a prefix aside."""
    if upload.size != intent.size or upload.id in intent.known:
        return False
    prefix = upload.filename.removesuffix(intent.filename)
    return upload.filename == intent.filename or (prefix != upload.filename and prefix[-1] in _BEFORE)


def true_content(content: bytes, size: int | None) -> bytes:
    """Return the content of an upload of a known size; some servers return it as a JSON string."""
    if size is None or len(content) == size or not content.startswith(b'"'):
        return content
    try:
        decoded = json.loads(content)
        plain = decoded.encode() if isinstance(decoded, str) else content
    except ValueError:
        return content
    return plain if len(plain) == size else content
