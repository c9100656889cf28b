"""Errors of exchanges with a server.

::

    APIError                            the root; message, request_id, body, code, param, type, status_code
    ├── APIConnectionError              no answer, or one that broke off
    │   └── APITimeoutError             no answer in time
    ├── APIResponseValidationError      an answer that is not the object it should be
    ├── StreamConsumedError             a body that was iterated already, or whose block has ended
    ├── UnknownOutcomeError             a create, upload or attach that may or may not have happened
    └── APIStatusError                  an answer that says no
        ├── BadRequestError 400  AuthenticationError 401  PermissionDeniedError 403
        ├── NotFoundError 404    ConflictError 409        UnprocessableEntityError 422
        └── RateLimitError 429   InternalServerError 500 and above

A redirect is an APIStatusError too: it is never followed, since it would carry the request elsewhere.
"""

from __future__ import annotations

import re
import socket
import ssl
from typing import TYPE_CHECKING, Any

import httpx

from reconciler.api.json_body import BodyError, parsed
from reconciler.api.sentences import reason
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.api.call import Call
    from reconciler.model.redactor import Redactor


class APIError(ReconcilerError):
    """The wire failed.

    ``request_id`` is the server's name for the exchange, empty when unknown; ``status_code`` is None when
    no answer came. ``body`` is the server's own error object, or its text; ``code``, ``param`` and ``type``
    are None unless that object has them as texts. ``had_no_effect`` is set by the sender: it is True only if
    no attempt at this one call can have changed anything, as ``Failure.is_known`` decides.
    """

    def __init__(
        self, message: str, *, status_code: int | None = None, request_id: str = "", body: Any = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.request_id = request_id
        self.body = body
        self.code = _text(body, "code")
        self.param = _text(body, "param")
        self.type = _text(body, "type")
        self.had_no_effect = False

    def __str__(self) -> str:
        return f"{self.message} (request {self.request_id})" if self.request_id else self.message


class APIConnectionError(APIError):
    """No answer came; ``sent`` says whether the request may have reached the server."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class APITimeoutError(APIConnectionError):
    """No answer came in time."""


class APIResponseValidationError(APIError):
    """The answer is not the object that was asked for: HTML, another shape, another ``object``."""


class StreamConsumedError(APIError):
    """The body of a streamed answer is gone."""


class UnknownOutcomeError(APIError):
    """The request may or may not have taken effect, and repeating it could do it twice.

    Look for its effect before trying again. ``__cause__`` is what happened to the exchange;
    ``had_no_effect`` is never True. ``created_id`` is the id in the body of a success that could not be read;
    empty when there was none.
    """

    def __init__(self, message: str, *, created_id: str = "", **rest: Any) -> None:
        super().__init__(message, **rest)
        self.created_id = created_id


class APIStatusError(APIError):
    """The server answered, and the answer is no."""

    status_code: int


class BadRequestError(APIStatusError):
    """400: the request itself is wrong."""


class AuthenticationError(APIStatusError):
    """401: no key, or one the server does not know."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such object, or no such collection."""


class ConflictError(APIStatusError):
    """409: the request conflicts with another one."""


class UnprocessableEntityError(APIStatusError):
    """422: understood and refused."""


class RateLimitError(APIStatusError):
    """429: too many requests; nothing happened."""


class InternalServerError(APIStatusError):
    """500 and above: the server failed, and may have acted before it did."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
_FAILED = 500
_LOCATION = 200
_LINKS = 20  # from one exception to the one before it
_UNAUTHORISED = 401
_UNCLEAR = "{words}. Is the URL right, and the server running?"
# What began to fail, and what that means; the first that is met.
_MET: dict[type[BaseException], str] = {
    socket.gaierror: "the host of {what} cannot be resolved ({words}). Is its name right?",
    ssl.SSLCertVerificationError: (
        "{words}. Does the certificate name this host, and is its authority trusted?"
    ),
    ssl.SSLError: "{words}. Does {what} speak TLS on this port?",
    ConnectionRefusedError: "{what} refused the connection. Is its address right, and is it running?",
}
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_HOST = re.compile(r"https?://([^\s/:]+)")
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # the proxy refused the tunnel through which the request would have gone
    httpx.UnsupportedProtocol,
)
_LATE = (httpx.TimeoutException, TimeoutError)


def was_sent(cause: Exception) -> bool:
    """Return whether a request may have reached the server although its exchange ended with this exception.

    Every exception but a few says so, those of other libraries too: what is not known may have happened.
    """
    return not isinstance(cause, _NOT_SENT)


def unsent(cause: Exception) -> Exception:
    """Return the exception of httpx for what failed before the request began to be written."""
    kind = httpx.ConnectTimeout if isinstance(cause, _LATE) else httpx.ConnectError
    return kind(_words(cause))


def unanswered(cause: Exception, url: str, proxy: str = "") -> APIConnectionError:
    """Return the error for an exchange that gave no whole answer; ``proxy`` is the address of one."""
    late, sent = isinstance(cause, _LATE), was_sent(cause)
    problem = "no answer in time from" if late else "no whole answer from" if sent else "no connection to"
    kind = APITimeoutError if late else APIConnectionError
    return kind(f"{problem} {url}: {_reason(cause, proxy)}", sent=sent)


def _reason(cause: Exception, proxy: str) -> str:
    if isinstance(cause, httpx.ProxyError):
        named = proxy or "in between"
        return f"the proxy {named} refused the tunnel: {_words(cause)}. Check the proxy's URL and user"
    if not isinstance(cause, httpx.RequestError):
        return _words(cause)
    what = f"the proxy {proxy}" if proxy else "the server"
    sentence = next((said for kind, said in _MET.items() if met(cause, kind)), _UNCLEAR)
    return sentence.format(what=what, words=_words(cause).rstrip("."))


def met(cause: BaseException | None, kind: type[BaseException]) -> bool:
    """Return whether an exception of a kind led to this one."""
    for _ in range(_LINKS):
        if cause is None or isinstance(cause, kind):
            break
        group = cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        cause = group[0] if group else cause.__cause__ or cause.__context__
    return isinstance(cause, kind)


def _words(cause: Exception) -> str:
    name, text = type(cause).__name__, " ".join(str(cause).split())
    if not text:
        return name
    return text if isinstance(cause, httpx.RequestError) else f"{name}: {text}"


def error_for(
    response: httpx.Response, call: Call[Any], redactor: Redactor, redirect: str = ""
) -> APIStatusError:
    """Return the error that a refusing answer means; ``redactor`` hides the secrets that it repeats.

    ``redirect`` is the remedy that an error about a redirect names.
    """
    status = response.status_code
    body = _body_of(response, redactor)
    sentence = _location(response, redactor, redirect) or _sentence(response, body, call, redactor)
    kind = InternalServerError if status >= _FAILED else _BY_STATUS.get(status, APIStatusError)
    return kind(
        f"{call.method} /{call.url} answered {status}: {sentence}",
        status_code=status,
        request_id=redactor.hidden(response.headers.get("x-request-id", "")),
        body=body,
    )


def _text(body: Any, key: str) -> str | None:
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, str) else None


def _body_of(response: httpx.Response, redactor: Redactor) -> Any:
    text = response.content.decode(errors="replace")  # whatever charset the answer claims
    try:
        found = redactor.hidden(parsed(response.content))
    except BodyError:
        return redactor.hidden(text)
    return found.get("error", found) if isinstance(found, dict) else found


def _location(response: httpx.Response, redactor: Redactor, remedy: str) -> str:
    """Say where a redirect leads; empty for what is none."""
    if not response.has_redirect_location:
        return ""
    location = redactor.hidden(response.headers["location"])[:_LOCATION]
    return f"redirect to {location!r} refused" + (f"; {remedy}" if remedy else "")


def _sentence(response: httpx.Response, body: Any, call: Call[Any], redactor: Redactor) -> str:
    said = reason(body, call.sent_body) or redactor.hidden(response.reason_phrase)
    if response.status_code == _UNAUTHORISED:
        said = _without_foreign_links(said, response.request.url.host)
    return said.removeprefix(f"{response.status_code} ")


def _without_foreign_links(text: str, host: str) -> str:
    """Return a refusal without sentences that lead to another host: a server may copy those of a service."""
    kept = [one for one in _SENTENCES.split(text) if set(_HOST.findall(one)) <= {host}]
    return " ".join(kept) or _HOST.sub("…", text)
