"""A line to a server that a test can cut."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread


class Proxy:
    """Passes bytes on to a port on loopback. The first `dropped` connections are closed at once;
    `count` tells how many there were, and once `frozen` is set nothing more is passed on."""

    def __init__(self, port: int, dropped: int = 0) -> None:
        self._target = port
        self._dropped = dropped
        self.count = 0
        self.frozen = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # of a listener that is closed
            while True:
                client, _ = self._listener.accept()
                self.count += 1
                if self.count <= self._dropped:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                for source, sink in ((client, server), (server, client)):
                    Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self.frozen.is_set():
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()


@contextmanager
def proxy(port: int, dropped: int = 0) -> Iterator[Proxy]:
    """A proxy that is closed afterwards."""
    line = Proxy(port, dropped)
    try:
        yield line
    finally:
        line.close()
