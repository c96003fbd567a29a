"""How long a server is waited for as a whole. The timeout of requests and urllib3 is that of each read, as urllib3's
:class:`~urllib3.util.Timeout` says itself: a server that sends a byte now and then would be listened to for ever.

So whoever reads an answer's head or body from the socket, also through TLS, does so by a :class:`_Reader`, which knows how
much patience is left.
"""

from __future__ import annotations

import threading
import time
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection

__all__ = ["be_patient"]

LEAST = 4096
"""Bytes of a stream that must come within each timeout: what our JAR sends at least for each page of users it reads."""

_asked = threading.local()


def be_patient(session: Session) -> None:
    """From now on ``timeout`` is, for this session, that of a whole call."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, _PatientAdapter())


class _PatientAdapter(HTTPAdapter):
    """Connects, sends and has the whole answer within ``timeout`` seconds; with ``stream`` it may take longer, as long as
    it goes on. What is raised beyond is what requests raises for one read."""

    def send(
        self, request: PreparedRequest, stream: bool = False, timeout: Any = None, *args: Any, **kwargs: Any
    ) -> Response:
        _asked.stream = stream
        whole: Any = Timeout(total=timeout)
        return super().send(request, stream, whole, *args, **kwargs)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _SecureConnection if pool.scheme == "https" else _Connection
        return pool


class _Reader(RawIOBase):
    """Reads from a socket while there is patience left."""

    def __init__(self, raw: RawIOBase, sock: socket, patience: float, *, stream: bool) -> None:
        self._raw, self._sock, self._stream = raw, sock, stream
        self._patience = self._left = patience
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._left <= 0:
            raise TimeoutError("the whole answer takes too long")
        self._sock.settimeout(self._left)
        began = time.monotonic()
        count: int | None = self._raw.readinto(buffer)
        self._left -= time.monotonic() - began  # what whoever reads a stream does in between is no waiting
        self._count += count or 0
        if self._stream and self._count >= LEAST:
            self._left, self._count = self._patience, 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        left = sock.gettimeout()  # after connecting and sending
        if left is not None:
            self.fp = BufferedReader(_Reader(self.fp.detach(), sock, left, stream=_asked.stream))


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer
