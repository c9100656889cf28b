"""PostgreSQL beside a process of its own: a line of input asks for the address of a new database."""

import sys

import pytest
from store.postgres_server import running

if __name__ == "__main__":
    try:
        with running() as server:
            print("ready", flush=True)  # noqa: T201 - a program of its own
            for _ in sys.stdin:
                print(server.url(server.database()), flush=True)  # noqa: T201 - the same
    except pytest.skip.Exception as missing:
        sys.exit(str(missing))
