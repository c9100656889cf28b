"""Uploads that a server returns under another name, or with their content in another form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.resource import LiveFile
    from reconciler.model.state import Intent


def is_alike(upload: LiveFile, intent: Intent) -> bool:
    """Return whether an upload may be the one of an intent: of its size and name, a prefix aside."""
    is_new = upload.size == intent.size and upload.id not in intent.known
    return is_new and upload.is_named(intent.filename)


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
