"""A line to a server that a test can cut."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from tests.servers.certificates import Certified

_ASKS_FOR_TLS = (80877103).to_bytes(4, "big")


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
        self._accepting = Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with suppress(OSError):  # of a listener that is closed
            while True:
                client, _ = self._listener.accept()
                self.count += 1
                if self.count <= self._dropped:
                    client.close()
                    continue
                greeted = self._greeted(client)
                if greeted is None:
                    continue
                client = greeted
                server = socket.create_connection(("127.0.0.1", self._target))
                for source, sink in ((client, server), (server, client)):
                    Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _greeted(self, client: socket.socket) -> socket.socket | None:
        """Return the line to a client, None where it is closed."""
        return client

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError), source:
            while data := source.recv(65536):
                if not self.frozen.is_set():
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection
        self._listener.close()
        self._accepting.join()


class Encrypting(Proxy):
    """Offers TLS before a server that has none, from the first byte on: with a protocol, such as
    `h2`, which a client may insist on. `encrypted` tells how many clients had trust in it."""

    def __init__(self, port: int, shows: Certified, protocol: str | None = None) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(shows.certificate, shows.key)
        if protocol is not None:
            self._context.set_alpn_protocols([protocol])
        self.encrypted = 0
        super().__init__(port)

    def _greeted(self, client: socket.socket) -> socket.socket | None:
        try:
            line = self._context.wrap_socket(client, server_side=True)
        except (OSError, ssl.SSLError):  # the client doesn't trust the certificate
            client.close()
            return None
        self.encrypted += 1
        return line


class AsPostgres(Encrypting):
    """Offers TLS as PostgreSQL does: the first eight bytes ask for it, and one says yes."""

    def _greeted(self, client: socket.socket) -> socket.socket | None:
        if client.recv(8)[4:] != _ASKS_FOR_TLS:
            client.close()
            return None
        client.sendall(b"S")
        return super()._greeted(client)


@contextmanager
def encrypting(port: int, shows: Certified) -> Iterator[AsPostgres]:
    """Such a proxy, which is closed afterwards."""
    line = AsPostgres(port, shows)
    try:
        yield line
    finally:
        line.close()


@contextmanager
def proxy(port: int, dropped: int = 0) -> Iterator[Proxy]:
    """A proxy that is closed afterwards."""
    line = Proxy(port, dropped)
    try:
        yield line
    finally:
        line.close()
