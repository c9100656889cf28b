"""Settings of a sender, and the meaning of requests and answers: everything but the waiting.

Errors state facts. The caller, which knows what its settings are called, adds the remedy (``remedied``).
"""

from __future__ import annotations

import math
import random
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypeVar

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
from reconciler.api.quiet_request import QuietRequest
from reconciler.api.response_body import MOST, Intake
from reconciler.api.retry import Failure, Retry
from reconciler.api.sentences import sent_texts, unrepeated
from reconciler.api.transport import is_loopback
from reconciler.errors import TargetError
from reconciler.model import credentials
from reconciler.model import pattern as re
from reconciler.model.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.api.call import Call
    from reconciler.api.multipart_part import Sent

T = TypeVar("T")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110: what a header's name may be
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9.-]+(?=[:/?#\s]|\Z)")
_LONGEST = 4096  # so that every path still fits behind it
_WIDEST = 120
_LAST_PORT = 65535


Fault: TypeAlias = Literal["url", "password", "unencrypted", "secret", "identity", "header", "origin"]


class SettingError(TargetError):
    """A setting that cannot be used; ``fact`` is the text without a remedy, ``fault`` what it is about."""

    def __init__(self, fault: Fault, fact: str, remedy: str = "") -> None:
        super().__init__(f"{fact}; {remedy}" if remedy else fact)
        self.fault = fault
        self.fact = fact


@contextmanager
def remedied(remedies: Mapping[Fault, str]) -> Iterator[None]:
    """Give a SettingError the remedy for its fault, instead of one that it has."""
    try:
        yield
    except SettingError as error:
        if error.fault not in remedies:
            raise
        raise SettingError(error.fault, error.fact, remedies[error.fault]) from error.__cause__


def patience(seconds: float, *, connect: float = 5) -> httpx.Timeout:
    """Return how long each network operation may take, and how long a connection."""
    return httpx.Timeout(seconds, connect=connect)


PATIENCE = patience(600)


@dataclass(frozen=True, slots=True)
class Wording:
    """A caller's words in errors: the noun for its secret, and the remedy for a redirect."""

    noun: str = "secret"
    redirect: str = ""


@dataclass(frozen=True)
class Settings:
    """Settings of a sender.

    ``base_url`` is what every path is added to. ``headers`` and ``query`` go with every request; ``identity``
    are headers over which all others win. The secret is sent as a bearer token to that one origin only, and
    over plain http to loopback only unless ``allow_http``. Raises SettingError when these do not fit.
    """

    base_url: str
    secret: str | None = field(default=None, repr=False)
    identity: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, object] = field(default_factory=dict, repr=False)
    timeout: httpx.Timeout = field(default_factory=lambda: PATIENCE)
    retry: Retry = field(default_factory=Retry)
    allow_http: bool = False
    deadline: float | None = None
    max_answer_bytes: int = MOST
    wording: Wording = Wording()

    def __post_init__(self) -> None:
        if self.deadline is not None and not 0 < self.deadline < math.inf:
            raise ValueError(f"deadline must be more than 0 seconds, or None, not {self.deadline}")
        if self.max_answer_bytes < 1:
            raise ValueError(f"max_answer_bytes must be 1 or more, not {self.max_answer_bytes}")
        url = _parsed(self.base_url)
        if url.userinfo:
            raise SettingError("password", "a server's URL must not carry a password")
        if url.scheme not in {"http", "https"} or not url.host or set(self.base_url) & set("?# "):
            raise SettingError("url", f"{_named(self.base_url)} is not a server")
        self._refuse_unsendable()
        is_bare = url.scheme == "http" and not is_loopback(self.base_url)
        is_secret = bool(self.secret) or any(map(credentials.is_secret_name, self.headers))
        if is_bare and is_secret and not self.allow_http:
            raise SettingError(
                "unencrypted", f"the {self.wording.noun} would travel unencrypted to {url.host}"
            )

    @cached_property
    def redactor(self) -> Redactor:
        """What hides the secrets that every request has: the key, and values of headers and of the query."""
        return Redactor.of(self.secret, *_secrets(self.headers, self.query))

    def redactor_of(self, call: Call[Any]) -> Redactor:
        """Return what hides the secrets that the request of a call has."""
        if not (call.extras.headers or call.extras.query):
            return self.redactor
        return self.redactor.and_of(*_secrets(call.extras.headers or {}, call.extras.query or {}))

    def _refuse_unsendable(self) -> None:
        if not _fits_header(self.secret or ""):
            raise SettingError(
                "secret",
                f"the {self.wording.noun} has a line break in it, a letter beyond ASCII, or a blank at one "
                "end, so no header can carry it",
            )
        self._refuse_unsendable_headers("identity", self.identity)
        self._refuse_unsendable_headers("header", self.headers)

    def _refuse_unsendable_headers(self, fault: Fault, headers: Mapping[str, str]) -> None:
        for name, value in headers.items():
            if not (_TOKEN.match(name) and _fits_header(value)):
                raise SettingError(fault, f"no request can carry the header {name!r}")

    def at(self, base_url: str) -> Self:
        """Return the same for another path of the same origin; SettingError for another origin."""
        if _origin(base_url) != _origin(self.base_url):
            raise SettingError(
                "origin",
                f"a copy stays with {self.base_url}, as its {self.wording.noun} and headers do; "
                f"for {base_url} make a client of its own",
            )
        return replace(self, base_url=base_url)

    @contextmanager
    def request(self, call: Call[T]) -> Iterator[httpx.Request]:
        """Build the request of a Call, the secret included, valid for as long as this lasts."""
        with ExitStack() as files:
            yield self._request(
                call, {name: files.enter_context(part.opened()) for name, part in call.parts.items()}
            )

    def _request(self, call: Call[T], parts: Mapping[str, Sent]) -> httpx.Request:
        asked = call.extras.timeout
        timeout = self.timeout if isinstance(asked, NotGiven) else httpx.Timeout(asked)
        body: dict[str, Any] = {"data": call.sent_body, "files": parts} if parts else {"json": call.sent_body}
        return QuietRequest(
            call.method,
            f"{self.base_url.rstrip('/')}/{call.url}",
            params={**written(self.query), **call.sent_query},
            headers=self._headers(call),
            extensions={"timeout": timeout.as_dict()},
            **body,
        )

    def deadline_of(self, request: httpx.Request) -> Deadline:
        """Return the end of an attempt that begins now; no single operation of it may take longer."""
        deadline = Deadline.of(request, self.deadline)
        timeouts = request.extensions["timeout"]
        request.extensions["timeout"] = {name: deadline.clip(value) for name, value in timeouts.items()}
        return deadline

    def intake(self, answer: httpx.Response, call: Call[Any], deadline: Deadline) -> Intake:
        """Reads the body of an answer, within the limits."""
        return Intake(answer, call, self.max_answer_bytes, deadline, redactor=self.redactor_of(call))

    def _headers(self, call: Call[T]) -> httpx.Headers:
        """Merge the headers: names are compared without case, and the last value wins."""
        ours = {
            "Accept": "application/json",
            "User-Agent": f"assistants-sync/{__version__}",
            "Authorization": f"Bearer {self.secret}" if self.secret else None,
            **self.identity,
        }
        headers = httpx.Headers({name: value for name, value in ours.items() if value})
        for more in (call.headers, self.headers, call.extras.headers or {}):
            headers.update(more)
        wrong = [name for name, value in headers.items() if not (_TOKEN.match(name) and _fits_header(value))]
        if wrong:
            raise ValueError(f"no request can carry the header {wrong[0]!r}")
        return headers

    def accepted(self, call: Call[Any], response: httpx.Response) -> httpx.Response:
        """Return a successful answer; raises the error that any other means, which must be read already."""
        if not response.is_success:
            raise error_for(response, call, self.redactor_of(call), self.wording.redirect)
        if (
            response.is_closed
        ):  # its stream refers back to it, and would keep its body until the collector comes
            response.stream = httpx.ByteStream(b"")
        return response

    def result(self, call: Call[T], response: httpx.Response) -> T:
        """Return the result in a successful answer that was read; raise the error it means instead."""
        read = (
            call.answer.without(self.redactor_of(call)) if isinstance(call.answer, Reading) else call.answer
        )
        try:
            return read(response.content)
        except (ValueError, RecursionError) as cause:
            call.fail(self._unexpected(call, response, cause), created_id=_id_in(response.content))

    def _unexpected(self, call: Call[T], response: httpx.Response, cause: Exception) -> APIError:
        redactor = self.redactor_of(call)
        why = unrepeated(problem(cause, response.content, redactor), [*sent_texts(call.sent_body)])
        error = APIResponseValidationError(
            f"{call.method} /{call.url} answered {response.status_code}, but {why}",
            status_code=response.status_code,
            request_id=redactor.hidden(response.headers.get("x-request-id", "")),
        )
        error.__cause__ = cause
        return error


def _secrets(headers: Mapping[str, Any], query: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets in headers and in a query."""
    given = {name: value for name, value in headers.items() if isinstance(value, str)}
    yield from credentials.in_headers(given)
    yield from credentials.in_url("?" + "&".join(f"{name}={value}" for name, value in written(query).items()))


def _id_in(body: bytes) -> str:
    try:
        return created(parsed(body))
    except BodyError:
        return ""


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        parsed.host.encode("idna")  # as a look-up of the host will
    except (httpx.InvalidURL, UnicodeError):
        # The cause may quote a password.
        raise SettingError("url", f"{_named(url)} is not a URL") from None
    if len(url) > _LONGEST or ("%" in parsed.host and ":" not in parsed.host):
        raise SettingError("url", f"{_named(url)} is not a URL")
    if parsed.port is not None and not 0 < parsed.port <= _LAST_PORT:
        raise SettingError("url", f"the port of {_named(url)} is not between 1 and {_LAST_PORT}")
    return parsed


def _named(url: str) -> str:
    """Return the scheme and the host of a URL that is refused; anything else of it may be a secret."""
    found = None if "@" in url else _PLAIN.match(url)
    if found is None or len(found[0]) > _WIDEST:
        return "the text that was given as the server's URL"
    return repr(found[0] if found[0] == url else f"{found[0]}…")


def _fits_header(text: str) -> bool:
    return text.isascii() and text.isprintable() and text == text.strip()


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = _parsed(url)
    return parsed.scheme, parsed.host, parsed.port


@dataclass
class Attempts:
    """The attempts at one Call.

    ``doubt`` says whether one of them may have taken effect, ``waited`` how many seconds lay between them.
    """

    retry: Retry
    call: Call[Any]
    made: int = 0
    doubt: bool = False
    waited: float = 0.0

    def wait_or_raise(self, error: APIError, answer: httpx.Response | None) -> float:
        """Return seconds until the next attempt; raise the error for the caller when there is none."""
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
