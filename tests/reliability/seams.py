"""Where the calls of a store that is elsewhere pass: the statements of psycopg, the requests of a bucket.

A run can die before such a call and after it, and while a statement is under way (`sent`). Or the connection
breaks: before the call takes effect (`broken`), or after it, so that its answer is lost (`lost`), or from
there to the end of the run (`gone`). A request of object storage whose answer was lost is also repeated by
the library itself (`twice`).
"""

import os
import socket
from contextlib import suppress

import psycopg
from obstore.exceptions import GenericError

from reconciler.store.bucket import Bucket

_BROKEN = {"broken", "gone"}
_LOST = "the connection was lost"


def install(boundaries):
    """Let no call of any store pass uncounted."""
    _connections(boundaries)
    _statements(boundaries)
    _requests(boundaries)


def _connections(boundaries):
    real = psycopg.connect

    def connect(*given, **named):
        what = boundaries.stored("postgres connect")
        if what in _BROKEN:
            raise psycopg.OperationalError(_LOST)
        connection = real(*given, **named)
        if what == "lost":
            connection.close()
            raise psycopg.OperationalError(_LOST)
        boundaries.after(what)
        return connection

    psycopg.connect = connect


def _statements(boundaries):
    """Everything that is sent over a connection: statements, and the begin and the end of transactions."""
    real = psycopg.Connection.wait

    def wait(connection, answering, *rest, **named):
        what = boundaries.stored("postgres statement")
        if what == "sent":
            next(answering, None)
            boundaries.die()
        if what in _BROKEN:
            _cut(connection)
        answer = real(connection, answering, *rest, **named)
        if what == "lost":
            _cut(connection)
            connection.pgconn.finish()
            raise psycopg.OperationalError(_LOST)
        boundaries.after(what)
        return answer

    psycopg.Connection.wait = wait


def _cut(connection):
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def _requests(boundaries):
    real = Bucket._tried

    def tried(bucket, verb, name, call):
        def passing():
            what = boundaries.stored(f"objects {verb} {name}")
            if what in _BROKEN:
                raise GenericError(_LOST)
            if what == "twice":
                call()
            answer = call()
            if what == "lost":
                raise GenericError(_LOST)
            boundaries.after(what)
            return answer

        return real(bucket, verb, name, call if verb == "use" else passing)

    Bucket._tried = tried
