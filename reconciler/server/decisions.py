"""Everything the known facts about the wire leave open, decided here and nowhere else."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from reconciler.server import refusals

WHEN_FILE_GOES: Final = "CASCADE"
"""Deleting an attached file drops its attachments: an id that leads nowhere is useless."""

WHEN_ASSISTANT_GOES: Final = "CASCADE"
"""Deleting an assistant drops its attachments and nothing else: files are objects of their own and stay."""

SORT_COLUMNS: Final = ("created_at", "number")
"""Ties in the whole seconds of created_at are broken by the insertion number, so that pages never overlap."""

REMEMBERED: Final = 10_000
"""How many deleted or detached objects stay usable as cursors of their list; the oldest are forgotten first.

A cursor is a position and not an object: a caller that deletes while it lists continues from where it was.
The positions are rows of the database, so a restart does not lose them.
"""

FILES: Final = 20
"""The documented limit of files on one assistant; it also counts what is attached one by one."""

PURPOSE: Final = "assistants"
"""Only a file of this purpose may be attached: a fine-tune file was never meant for a tool to read."""

STATUS: Final[Mapping[str, str]] = {"assistants": "processed", "fine-tune": "uploaded"}
"""What `status` says for ever: recordings show these two at once, and nothing here works on files later."""

NEWEST_FIRST: Final = "desc"
"""The unpaged list of uploads comes newest first, as every other list does by default."""

FILES_ON_A_PAGE: Final = 10_000
"""The limit of a page of uploads, which newer clients ask for; who asks for none gets the whole list."""

_READABLE: Final = frozenset(
    {".c", ".cpp", ".docx", ".html", ".java", ".json", ".md", ".pdf"}
    | {".php", ".pptx", ".py", ".rb", ".tex", ".txt"}
)


def merged(stored: Mapping[str, Any], sent: Mapping[str, Any], blank: Mapping[str, Any]) -> dict[str, Any]:
    """Lay what was sent over what is stored.

    A field left out stays, so `{}` changes nothing. Null clears, which is what nullable can mean at all. Any
    other value replaces the whole field, metadata included: a merge could never take a key away. An empty
    string is a value and is kept as it is.
    """
    return {**stored, **{name: blank[name] if value is None else value for name, value in sent.items()}}


def length(text: str) -> int:
    """Count a text for its limit in code points, the one count that no encoding changes."""
    return len(text)


def metadata_text(param: str, value: Any) -> str:
    """Turn a metadata scalar into text with `str`, as v1 was recorded to do (True became "True").

    Null is refused: it is as likely to mean "remove this key" as "None", and guessing would lose one of them.
    """
    if value is None or isinstance(value, dict | list):
        raise refusals.wrong_type(param, "a string", value)
    return str(value)


def distinct(files: Iterable[str]) -> list[str]:
    """Attach a file that is named twice once, at its first position: attaching is idempotent everywhere."""
    return list(dict.fromkeys(files))


def replaced(attached: Sequence[str], wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """Say what a new file_ids detaches and attaches.

    What is in both keeps its attachment, created_at and position, so that file_ids stays in attach order.
    """
    leaving = [file for file in attached if file not in wanted]
    coming = [file for file in wanted if file not in attached]
    return leaving, coming


def admit_one_more(attached: int) -> None:
    """Refuse the 21st file with the code that an array of 21 would have had."""
    if attached >= FILES:
        raise refusals.long_array("file_ids", FILES, attached + 1)


def admit_purpose(param: str, file: str, purpose: str) -> None:
    """Refuse a file of another purpose when it is attached, not when it is first used."""
    if purpose != PURPOSE:
        raise refusals.unexpected(
            param, file, f"a file with purpose '{PURPOSE}', but its purpose is '{purpose}'"
        )


def admit_readable(tools: Iterable[Mapping[str, Any]], names: Iterable[str]) -> None:
    """Refuse files that retrieval cannot read, whichever came first, the tool or the file.

    v1 offers every attached file to every tool, so another tool that could read the file is no excuse.
    """
    if any(tool["type"] == "retrieval" for tool in tools):
        refused = sorted({_extension(name) for name in names} - _READABLE)
        if refused:
            raise refusals.unsupported_files(refused)


def _extension(name: str) -> str:
    return PurePosixPath(name).suffix.lower() or "none"


def walks_back(after: str | None, before: str | None) -> bool:
    """Say whether a page is cut from its far end.

    `before` alone answers the objects right before the cursor, in list order, and `has_more` is about more
    beyond them, away from the cursor. With both cursors the page holds objects strictly between them, counted
    from `after`.
    """
    return before is not None and after is None


def unknown_cursor(name: str, value: str) -> refusals.WireError:
    """Refuse a cursor that never was in the list: an empty page would read as the end of it."""
    return refusals.unexpected(name, value, "the ID of an object in this list")


def require_deleted(gone: int, refusal: refusals.WireError) -> None:
    """Answer a repeated delete as any other use of an unknown id, with a 404."""
    if not gone:
        raise refusal
