"""Which requests are meant: a method and a path in which stars stand for what may vary."""

from typing import Final

from reconciler.model import pattern as re
from reconciler.server.wire import PREFIX

EVERYTHING: Final = "* /**"

_FORM: Final = re.compile(r"(?:\*|[A-Z]+) /\S*")
_STARS: Final = re.compile(r"(\*\*|\*)")
_MEANING: Final = {"*": "[^/]+", "**": ".*"}


class Pattern:
    """Such as `POST /assistants` or `* /assistants/*/files`; `*` is one segment, `**` any number of them.

    It covers whole paths, so that `/assistants` alone is the collection. The prefix of the version may be
    left out. Raises ValueError for a text of another form.
    """

    def __init__(self, text: str) -> None:
        if not _FORM.fullmatch(text):
            raise ValueError(text)
        self._method, _, path = text.partition(" ")
        parts = _STARS.split(path.removeprefix(PREFIX))
        expression = "".join(_MEANING.get(part, re.escape(part)) for part in parts)
        self._path = re.compile(expression, re.DOTALL)

    def covers(self, method: str, path: str) -> bool:
        """Return whether a request is meant."""
        named = self._method in {"*", method}
        return named and self._path.fullmatch(path.removeprefix(PREFIX)) is not None
