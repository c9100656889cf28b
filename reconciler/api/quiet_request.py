"""Requests whose repr shows no secret, for tools that report errors, and exceptions without any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.redactor import Redactor


class QuietHeaders(httpx.Headers):
    """Headers whose repr has their names alone."""

    def __repr__(self) -> str:
        return f"Headers({[*self]})"


class QuietRequest(httpx.Request):
    """A request whose repr has neither its query nor the values of its headers."""

    def __init__(self, method: str, url: str, **rest: Any) -> None:
        super().__init__(method, url, **rest)
        self.headers = QuietHeaders(self.headers)

    def __repr__(self) -> str:
        return f"<Request({self.method!r}, {_bare(self.url)!r})>"


def silence(cause: BaseException, redactor: Redactor) -> None:
    """Take the secrets out of an exception of httpx and out of those that led to it.

    Their requests keep method and path; their texts lose what the redactor knows.
    """
    for one in _chain(cause):
        if isinstance(one, httpx.RequestError) and one._request is not None:  # noqa: SLF001 - its property raises for None
            one.request = QuietRequest(one.request.method, _bare(one.request.url))
        one.args = tuple(redactor.redacted(part) if isinstance(part, str) else part for part in one.args)


def _chain(cause: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and every one that it came from, each once."""
    left, seen = [cause], set[int]()
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            left += (one.__cause__, one.__context__)


def _bare(url: httpx.URL) -> str:
    """Return a URL without user, password, query and fragment."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))
