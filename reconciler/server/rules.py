"""Rules of request bodies and queries: pure checks that return clean values or raise a refusal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.model import pattern as re
from reconciler.server import assistant_fields, decisions, refusals
from reconciler.server.checks import chosen, decoded, file_id, known, prefixed, present
from reconciler.server.pages import Window

Fields = dict[str, Any]
Query = Sequence[tuple[str, str]]

PURPOSES: Final = ("fine-tune", "assistants")

_ORDERS: Final = ("asc", "desc")
_LIMIT: Final = 20
_HIGHEST: Final = 100
# Longer digits are no number that a caller means, and int() has a limit of its own.
_INTEGER: Final = re.compile(r"-?[0-9]{1,1000}")


def creation(body: bytes) -> Fields:
    """Return the fields of a new assistant; what was not sent is absent, null is still null."""
    sent = decoded(body)
    known(sent, assistant_fields.checks())
    present(sent, assistant_fields.required())
    return _checked(sent)


def change(body: bytes) -> Fields:
    """Return the fields to change; what was not sent is absent, null is still null."""
    sent = decoded(body)
    known(sent, assistant_fields.checks())
    return _checked(sent)


def attachment(body: bytes) -> str:
    """Return the id of the file to attach."""
    sent = decoded(body)
    known(sent, ("file_id",))
    present(sent, ("file_id",))
    return file_id("file_id", sent["file_id"])


def window(query: Query) -> Window:
    """Return the page that the query of a list asks for."""
    sent = dict(query)
    known(sent, ("limit", "order", "after", "before"))
    order = chosen("order", sent.get("order", "desc"), _ORDERS)
    return Window(_limit(sent.get("limit")), order == "desc", sent.get("after"), sent.get("before"))


def narrowed(query: Query) -> tuple[str | None, Window | None]:
    """Return the purpose that narrows the list of files, and the page of it, if the query has one."""
    sent = dict(query)
    known(sent, ("purpose", "limit", "order", "after"))
    order = chosen("order", sent.get("order", decisions.NEWEST_FIRST), _ORDERS)
    limit = _limit(sent.get("limit"), decisions.FILES_ON_A_PAGE, decisions.FILES_ON_A_PAGE)
    paged = sent.keys() - {"purpose"}
    return sent.get("purpose"), Window(limit, order == "desc", sent.get("after")) if paged else None


def purpose(value: str) -> str:
    """Return the purpose of an uploaded file."""
    return chosen("purpose", value, PURPOSES)


def assistant(identity: str) -> str:
    """Return an id from a path, if it can be an assistant's."""
    return prefixed("assistant_id", identity, "asst")


def _limit(value: str | None, default: int = _LIMIT, highest: int = _HIGHEST) -> int:
    if value is None:
        return default
    if not _INTEGER.fullmatch(value):
        raise refusals.wrong_type("limit", "an integer", value)
    limit = int(value)
    if limit > highest:
        raise refusals.large_integer("limit", highest, limit)
    if limit < 1:
        raise refusals.small_integer("limit", 1, limit)
    return limit


def _checked(sent: Mapping[str, Any]) -> Fields:
    checks = assistant_fields.checks()
    return {name: checks[name](name, value) for name, value in sent.items()}
