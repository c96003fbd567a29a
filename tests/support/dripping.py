"""A server that answers with part of its answer at once, and with the rest a byte at a time."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress

from tests.support.ports import free_port

__all__ = ["Dripping"]


class Dripping:
    """Answers every request alike; the drops end, with an answer as good as any, so that whoever waits for it is seen."""

    def __init__(
        self, at_once: bytes, dripped: bytes, pause: float, tls: ssl.SSLContext | None = None
    ) -> None:
        self._at_once, self._dripped, self._pause, self._tls = at_once, dripped, pause, tls
        self.connections = 0
        self._sent = 0
        self._left = threading.Event()
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def left_at(self) -> int:
        """How many bytes had been dripped when the caller hung up."""
        assert self._left.wait(60)
        return self._sent

    def stop(self) -> None:
        self._stopped.set()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while connection.recv(65536):
                    connection.sendall(self._at_once)
                    for drop in self._dripped:
                        if self._stopped.wait(self._pause):
                            return
                        connection.sendall(bytes([drop]))
                        self._sent += 1
                    if self._dripped:
                        break
        self._left.set()
