"""What is exported: the chosen assistants and their uploads, each with the name that it gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.config.exporting import naming
from reconciler.model.characters import quoted
from reconciler.model.keys import keys as secrets
from reconciler.model.keys import masked
from reconciler.model.resource import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.dialects import Dialect
    from reconciler.model.resource import LiveAssistant, Unread

FALLBACK = "assistant"
"""The key of an assistant whose name has no letter that a key may have."""
_SHOWN, _REASON = 60, 300  # characters


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that an assistant contains: the path of its content, or the ``note`` why it has none."""

    id: str
    filename: str
    path: str = ""
    note: str = ""


@dataclass(frozen=True)
class Account:
    """What is exported, in order of age.

    ``uploads`` has every upload of the account that a chosen assistant contains, by its id. ``unreadable``
    are assistants of which only the id is known. ``is_known`` says whether a text
    has a secret of this process.
    """

    project: str
    dialect: Dialect
    assistants: Sequence[LiveAssistant]
    uploads: Mapping[str, Upload]
    is_known: Callable[[str], bool]
    unreadable: Sequence[Unread] = ()
    lists_uploads: bool = True

    def is_secret(self, text: str) -> bool:
        """Return whether a text may not be written: it has a known secret, or what looks like one."""
        return self.is_known(text) or bool(secrets(text))

    def is_masked(self, name: str) -> bool:
        """Return whether the name of an assistant may not be written: lists mask it, also an example."""
        return self.is_secret(name) or masked(name) != name

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The key of each assistant by its id; one that is this project's keeps its key."""
        own = [(one.id, one.mark.name) for one in self.assistants if one.mark and self._is_own(one)]
        kept = {one for one, _ in own}
        others = [(one.id, self._stem(one)) for one in self.assistants if one.id not in kept]
        return naming.keys([*own, *others])

    def _is_own(self, one: LiveAssistant) -> bool:
        return owner(one) == Owner(self.project) and one.mark is not None and naming.is_key(one.mark.name)

    def _stem(self, one: LiveAssistant) -> str:
        name = self.name(one)
        return FALLBACK if self.is_masked(name) else naming.slug(name) or FALLBACK

    def name(self, one: LiveAssistant) -> str:
        """Return what users call an assistant; empty where it has no name."""
        title = self.dialect.fields.title
        return (title and title.found(one)) or ""

    def label(self, one: LiveAssistant) -> str:
        """Return the id and the name of an assistant, as a comment or a message may have them."""
        name = self.name(one)
        return one.id if not name or self.is_masked(name) else f"{one.id} {shown(name)}"

    def unread(self, one: Unread) -> str:
        """Return what is said of an assistant that cannot be read; the reason may repeat what it has."""
        reason = "" if self.is_secret(one.problem) else f": {plain(one.problem[:_REASON])}"
        return f"{shown(one.id)} is not exported: it cannot be read{reason}"


def owner(one: LiveAssistant | Unread) -> Owner | None:
    """Return whose ownership mark an assistant has."""
    return Owner(one.mark.project, one.mark.environment) if one.mark else None


def shown(text: str) -> str:
    """Return a text in quotes, in ASCII on one line, with nothing in it that acts or looks like a key."""
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return "'...'" if secrets(cut) else _ascii(quoted(cut))


def plain(text: str) -> str:
    """Return a text in ASCII on one line, with nothing in it that acts."""
    return _ascii(quoted(text)[1:-1])


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def texts(value: object) -> Iterator[str]:
    """Yield every text in a JSON value, the keys of its objects too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts(inner)
