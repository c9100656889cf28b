"""The values of one assistant as they are declared, and what keeps it from being declared at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.config.codes import RULES
from reconciler.config.errors import ConfigError
from reconciler.config.exporting.account import owner, shown, texts
from reconciler.config.exporting.decisions import Decisions
from reconciler.config.limits import CODES
from reconciler.config.source import Source
from reconciler.config.text import compose
from reconciler.config.writing import document
from reconciler.model import pattern as re
from reconciler.model.address import is_remote_id
from reconciler.model.canonical import canonical
from reconciler.model.field import TAG, Files, Items, Mapped
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.config.exporting.account import Account
    from reconciler.model.field import Field
    from reconciler.model.resource import LiveAssistant

SECRET = "it looks like a secret"  # noqa: S105 - the words, and no secret
"""Why a value is left out."""
UNREADABLE = "YAML cannot have it so that it is read back as it is"
"""The same, of a value that no file can have."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def declared(row: Field, live: LiveAssistant) -> Any:
    """Return the value of a field that a configuration declares; None where it declares none.

    What counts as absent, such as an empty text, is not named, and so stays as it is.
    """
    found = row.present(row.found(live))
    if isinstance(row, Mapped) and found:
        return dict(sorted(found.items()))
    return None if found == "" or found in ([], {}, ()) else found


def judged(account: Account) -> Decisions:
    """Return what is clear before anything is written: what cannot be adopted, and what is secret."""
    decisions = Decisions()
    for one in account.assistants:
        reason = next(_obstacles(account, one), "")
        if reason:
            decisions = decisions.skip(one.id, reason)
            continue
        for path, why in _left_out(account, one):
            decisions = decisions.leave(one.id, path, why)
    return decisions


def _obstacles(account: Account, one: LiveAssistant) -> Iterator[str]:
    """Yield why an assistant cannot be adopted."""
    if not is_remote_id(one.id):
        yield "its id has characters that no id has"
    for row in account.dialect.fields:
        yield from _of_field(account, row, one)
    yield from _of_mark(one)
    if account.lists_uploads and one.knows_files:
        unknown = [file_id for file_id in one.file_ids if file_id not in account.uploads]
        yield from (f"it contains {shown(file_id)}, which the server does not list" for file_id in unknown)


def _of_field(account: Account, row: Field, one: LiveAssistant) -> Iterator[str]:
    value = declared(row, one)
    if value is None and row.required:
        yield f"it has no {row.name}"
    if any("\ud800" <= letter <= "\udfff" for text in texts(value) for letter in text if not text.isascii()):
        yield f"`{row.name}` has a character that is no text"
    if value is not None:
        yield from _beyond_limits(row, value)
    if row.required and any(map(account.is_secret, texts(value))):
        yield f"`{row.name}`: {SECRET}"


def _beyond_limits(row: Field, value: Any) -> Iterator[str]:
    """Yield the limits of the dialect that a value violates, and the items of unknown kinds."""
    for problem in row.problems(value):
        if not RULES[CODES[problem.limit]].guesses:
            yield problem.message
    if isinstance(row, Items):
        for item in value:
            yield from _of_item(row, item)


def _of_item(row: Items, item: Mapping[str, Any]) -> Iterator[str]:
    kind = row.kind(item)
    body = kind.body(item)
    if kind not in row.kinds or (kind.inner and not body):
        yield f"`{row.name}` has {shown(str(item.get(TAG)))}, which is unknown here"
    elif kind.key:
        yield from (problem.message for problem in row.key_problems(kind, str(body.get(kind.key))))


def _of_mark(one: LiveAssistant) -> Iterator[str]:
    former = owner(one)
    if former is None:
        if one.has_unknown_mark:
            yield f"its {MARK_KEY} is no ownership mark; remove that key, or use a newer assistants-sync"
        return
    try:
        Owner.parse(str(former))
    except ValueError:
        yield "its ownership mark names an owner that cannot be written"


def _left_out(account: Account, one: LiveAssistant) -> Iterator[tuple[str, str]]:
    """Yield the path of each value that is left out, and the reason."""
    titled = account.dialect.fields.title
    for row in account.dialect.fields:
        value = declared(row, one)
        if isinstance(row, Files):
            yield from _left_files(account, row, one)
        elif isinstance(row, Mapped):
            for key, inner in (value or {}).items():
                if any(map(account.is_secret, texts([key, inner]))):
                    yield f"{row.name}.{key}", SECRET
                elif not is_readable(key, inner):
                    yield f"{row.name}.{key}", UNREADABLE
        elif any(map(account.is_masked if row is titled else account.is_secret, texts(value))):
            yield row.name, SECRET
        elif isinstance(row, Items):
            yield from ((row.name, reason) for reason in _unwritable(account, row, one))


def _unwritable(account: Account, row: Items, one: LiveAssistant) -> Iterator[str]:
    """Yield why a list cannot be declared: an item has more than a configuration can say of it."""
    for item in row.found(one) or ():
        if keys := row.uncompared(item):
            named = ", ".join("'...'" if account.is_secret(key) else shown(key) for key in keys)
            yield f"{shown(row.label(item))} has {named}, which a configuration cannot have"
            return


def is_readable(key: str, value: Any) -> bool:
    """Return whether a pair can be written as YAML that our reader reads as the same."""
    if isinstance(value, str) and _PLAIN_KEY.fullmatch(key):
        return True
    try:
        found = compose(Source("", document({key: value}))).plain()
    except ConfigError:
        return False
    return canonical(found) == canonical({key: value})


def _left_files(account: Account, row: Files, one: LiveAssistant) -> Iterator[tuple[str, str]]:
    if not one.knows_files:
        yield row.name, "the server does not say which it contains"
    elif one.file_ids and not account.lists_uploads:
        yield row.name, "the server has no list of uploads"
