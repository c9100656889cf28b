"""Which server a command talks to, and a provider for it."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.cli.ci_environment import in_ci
from reconciler.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from reconciler.dialects import Provider

EMBEDDED = "embedded"
DATABASE = "embedded.sqlite3"
_DEADLINE = 30.0
_CONNECT = 5.0


@dataclass(frozen=True)
class Target:
    """A server as a person named it; the key is never part of its text."""

    server: str
    database: Path
    key: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    allow_http: bool = False
    proxy_from_environment: bool = False
    ca_file: Path | None = None
    settle: float = 0.0

    @asynccontextmanager
    async def provider(self, *, reading: bool) -> AsyncIterator[Provider]:
        """A provider for this server; one for ``reading`` cannot send anything but GET."""
        if self.server == EMBEDDED:
            async with self._embedded(reading=reading) as provider:
                yield provider
        else:
            async with self._remote(reading=reading) as provider:
                yield provider

    @asynccontextmanager
    async def _remote(self, *, reading: bool) -> AsyncIterator[Provider]:
        from reconciler.api import AsyncClient, Timeout, async_socket, read_only  # noqa: PLC0415 - not for --help
        from reconciler.dialects import AssistantsV1  # noqa: PLC0415 - the same

        way = async_socket(
            self.server, proxy_from_environment=self.proxy_from_environment, ca_file=self.ca_file
        )
        async with AsyncClient(
            base_url=self.server,
            api_key=self.key,
            timeout=Timeout(_DEADLINE, connect=_CONNECT),
            deadline=_DEADLINE,
            patient=True,
            default_headers=self.headers,
            allow_http=self.allow_http,
            transport=read_only(way) if reading else way,
        ) as client:
            yield AssistantsV1(client, self.server, settle=self.settle)

    @asynccontextmanager
    async def _embedded(self, *, reading: bool) -> AsyncIterator[Provider]:
        from reconciler.api import AsyncClient, in_process, read_only  # noqa: PLC0415 - not for --help
        from reconciler.dialects import AssistantsV1  # noqa: PLC0415 - the same
        from reconciler.server import Database, create_app  # noqa: PLC0415 - the same

        with Database.view(self.database) if reading else Database.open(self.database) as database:
            way = in_process(create_app(database))
            async with AsyncClient(
                base_url="http://embedded/v1", api_key="", transport=read_only(way) if reading else way
            ) as client:
                yield AssistantsV1(client, "the embedded server")


def choose(  # noqa: PLR0913 - each is one thing a person may set
    server: str | None,
    key_file: Path | None,
    headers: Sequence[str],
    state: Path,
    *,
    allow_http: bool,
    proxy_from_environment: bool = False,
    ca_file: Path | None = None,
    settle: float = 0.0,
) -> Target:
    """The target that options and environment name; TargetError when they name none or contradict.

    With no URL it is the embedded server, its database under the state folder; but a CI, or a key,
    means that somebody meant a real one.
    """
    if server is not None and not server.strip():
        raise TargetError(f"--server is empty; name a URL, or --server {EMBEDDED}")
    key = _key(key_file)
    if not server and (key or in_ci()):
        why = "a key is set" if key else "CI is set"
        raise TargetError(f"no server was named although {why}: say --server URL, or --server {EMBEDDED}")
    chosen = (server or EMBEDDED).rstrip("/")
    named = dict(_header(one) for one in headers)
    return Target(
        chosen,
        state / DATABASE,
        "" if chosen == EMBEDDED else key,
        named,
        allow_http,
        proxy_from_environment,
        ca_file,
        settle,
    )


def _key(file: Path | None) -> str:
    return os.environ.get("OPENAI_API_KEY", "") if file is None else key_in(file)


def key_in(file: Path) -> str:
    """The key that a file holds; TargetError when it holds none."""
    try:
        found = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as cause:
        why = getattr(cause, "strerror", None) or "it is not text"
        raise TargetError(f"cannot read the key from {file}: {why}") from cause
    if not found or not found.isascii() or not found.isprintable():
        raise TargetError(f"{file} does not hold a key: one line of printable characters is expected")
    return found


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable() or not text.isascii():
        raise TargetError("--header takes 'Name: value'")
    return name.strip(), value.strip()
