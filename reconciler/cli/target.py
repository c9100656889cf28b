"""The server that a command talks to, and a provider for it."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.cli.ci_environment import in_ci
from reconciler.cli.known_secrets import KNOWN
from reconciler.cli.refused_connection import explained
from reconciler.errors import TargetError
from reconciler.model.sources import Source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.api.settings import Fault
    from reconciler.dialects import Dialect, Provider
    from reconciler.server import Database

EMBEDDED = "embedded"
DATABASE = "embedded.sqlite3"
_EMBEDDED_URL = "http://embedded/v1"
_REMEDIES: Mapping[Fault, str] = {
    "password": "give the key in OPENAI_API_KEY or with --api-key-file",
    "unencrypted": "use https, or pass --allow-http",
    "secret": "check OPENAI_API_KEY, or the file that --api-key-file names",
}


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
    delay: float = 0.0

    @asynccontextmanager
    async def provider(self, dialect: Dialect, *, reading: bool) -> AsyncIterator[Provider]:
        """Connect to this server; a provider for ``reading`` cannot send anything but GET."""
        from reconciler.api import async_socket, read_only  # noqa: PLC0415 - not for --help
        from reconciler.api.settings import remedied  # noqa: PLC0415 - the same
        from reconciler.dialects import Connection  # noqa: PLC0415 - the same

        async with AsyncExitStack() as open_until_done:
            if self.server == EMBEDDED:
                transport = open_until_done.enter_context(self._embedded(dialect, reading=reading))
                connection = Connection(
                    "the embedded server", _EMBEDDED_URL, key="", transport=transport, keeps_rest=True
                )
            else:
                transport = async_socket(
                    self.server, proxy_from_environment=self.proxy_from_environment, ca_file=self.ca_file
                )
                connection = Connection(
                    self.server,
                    self.server,
                    key=self.key,
                    transport=transport,
                    headers=self.headers,
                    allow_http=self.allow_http,
                    delay=self.delay,
                )
            if reading:
                connection = replace(connection, transport=read_only(transport))
            with remedied(_REMEDIES):
                provider = await open_until_done.enter_async_context(dialect.provider(connection))
            with explained(self):
                yield provider

    @contextmanager
    def _embedded(self, dialect: Dialect, *, reading: bool) -> Iterator[Any]:
        from reconciler.api import in_process  # noqa: PLC0415 - not for --help
        from reconciler.server import Database, create_app, speaks  # noqa: PLC0415 - the same

        if not speaks(dialect.name):
            raise TargetError(
                f"the embedded server does not speak the dialect {dialect.name}; "
                "name a server with --server URL"
            )
        with Database.view(self.database) if reading else kept(self.database) as database:
            yield in_process(create_app(database))


def kept(path: Path) -> Database:
    """Open the database in a state folder; git ignores that folder from the first time on."""
    from reconciler.server import Database  # noqa: PLC0415 - not for --help
    from reconciler.store.folder import ignore  # noqa: PLC0415 - the same

    is_new = not path.exists()
    database = Database.open(path)
    if is_new:
        ignore(path.parent)
    return database


def is_embedded(server: str | None) -> bool:
    """Return whether a server is named that is the embedded one."""
    return server is not None and server.rstrip("/") == EMBEDDED


def choose(  # noqa: PLR0913 - each is one option
    server: str | None,
    key_file: Path | None,
    headers: Sequence[str],
    state: Path,
    *,
    allow_http: bool,
    proxy_from_environment: bool = False,
    ca_file: Path | None = None,
    delay: float = 0.0,
) -> Target:
    """Return the target that options and environment name; TargetError when they name none or contradict.

    With no URL it is the embedded server, its database under the state folder. In a CI, or with a key, the
    server must be named.
    """
    if server is not None and not server.strip(" /"):
        raise TargetError(f"--server is empty; name a URL, or --server {EMBEDDED}")
    key = _key(key_file)
    if not server and (key or in_ci()):
        why = "a key is set" if key else "CI is set"
        raise TargetError(f"no server was named although {why}: say --server URL, or --server {EMBEDDED}")
    chosen = (server or EMBEDDED).rstrip("/")
    return Target(
        chosen,
        state / DATABASE,
        key="" if chosen == EMBEDDED else key,
        headers=dict(_header(text) for text in headers),
        allow_http=allow_http,
        proxy_from_environment=proxy_from_environment,
        ca_file=ca_file,
        delay=delay,
    )


def named(options: Mapping[str, Any], state: Path) -> Target:
    """Return the target that the options of a command name; ``state`` has the embedded server's database."""
    return choose(
        options["server"],
        options["api_key_file"],
        options["headers"],
        state,
        allow_http=options["allow_http"],
        proxy_from_environment=options["proxy_from_environment"],
        ca_file=options["ca_file"],
        delay=options["settle"],
    )


def _key(file: Path | None) -> str:
    return os.environ.get("OPENAI_API_KEY", "") if file is None else key_in(file)


def key_in(file: Path) -> str:
    """Return the key that a file holds; TargetError when it holds none."""
    try:
        key = file.read_text(encoding="utf-8").strip()
        KNOWN.learn([(key, Source(f"the key in {file}"))])
    except (OSError, UnicodeDecodeError) as cause:
        why = getattr(cause, "strerror", None) or "it is not text"
        raise TargetError(f"cannot read the key from {file}: {why}") from cause
    if not key or not key.isascii() or not key.isprintable():
        raise TargetError(f"{file} does not hold a key: one line of printable characters is expected")
    return key


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable() or not text.isascii():
        raise TargetError("--header takes 'Name: value'")
    return name.strip(), value.strip()
