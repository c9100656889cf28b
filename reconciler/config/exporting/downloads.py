"""Which uploads become files of a project, by their names, their sizes and what they contain."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from reconciler.config.exporting import naming
from reconciler.config.exporting.account import Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.model.resource import LiveFile

LARGEST = 64 * 1024 * 1024
"""Bytes of an upload that is downloaded."""
LONGEST = 4 * 1024 * 1024
"""Bytes of a text that is looked through for keys."""


def obstacle(upload: LiveFile, is_secret: Callable[[str], bool]) -> str:
    """Return why an upload is not downloaded; empty where it is."""
    if found := naming.obstacle(upload.filename):
        return found
    if is_secret(upload.filename):
        return "its name looks like a secret"
    return f"it is larger than {LARGEST // 1024**2} MiB" if upload.size > LARGEST else ""


def refusal(
    content: bytes | None, *, is_secret: Callable[[str], bool], is_known: Callable[[bytes], bool]
) -> str:
    """Return why a content is not written; empty where it is."""
    if content is None:
        return "the server lets no user read it"
    if is_known(content):
        return "its content has a secret"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ""
    if len(content) > LONGEST:
        return f"it is a text of more than {LONGEST // 1024**2} MiB, which is not looked through for secrets"
    return "its content has what looks like a secret" if is_secret(text) else ""


def digest(content: bytes) -> str:
    """Return the digest by which two uploads of one name are compared."""
    return sha256(content).hexdigest()


def placed(
    folder: str, uploads: Iterable[LiveFile], digests: Mapping[str, str], notes: Mapping[str, str]
) -> dict[str, Upload]:
    """Return every upload by its id, with its path where it has a digest, else with its note.

    Two uploads of the same name and content would be one, so the second one is named by its id.
    """
    found: dict[str, Upload] = {}
    same: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for upload in sorted(uploads, key=lambda one: one.id):
        identity = upload.filename, digests.get(upload.id, "")
        note, path = notes.get(upload.id, ""), ""
        if not note and identity in same:
            note = f"it has the name and the content of {same[identity]}"
        elif not note:
            path = same[identity] = naming.path(folder, upload.filename, taken)
        found[upload.id] = Upload(upload.id, upload.filename, path, note)
    return found
