"""What both clients are built from, and what a request and its answer mean: everything but the waiting."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from reconciler import __version__
from reconciler.api.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    UnknownOutcomeError,
    blotted,
    error_for,
)
from reconciler.api.retry import Failure, Retry
from reconciler.api.transport import is_loopback
from reconciler.api.types import NotGiven
from reconciler.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api.call import Call

T = TypeVar("T")

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Settings:
    """What both clients are built from.

    ``base_url`` ends in the version, as in ``http://127.0.0.1:8123/v1``; there is no default.
    ``timeout`` in seconds for each network operation. The key is sent to that one origin only, and over
    plain http to loopback only unless ``allow_http``. Raises TargetError when these do not fit.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 600.0
    retry: Retry = field(default_factory=Retry)
    allow_http: bool = False

    def __post_init__(self) -> None:
        url = _parsed(self.base_url)
        if url.userinfo:
            raise TargetError("a server's URL must not carry a password; give the key by OPENAI_API_KEY")
        if url.scheme not in {"http", "https"} or not url.host or set(self.base_url) & set("?# "):
            raise TargetError(f"{self.base_url!r} is not a server; write http(s)://HOST[:PORT]/v1")
        key = self.api_key or ""
        if key != key.strip() or not key.isprintable():
            raise TargetError(
                "the key has a line break in it, or a blank at one end, so no header can carry it; "
                "look at OPENAI_API_KEY"
            )
        bare = url.scheme == "http" and not is_loopback(self.base_url)
        if bare and self.api_key and not self.allow_http:
            raise TargetError(
                f"the key would travel unencrypted to {url.host}; use https, or --allow-http if that is meant"
            )

    def request(self, call: Call[T]) -> httpx.Request:
        """The request a Call means, the key included; header names are compared without case."""
        headers = httpx.Headers(
            {"Accept": "application/json", "User-Agent": f"assistants-sync/{__version__}"}
        )
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        for more in (self.headers, call.headers, call.extras.headers or {}):
            headers.update(more)
        timeout = call.extras.timeout
        if isinstance(timeout, NotGiven):
            timeout = httpx.Timeout(self.timeout, connect=min(self.timeout, 5))
        sent: dict[str, Any] = (
            {"data": call.sent_body, "files": call.parts} if call.parts else {"json": call.sent_body}
        )
        return httpx.Request(
            call.method,
            f"{self.base_url.rstrip('/')}/{call.url}",
            params=call.sent_query,
            headers=headers,
            extensions={"timeout": httpx.Timeout(timeout).as_dict()},
            **sent,
        )

    def result(self, call: Call[T], response: httpx.Response) -> T:
        """What a read response means; raises the error it means instead."""
        if not response.is_success:
            raise error_for(response, self.api_key)
        try:
            return call.answer(response.content)
        except ValueError as cause:
            kind = response.headers.get("content-type", "no content type")
            raise APIResponseValidationError(
                f"{call.method} /{call.url} answered {response.status_code} with something that is not "
                f"what was asked for ({blotted(kind, self.api_key)})",
                request_id=blotted(response.headers.get("x-request-id", ""), self.api_key),
            ) from cause


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        parsed.raw_host.decode().encode("idna")  # as a look-up of the host will
    except (httpx.InvalidURL, UnicodeError) as cause:
        raise TargetError(f"{url!r} is not a URL: {cause}") from cause
    return parsed


def from_environment(base_url: str | None, api_key: str | None, **others: Any) -> Settings:
    """Settings in which a URL or key that is None comes from the environment; an empty key stays none."""
    url = base_url or os.environ.get("OPENAI_BASE_URL")
    if not url:
        raise TargetError("no server: pass base_url=, or set OPENAI_BASE_URL; there is no default")
    key = os.environ.get("OPENAI_API_KEY") if api_key is None else api_key
    return Settings(url, key or None, **others)


def unreachable(cause: httpx.RequestError, url: str) -> APIConnectionError:
    """The error for an exchange that gave no answer at all."""
    late = isinstance(cause, httpx.TimeoutException)
    what = "no answer in time from" if late else "no connection to"
    kind = APITimeoutError if late else APIConnectionError
    sent = not isinstance(cause, _NOT_SENT)
    return kind(
        f"{what} {url}: {str(cause) or type(cause).__name__}. Is the URL right, and the server running?",
        sent=sent,
    )


def wait_or_raise(
    retry: Retry, call: Call[T], error: APIError, answer: httpx.Response | None, attempt: int
) -> float:
    """Seconds until the next attempt at a Call; raises what the caller shall see when there is none."""
    failure = _failure(error, answer)
    unread = isinstance(error, APIResponseValidationError)
    wait = None
    if not unread:
        wait = retry.delay(attempt, failure, repeatable=call.repeatable, chance=random.random())  # noqa: S311 - jitter
    if wait is not None:
        return wait
    if call.repeatable or (failure.is_known and not unread):
        raise error
    raise UnknownOutcomeError(
        f"{call.method} /{call.url} may or may not have taken effect: {error.message}",
        request_id=error.request_id,
        body=error.body,
    ) from error


def _failure(error: APIError, answer: httpx.Response | None) -> Failure:
    if answer is None:
        return Failure(sent=not isinstance(error, APIConnectionError) or error.sent)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Failure(status=answer.status_code, headers=headers, now=time.time())
