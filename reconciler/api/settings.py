"""What both clients are built from, and what a request and its answer mean: everything but the waiting."""

from __future__ import annotations

import math
import random
import re
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from reconciler import __version__
from reconciler.api.arguments import NotGiven
from reconciler.api.call import written
from reconciler.api.deadline import Deadline
from reconciler.api.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    error_for,
)
from reconciler.api.json_body import BodyError, Reading, created, parsed, problem
from reconciler.api.response_body import MOST, Intake
from reconciler.api.retry import Failure, Retry
from reconciler.api.sentences import blotted, sent_texts, unrepeated
from reconciler.api.transport import is_loopback
from reconciler.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.api.call import Call
    from reconciler.api.multipart_part import Sent

T = TypeVar("T")

PATIENCE = httpx.Timeout(600, connect=5)
"""How long each network operation may take unless a caller says otherwise, in seconds."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110: what a header's name may be
_SECRET = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key"})


@dataclass(frozen=True)
class Settings:
    """What both clients are built from.

    ``base_url`` ends in the version, as in ``http://127.0.0.1:8123/v1``; there is no default. ``headers``
    and ``query`` go with every request. The key is sent to that one origin only, and over plain http to
    loopback only unless ``allow_http``. Raises TargetError when these do not fit.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    organization: str | None = None
    project: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, object] = field(default_factory=dict)
    timeout: httpx.Timeout = field(default_factory=lambda: PATIENCE)
    retry: Retry = field(default_factory=Retry)
    allow_http: bool = False
    deadline: float | None = None
    max_answer_bytes: int = MOST

    def __post_init__(self) -> None:
        if self.deadline is not None and not 0 < self.deadline < math.inf:
            raise ValueError(f"deadline must be more than 0 seconds, or None, not {self.deadline}")
        if self.max_answer_bytes < 1:
            raise ValueError(f"max_answer_bytes must be 1 or more, not {self.max_answer_bytes}")
        url = _parsed(self.base_url)
        if url.userinfo:
            raise TargetError("a server's URL must not carry a password; give the key by OPENAI_API_KEY")
        if url.scheme not in {"http", "https"} or not url.host or set(self.base_url) & set("?# "):
            raise TargetError(f"{self.base_url!r} is not a server; write http(s)://HOST[:PORT]/v1")
        self._refuse_unsendable()
        is_bare = url.scheme == "http" and not is_loopback(self.base_url)
        is_secret = bool(self.api_key) or any(name.lower() in _SECRET for name in self.headers)
        if is_bare and is_secret and not self.allow_http:
            raise TargetError(
                f"the key would travel unencrypted to {url.host}; use https, or --allow-http "
                "(allow_http=True) if that is meant"
            )

    def _refuse_unsendable(self) -> None:
        if not _fits_header(self.api_key or ""):
            raise TargetError(
                "the key has a line break in it, a letter beyond ASCII, or a blank at one end, so no header "
                "can carry it; look at OPENAI_API_KEY"
            )
        if not _fits_header(self.organization or "") or not _fits_header(self.project or ""):
            raise TargetError(
                "the organization or the project holds what no header can carry; look at OPENAI_ORG_ID and "
                "OPENAI_PROJECT_ID"
            )
        for name, value in self.headers.items():
            if not (_TOKEN.match(name) and _fits_header(value)):
                raise TargetError(f"no request can carry the header {name!r}")

    def at(self, base_url: str) -> Settings:
        """The same for another path of the same origin; TargetError for another origin."""
        if _origin(base_url) != _origin(self.base_url):
            raise TargetError(
                f"a copy stays with {self.base_url}, as its key and headers do; "
                f"for {base_url} make a client of its own"
            )
        return replace(self, base_url=base_url)

    @contextmanager
    def request(self, call: Call[T]) -> Iterator[httpx.Request]:
        """The request a Call means, the key included, valid for as long as this lasts."""
        with ExitStack() as files:
            yield self._request(
                call, {name: files.enter_context(part.opened()) for name, part in call.parts.items()}
            )

    def _request(self, call: Call[T], parts: Mapping[str, Sent]) -> httpx.Request:
        asked = call.extras.timeout
        timeout = self.timeout if isinstance(asked, NotGiven) else httpx.Timeout(asked)
        body: dict[str, Any] = {"data": call.sent_body, "files": parts} if parts else {"json": call.sent_body}
        return httpx.Request(
            call.method,
            f"{self.base_url.rstrip('/')}/{call.url}",
            params={**written(self.query), **call.sent_query},
            headers=self._headers(call),
            extensions={"timeout": timeout.as_dict()},
            **body,
        )

    def deadline_of(self, request: httpx.Request) -> Deadline:
        """When an attempt that begins now must be over; no single operation of it may take longer."""
        deadline = Deadline.of(request, self.deadline)
        timeouts = request.extensions["timeout"]
        request.extensions["timeout"] = {name: deadline.clip(value) for name, value in timeouts.items()}
        return deadline

    def intake(self, answer: httpx.Response, call: Call[Any], deadline: Deadline) -> Intake:
        """Reads the body of an answer, within the limits."""
        return Intake(answer, call, self.max_answer_bytes, deadline, secret=self.api_key)

    def _headers(self, call: Call[T]) -> httpx.Headers:
        """Names are compared without case, and the last word wins."""
        ours = {
            "Accept": "application/json",
            "User-Agent": f"assistants-sync/{__version__}",
            "Authorization": f"Bearer {self.api_key}" if self.api_key else None,
            "OpenAI-Organization": self.organization,
            "OpenAI-Project": self.project,
        }
        headers = httpx.Headers({name: value for name, value in ours.items() if value})
        for more in (call.headers, self.headers, call.extras.headers or {}):
            headers.update(more)
        wrong = [name for name, value in headers.items() if not (_TOKEN.match(name) and _fits_header(value))]
        if wrong:
            raise ValueError(f"no request can carry the header {wrong[0]!r}")
        return headers

    def accepted(self, call: Call[Any], response: httpx.Response) -> httpx.Response:
        """A successful answer; raises the error that any other means, which must be read already."""
        if not response.is_success:
            raise error_for(response, call, self.api_key)
        if (
            response.is_closed
        ):  # its stream refers back to it, and would keep its body until the collector comes
            response.stream = httpx.ByteStream(b"")
        return response

    def result(self, call: Call[T], response: httpx.Response) -> T:
        """What a successful answer that was read means; raises the error it means instead."""
        read = call.answer.without(self.api_key) if isinstance(call.answer, Reading) else call.answer
        try:
            return read(response.content)
        except (ValueError, RecursionError) as cause:
            call.fail(self._unexpected(call, response, cause), created_id=_id_in(response.content))

    def _unexpected(self, call: Call[T], response: httpx.Response, cause: Exception) -> APIError:
        why = unrepeated(problem(cause, response.content, self.api_key), [*sent_texts(call.sent_body)])
        error = APIResponseValidationError(
            f"{call.method} /{call.url} answered {response.status_code}, but {why}",
            status_code=response.status_code,
            request_id=blotted(response.headers.get("x-request-id", ""), self.api_key),
        )
        error.__cause__ = cause
        return error


def _id_in(body: bytes) -> str:
    try:
        return created(parsed(body))
    except BodyError:
        return ""


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        parsed.raw_host.decode().encode("idna")  # as a look-up of the host will
    except (httpx.InvalidURL, UnicodeError) as cause:
        raise TargetError(f"{url!r} is not a URL: {cause}") from cause
    return parsed


def _fits_header(text: str) -> bool:
    return text.isascii() and text.isprintable() and text == text.strip()


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = _parsed(url)
    return parsed.scheme, parsed.host, parsed.port


@dataclass
class Attempts:
    """The attempts at one Call.

    ``doubt`` tells whether one of them may have taken effect, ``waited`` how many seconds lay between them.
    """

    retry: Retry
    call: Call[Any]
    made: int = 0
    doubt: bool = False
    waited: float = 0.0

    def wait_or_raise(self, error: APIError, answer: httpx.Response | None) -> float:
        """Seconds until the next attempt; raises what the caller shall see when there is none."""
        if isinstance(error, APIResponseValidationError):  # too long, and it would be again
            self.call.fail(error)
        failure = _failure(error, answer)
        self.doubt = self.doubt or not failure.is_known
        chance = random.random()  # noqa: S311 - jitter
        wait = self.retry.delay(
            self.made, failure, repeatable=self.call.repeatable, chance=chance, waited=self.waited
        )
        error.message += self.retry.excess(failure, self.waited)
        if wait is None or (failure.sent and not self.call.is_replayable):
            error.had_no_effect = not self.doubt
            self.call.fail(error)
        self.made += 1
        self.waited += wait
        return wait


def _failure(error: APIError, answer: httpx.Response | None) -> Failure:
    if answer is None:
        return Failure(sent=not isinstance(error, APIConnectionError) or error.sent)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Failure(status=answer.status_code, headers=headers, now=time.time())
