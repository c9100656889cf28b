"""A way to a server that a test can break: answers get lost, or nothing comes through any more."""

import socket
import threading
from contextlib import contextmanager, suppress


class Crossing:
    """Passes bytes between clients and one port of loopback.

    Once a client has said ``lose``, the next answer of the server is dropped, and the connection with it; if
    ``closes`` is set, nobody gets through any more after that. While ``hangs`` is set nothing comes back.
    """

    def __init__(self, port):
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.lose, self.lost, self.closes, self.closed, self.hangs = b"", 0, False, False, False
        self._lines = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.closed:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._port))
                said = []
                self._lines += [client, server]
                for one in ((client, server, said), (server, client, said)):
                    threading.Thread(target=self._pass, args=(*one, one[0] is client), daemon=True).start()

    def _pass(self, source, target, said, outward):
        with suppress(OSError):
            while text := source.recv(65536):
                if outward:
                    if self.lose and self.lose in text:
                        said.append(True)
                elif said:
                    self.lose, self.lost, self.closed = b"", self.lost + 1, self.closes
                    break
                elif self.hangs:
                    continue
                target.sendall(text)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self):
        for one in (self._listening, *self._lines):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def crossing(port):
    """A way to a port of loopback."""
    made = Crossing(port)
    try:
        yield made
    finally:
        made.close()
