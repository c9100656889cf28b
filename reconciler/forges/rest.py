"""JSON over HTTP as both forges speak it: settings, pages, and the meaning of refusals."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from reconciler.api.call import Call
from reconciler.api.errors import APIError, UnknownOutcomeError
from reconciler.api.http_sender import AsyncHttpSender, async_sender
from reconciler.api.retry import Retry
from reconciler.api.settings import Fault, Settings, Wording, patience, remedied
from reconciler.api.transport import async_socket
from reconciler.forges.comments import DeniedError, ForgeError, LostError, MissingError, TooLongError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from pathlib import Path

T = TypeVar("T")
ShapeT = TypeVar("ShapeT", bound="Shape")

_DEADLINE = 30.0
_TRIES = 4
_PAGE = 100
_PAGES = 60  # twice what GitHub allows on one pull request, and more than GitLab does
_WRONG = 400
_KEYLESS = 401
_FORBIDDEN = 403
_ABSENT = frozenset({404, 410})
_LONG = frozenset({413, 422})
_BUSY = 429


class Shape(BaseModel):
    """The fields that are read of an answer; all others are ignored."""

    model_config = ConfigDict(frozen=True, strict=True)


@dataclass(frozen=True)
class Forge:
    """A kind of forge, and what a job on it calls its settings.

    ``credential`` and ``api`` are the environment variables with the token and the URL; ``scope`` is what a
    path names.
    """

    name: str
    credential: str
    api: str
    scope: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def wording(self) -> Wording:
        """The words of errors about a connection."""
        return Wording("token", f"check {self.api}, and whether the {self.scope} was renamed")

    @property
    def remedies(self) -> Mapping[Fault, str]:
        """What to do about settings that cannot be used."""
        return {
            "url": f"check {self.api}",
            "password": f"remove it from {self.api}",
            "unencrypted": f"{self.api} must begin with https://",
            "secret": self.check_token,
        }

    @property
    def check_token(self) -> str:
        """What to do about a token that cannot be used."""
        return f"check {self.credential}, or the file that --token-file names"


def settings(forge: Forge, url: str, token: str) -> Settings:
    """Return how to reach a forge; SettingError for what cannot be used, or would show the token."""
    with remedied(forge.remedies):
        return Settings(
            url,
            token,
            timeout=patience(_DEADLINE),
            retry=Retry(_TRIES),
            deadline=_DEADLINE,
            wording=forge.wording,
        )


@asynccontextmanager
async def connected(
    forge: Forge, url: str, token: str, *, proxy_from_environment: bool = False, ca_file: Path | None = None
) -> AsyncIterator[AsyncHttpSender]:
    """Connect to a forge's API, and give the token to that one origin."""
    chosen = settings(forge, url, token)
    transport = async_socket(url, proxy_from_environment=proxy_from_environment, ca_file=ca_file)
    async with async_sender(chosen, transport) as sender:
        yield sender


@dataclass(frozen=True)
class Rest:
    """Exchanges with one forge; ``needs`` says what a token must be allowed."""

    sender: AsyncHttpSender
    forge: Forge
    needs: str

    async def read(self, path: tuple[str, ...], shape: type[ShapeT]) -> ShapeT:
        """Return one object."""
        with self._forge_errors():
            return await self.sender.send(self._call("GET", path, shape.model_validate_json))

    async def write(
        self, method: str, path: tuple[str, ...], body: Mapping[str, object], shape: type[ShapeT]
    ) -> ShapeT:
        """Create or change an object, and return it."""
        call = self._call(method, path, shape.model_validate_json, body=body, repeatable=method != "POST")
        with self._forge_errors():
            return await self.sender.send(call)

    async def delete(self, path: tuple[str, ...]) -> None:
        """Delete an object."""
        with self._forge_errors():
            await self.sender.send(self._call("DELETE", path, lambda _: None))

    async def each(
        self, path: tuple[str, ...], query: Mapping[str, object], shape: type[ShapeT]
    ) -> AsyncIterator[ShapeT]:
        """Yield every object of a list; ForgeError when it has no end."""
        read = TypeAdapter(list[shape]).validate_json  # type: ignore[valid-type] # known when it runs
        for page in range(1, _PAGES + 1):
            asked = {**query, "per_page": _PAGE, "page": page}
            call: Call[list[ShapeT]] = self._call("GET", path, read, query=asked)
            with self._forge_errors():
                answer = await self.sender.respond(call)
                objects = self.sender.result(call, answer)
            for item in objects:
                yield item
            if "next" not in answer.links:  # which page that is we know; its address is not followed
                return
        raise ForgeError(
            f"{self.forge.name} lists more than {_PAGES * _PAGE:,} of them, which is more than is read"
        )

    def _call(self, method: str, path: tuple[str, ...], answer: Callable[[bytes], T], **rest: Any) -> Call[T]:
        return Call(method, path, answer, headers=self.forge.headers, **rest)

    @contextmanager
    def _forge_errors(self) -> Iterator[None]:
        """Raise every failure of an exchange as a ForgeError."""
        try:
            yield
        except APIError as error:
            raise self._meaning(error) from error

    def _meaning(self, error: APIError) -> ForgeError:
        if isinstance(error, UnknownOutcomeError):
            return LostError(f"{self.forge.name}: {error}")
        if error.status_code is None:
            return ForgeError(str(error))
        answer = f"{self.forge.name} answered: {error}"
        return self._refusal(error.status_code, error.message.lower(), answer)

    def _refusal(self, status: int, message: str, answer: str) -> ForgeError:
        if status == _BUSY or (status == _FORBIDDEN and "rate limit" in message):
            return ForgeError(
                f"{self.forge.name} limits the rate of requests; run the job again later. {answer}"
            )
        if status == _KEYLESS:
            return DeniedError(f"the token is not valid; {self.forge.check_token}. {answer}")
        if status == _FORBIDDEN:
            return DeniedError(f"the token may not do this; it needs {self.needs}. {answer}")
        if status in _ABSENT:
            return MissingError(f"not found, or hidden from the token, which needs {self.needs}. {answer}")
        is_long = status in _LONG or (status == _WRONG and "too long" in message)
        return TooLongError(answer) if is_long else ForgeError(answer)
