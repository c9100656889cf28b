"""A real PostgreSQL server on loopback, of the system's packages, with a folder and a port of its own."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

_MUST_RUN = bool(os.environ.get("CI"))  # a fixture takes the variable away from the tests
_TEMPORARY = tempfile.gettempdir()  # and another one the folder
_PLACES = ("/usr/local/bin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True))
_INITIAL = (
    "-U",
    "owner",
    "-A",
    "scram-sha-256",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
)
_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "off",  # what a store must not rely on
    "idle_session_timeout": "60s",  # the same
    "shared_buffers": "16MB",
    "max_connections": "130",  # a hundred runs at once, and who looks at them
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "panic",
}


def program(name):
    """Where a program of the server is; where there is none, tests are skipped, but never in CI."""
    found = shutil.which(name, path=os.pathsep.join((*_PLACES, os.environ.get("PATH", ""))))
    if found is None:
        missing = f"no {name}: apt-get install postgresql"
        (pytest.fail if _MUST_RUN else pytest.skip)(missing)
    return found


@dataclass(frozen=True)
class Server:
    """A server that runs; ``owner`` may do everything, and everybody has one password."""

    pid: int
    port: int
    password: str
    owner: str = "owner"

    def url(self, database="postgres", user=None, password=None, port=None):
        """The address of one of its databases."""
        who = f"{user or self.owner}:{quote(password or self.password, safe='')}"
        return f"postgresql://{who}@127.0.0.1:{port or self.port}/{database}"

    @contextmanager
    def session(self, database="postgres", **named):
        """A connection of the test's own."""
        with psycopg.connect(self.url(database, **named), autocommit=True) as connection:
            yield connection

    def run(self, statement, *values, database="postgres", **named):
        """The rows of a statement, if it has any."""
        with self.session(database, **named) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def database(self):
        """The name of a new database."""
        name = f"d{secrets.token_hex(6)}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def role(self):
        """The name of a new user who may log in, with the password of all."""
        name = f"u{secrets.token_hex(6)}"
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        self.run(made.format(sql.Identifier(name), sql.Literal(self.password)))
        return name


@contextmanager
def running(where=None):
    """A server, from its making to its end; its folder is made in another one, or a temporary one."""
    programs = {name: program(name) for name in ("initdb", "postgres")}
    folder = Path(tempfile.mkdtemp(prefix="assistants-sync-postgres-", dir=where or _TEMPORARY))
    try:
        with _started(folder, programs) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(folder, programs):
    password = f"s3cret/{secrets.token_hex(8)}"
    (folder / "password").write_text(password)
    user = _user()
    if user:
        for path in (folder, folder / "password"):
            shutil.chown(path, user.pw_uid, user.pw_gid)
    rights = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    subprocess.run(
        [programs["initdb"], "-D", folder / "data", f"--pwfile={folder / 'password'}", *_INITIAL],
        check=True,
        capture_output=True,
        cwd=folder,
        **rights,
    )
    port = _free_port()
    settings = {**_SETTINGS, "port": str(port), "unix_socket_directories": str(folder)}
    command = [programs["postgres"], "-D", folder / "data"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with subprocess.Popen(
        _mortal(command), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **rights
    ) as process:
        try:
            server = Server(process.pid, port, password)
            _answers(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nobody needs its folder again
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _user():
    """Whom it runs as: it refuses to be root's."""
    if os.geteuid():
        return None
    names = {one.pw_name: one for one in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _mortal(command):
    """A command that is ended when the tests are killed, where the system has a program for that."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "QUIT", *command] if setpriv else command


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _answers(server, process):
    until = time.monotonic() + 30
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            if time.monotonic() > until or process.poll() is not None:
                raise
            time.sleep(0.02)
        else:
            return
