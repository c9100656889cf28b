"""JSON over HTTP as both forges speak it: pages, and refusals told apart."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from reconciler.api import AsyncClient, Timeout, async_socket
from reconciler.api.call import Call
from reconciler.api.errors import APIError, UnknownOutcomeError
from reconciler.forges.comments import DeniedError, ForgeError, LostError, MissingError, TooLongError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from pathlib import Path

T = TypeVar("T")
ShapeT = TypeVar("ShapeT", bound="Shape")

_DEADLINE = 30.0
_CONNECT = 5.0
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
    """What is read of an answer; everything else in it is somebody else's."""

    model_config = ConfigDict(frozen=True, strict=True)


@asynccontextmanager
async def connected(
    url: str, token: str, *, proxy_from_environment: bool = False, ca_file: Path | None = None
) -> AsyncIterator[AsyncClient]:
    """A client of a forge's API, which gives the token to that one origin."""
    way = async_socket(url, proxy_from_environment=proxy_from_environment, ca_file=ca_file)
    async with AsyncClient(
        base_url=url,
        api_key=token,
        organization="",
        project="",
        timeout=Timeout(_DEADLINE, connect=_CONNECT),
        deadline=_DEADLINE,
        max_retries=_TRIES,
        transport=way,
    ) as client:
        yield client


@dataclass(frozen=True)
class Rest:
    """Exchanges with one forge; ``needs`` tells whom it refuses what a token must be allowed."""

    client: AsyncClient
    forge: str
    needs: str
    headers: Mapping[str, str] = field(default_factory=dict)

    async def read(self, path: tuple[str, ...], shape: type[ShapeT]) -> ShapeT:
        """One object."""
        with self._told():
            return await self.client.send(self._call("GET", path, shape.model_validate_json))

    async def write(
        self, method: str, path: tuple[str, ...], body: Mapping[str, object], shape: type[ShapeT]
    ) -> ShapeT:
        """Make or change an object, and read what became of it."""
        call = self._call(method, path, shape.model_validate_json, body=body, repeatable=method != "POST")
        with self._told():
            return await self.client.send(call)

    async def delete(self, path: tuple[str, ...]) -> None:
        """Delete an object."""
        with self._told():
            await self.client.send(self._call("DELETE", path, lambda _: None))

    async def each(
        self, path: tuple[str, ...], query: Mapping[str, object], shape: type[ShapeT]
    ) -> AsyncIterator[ShapeT]:
        """Every object of a list; ForgeError when it has no end."""
        read = TypeAdapter(list[shape]).validate_json  # type: ignore[valid-type] # known when it runs
        for page in range(1, _PAGES + 1):
            asked = {**query, "per_page": _PAGE, "page": page}
            call: Call[list[ShapeT]] = self._call("GET", path, read, query=asked)
            with self._told():
                answer = await self.client.respond(call)
                found = self.client.result(call, answer)
            for one in found:
                yield one
            if "next" not in answer.links:  # which page that is we know; its address is not followed
                return
        raise ForgeError(
            f"{self.forge} lists more than {_PAGES * _PAGE:,} of them, which is more than is looked at"
        )

    def _call(self, method: str, path: tuple[str, ...], answer: Callable[[bytes], T], **rest: Any) -> Call[T]:
        return Call(method, path, answer, headers=self.headers, **rest)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Every failure of the wire as one of a forge."""
        try:
            yield
        except APIError as error:
            raise self._meaning(error) from error

    def _meaning(self, error: APIError) -> ForgeError:
        status, said = error.status_code, f"{self.forge} answered: {error}"
        if isinstance(error, UnknownOutcomeError):
            return LostError(f"{self.forge}: {error}")
        if status is None:
            return ForgeError(str(error))
        if status == _BUSY or (status == _FORBIDDEN and "rate limit" in error.message.lower()):
            return ForgeError(
                f"{self.forge} is asked too often at the moment; run the job again later. {said}"
            )
        if status in {_KEYLESS, _FORBIDDEN}:
            return DeniedError(f"the token may not do this; it needs {self.needs}. {said}")
        if status in _ABSENT:
            return MissingError(
                f"there is no such thing, or the token may not see it; it needs {self.needs}. {said}"
            )
        is_long = status in _LONG or (status == _WRONG and "too long" in error.message.lower())
        return TooLongError(said) if is_long else ForgeError(said)
