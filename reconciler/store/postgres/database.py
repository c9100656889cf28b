"""One database: connections, timeouts, and errors, which never contain the password."""

from __future__ import annotations

import os
import socket
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Timer
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from reconciler.errors import StoreError
from reconciler.model.redactor import Redactor

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError as cause:
    raise StoreError(
        "a state in PostgreSQL needs psycopg, which is missing: "
        "run pip install '.[postgres]' in a checkout of assistants-sync."
    ) from cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

_LONGEST_ANSWER = 300  # characters of what a server says

# A host that vanished without a word is only noticed by a client that asks it something. A holder is silent
# for minutes while it talks to the server of the assistants, so the kernel asks: after 10 s of silence, and 4
# times, 5 s apart, or until what was sent has been without an answer for 30 s.
_REACHED: dict[str, str] = {
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "4",
    "tcp_user_timeout": "30000",
    "application_name": "assistants-sync",
}

# What every server knows is asked for while connecting. A pooler that shares its connections between clients,
# where a session's lock would belong to no client, refuses to be asked this, and so is refused as well.
_DURABLE = (
    "-c synchronous_commit=on -c default_transaction_isolation=read\\ committed -c search_path=pg_catalog"
)

# Where one of these is set, the operator has decided about encryption already; a service file may.
_DECIDING = ("PGSSLMODE", "PGREQUIRESSL", "PGSERVICE")

_ASKED = "SELECT current_setting('synchronous_commit'), current_setting('search_path')"
_AGAIN = "Run the same command again once address, user and password are right and the server answers."
_UNENCRYPTED = (
    "Without encryption others could read the password and the state. Turn on TLS in the server; or, if you "
    "trust the network, set PGSSLMODE=prefer."
)
_POOLER = "That is a pooler, behind which no lock holds: name the server itself."

# The same questions from the other side, so that the lock of a vanished run is free after 30 s. Not every
# version, nor every system, knows each of these.
_WATCHFUL = """
    SELECT set_config(wanted.name, wanted.value, false)
    FROM (VALUES
        ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '4'),
        ('tcp_user_timeout', '30000'), ('client_connection_check_interval', '10000'),
        ('idle_session_timeout', '0'), ('transaction_timeout', '0')
    ) AS wanted (name, value)
    WHERE EXISTS (SELECT FROM pg_catalog.pg_settings AS known WHERE known.name = wanted.name)
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for a connection, for an answer, and for finding out whether a save took effect.

    Servers end a statement after ``answer``. One that hangs does not even do that, so a few seconds
    later we end the connection.
    """

    connection: int = 10
    answer: float = 30.0
    confirmation: float = 10.0
    grace: float = 5.0


class Database:
    """A database named by a URL, whose password is used to connect and never shown."""

    def __init__(self, url: str, patience: Patience) -> None:
        self.patience = patience
        self._named = _parameters_of(url)
        known = {**_defaults(), **self._named}
        self._encryption = _encryption(self._named, known)
        self.user = known.get("user") or ""
        host, port = known.get("host") or "localhost", known.get("port") or "5432"
        server = f"{quote(host, safe=',:[]')}:{port}/{quote(known.get('dbname') or self.user)}"
        self.location = f"postgresql://{server}"
        self.address = f"postgresql://{quote(self.user)}@{server}"
        self._redactor = Redactor.of(known.get("password"), known.get("sslpassword"))

    @contextmanager
    def connected(self, *, writing: bool) -> Iterator[Connection]:
        """Connect; StoreError where that fails. A connection for reading cannot write."""
        try:
            connection = psycopg.connect(autocommit=True, prepare_threshold=None, **self._parameters(writing))
        except psycopg.Error as cause:
            raise self._unreachable(cause) from None
        except UnicodeError:  # from the look-up of the host, or a name that UTF-8 has no bytes for
            raise StoreError(
                f"cannot reach {self.location}: it is not the name of a host. Nothing was changed. {_AGAIN}"
            ) from None
        with closing(connection):
            if writing:
                with self.reporting(f"cannot write to {self.location}"), self.within(connection):
                    self._prepare(connection)
            yield connection

    def _prepare(self, connection: Connection) -> None:
        """Refuse a session that was not made as it was asked for, and let the server watch over it."""
        asked = connection.execute(_ASKED).fetchone()
        if asked != ("on", "pg_catalog"):
            raise StoreError(
                f"cannot write to {self.location}: it ignores what is asked of a session. {_POOLER}"
            )
        connection.execute(_WATCHFUL)

    def _parameters(self, writing: bool) -> dict[str, Any]:  # noqa: FBT001 - private, and named where it counts
        milliseconds = int(self.patience.answer * 1000)
        own = f"{_DURABLE} -c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
        alone = "" if writing else "-c default_transaction_read_only=on"
        return {
            # a copy that lags behind would show an older state
            "target_session_attrs": "read-write" if writing else "primary",
            "connect_timeout": str(self.patience.connection),
            **_REACHED,
            **self._encryption,
            **self._named,
            "client_encoding": "utf8",
            "options": f"{self._named.get('options', '')} {own} {alone}".strip(),
        }

    @contextmanager
    def within(self, connection: Connection, waited: float = 0.0) -> Iterator[None]:
        """End a connection whose server does not answer in time, which does not count what is ``waited``.

        Nothing else would where the server hangs and its kernel goes on answering ours.
        """
        timer = Timer(waited + self.patience.answer + self.patience.grace, _cut, [connection])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    @contextmanager
    def reporting(self, problem: str) -> Iterator[None]:
        """Raise what the server refuses as a StoreError that begins with ``problem``."""
        try:
            yield
        except psycopg.Error as cause:
            raise self._error(problem, cause) from cause

    def _error(self, problem: str, cause: psycopg.Error) -> StoreError:
        failure = f"{problem}: {self.message_of(cause)}."
        if isinstance(cause, psycopg.errors.InsufficientPrivilege):
            return StoreError(f"{failure} Nothing was changed. {self._grants()}")
        return StoreError(f"{failure} Run the same command again once that is put right.")

    def _grants(self) -> str:
        """Return the statements that make the database usable, for its owner."""
        role = '"' + self.user.replace('"', '""') + '"'
        return (
            "Let the owner of the database run: CREATE SCHEMA IF NOT EXISTS assistants_sync; "
            f"GRANT USAGE, CREATE ON SCHEMA assistants_sync TO {role}; "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA assistants_sync TO {role};"
        )

    def _unreachable(self, cause: psycopg.Error) -> StoreError:
        failure = f"cannot reach {self.location}: {self.message_of(cause)}. Nothing was changed."
        remedy = _POOLER if "startup parameter" in str(cause) else _AGAIN
        if self._encryption and "SSL" in str(cause):
            remedy = _UNENCRYPTED
        return StoreError(f"{failure} {remedy}")

    def message_of(self, cause: psycopg.Error) -> str:
        """Return the first line of a message, without a password that it may contain."""
        text = cause.diag.message_primary or str(cause).strip().partition("\n")[0]
        text = self._redactor.hidden(text)
        return text[:_LONGEST_ANSWER].strip().removesuffix(".") or "the connection was lost"


def _parameters_of(url: str) -> dict[str, str]:
    """Return the parameters in a URL; libpq's error is not repeated, since it may contain the password."""
    if url.startswith(("postgresql://", "postgres://")):
        with suppress(psycopg.Error, UnicodeError):
            parameters = {
                name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None
            }
            if not _is_split_wrongly(parameters):
                return parameters
    raise StoreError(
        "the address of the state cannot be read: postgresql://USER:PASSWORD@HOST:PORT/DATABASE is expected, "
        "with %40 for an @ in the password, %2F for a /, and so on."
    )


def _is_split_wrongly(parameters: dict[str, str]) -> bool:
    """Return whether an unescaped / or @ has put a part of the password into host, port or name."""
    names = parameters.get("host", "") + parameters.get("dbname", "")
    return "@" in names or not parameters.get("port", "0").replace(",", "0").isdecimal()


def _defaults() -> dict[str, str]:
    """Return the defaults of parameters: environment variables, and what was built in."""
    defaults = {option.keyword.decode(): option.val for option in psycopg.pq.Conninfo.get_defaults()}
    return {name: value.decode(errors="replace") for name, value in defaults.items() if value}


def _encryption(named: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """Return the demand for encryption beyond this machine, unless the operator has decided about it.

    libpq by itself sends a password to a server without TLS, also in clear text if that asks for it.
    """
    is_decided = {"sslmode", "requiressl", "service"} & named.keys() or any(map(os.environ.get, _DECIDING))
    hosts = [host for name in ("host", "hostaddr") for host in known.get(name, "").split(",") if host]
    return {} if is_decided or all(map(_is_here, hosts)) else {"sslmode": "require"}


def _is_here(host: str) -> bool:
    """Return whether a host is this machine: a socket, or a loopback address."""
    try:
        return host.startswith(("/", "@")) or host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _cut(connection: Connection) -> None:
    """End a connection, for every thread that waits for it."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
