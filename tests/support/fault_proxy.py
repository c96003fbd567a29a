"""An address of Keycloak that can fail: forwards everything, until a test tells it how to behave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from typing import Any
from urllib.parse import urlsplit

__all__ = ["FAULTS", "TOO_SLOW", "FaultProxy", "slow_by"]

HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class FaultProxy:
    """Listens on a port of its own, as an internal address of Keycloak does."""

    def __init__(self, port: int, target: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[str] = []
        """``METHOD path`` of everything that came in."""
        self._fault: Fault | None = None
        self._matches = ""
        self._passing = 0
        self._failing: float = 0
        self._lock = threading.Lock()
        self._under_way = 0
        self._ended = threading.Condition()
        self._target = urlsplit(target).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @contextmanager
    def failing(self, fault: Fault, path: str = "", *, after: int = 0, times: float = inf) -> Iterator[None]:
        """Requests whose path contains ``path`` meet the fault: so many of them, ``after`` some that pass."""
        self._passing, self._failing = after, times
        self._matches, self._fault = path, fault
        try:
            yield
        finally:
            self._fault = None

    def idle(self) -> None:
        """Waits until nothing is under way: what nobody waits for any more may still reach Keycloak."""
        with self._ended:
            assert self._ended.wait_for(lambda: self._under_way == 0, 60)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._ended:
            self._under_way += 1
        try:
            yield
        finally:
            with self._ended:
                self._under_way -= 1
                self._ended.notify_all()

    def _fault_of(self, path: str) -> Fault | None:
        with self._lock:
            fault = self._fault
            if fault is None or self._matches not in path:
                return None
            if self._passing:
                self._passing -= 1
                return None
            self._failing -= 1
            return fault if self._failing >= 0 else None

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                proxy.requests.append(f"{self.command} {urlsplit(self.path).path}")
                fault = proxy._fault_of(self.path)
                with proxy._counted():
                    if fault is not None:
                        fault(self)
                    else:
                        self.forward()

            do_GET = do_POST = do_PUT = do_DELETE = _any

            def body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def forward(self, body: bytes | None = None, *, answer: bool = True) -> None:
                """Passes the request on; ``answer=False`` keeps what Keycloak says to itself."""
                body = self.body() if body is None else body
                connection = HTTPConnection(proxy._target, timeout=60)
                connection.request(self.command, self.path, body, dict(self.headers))
                response = connection.getresponse()
                content = response.read()
                connection.close()
                if answer:
                    kept = [(n, v) for n, v in response.getheaders() if n.lower() not in HOP]
                    self.reply(response.status, content, kept)

            def reply(self, status: int, content: bytes, headers: list[tuple[str, str]]) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args: Any) -> None:
                pass

        return Handler


Fault = Callable[[Any], None]


PAGE = ("text/html", b"<html><h1>Maintenance</h1></html>")
"""What proxies say."""
OBJECT = ("application/json", b'{"error": "unknown_error"}')
"""What Keycloak says."""


def _status(status: int, content: tuple[str, bytes], **headers: str) -> Fault:
    listed = [("Content-Type", content[0]), *((n.replace("_", "-"), v) for n, v in headers.items())]

    def fault(handler: Any) -> None:
        handler.body()
        handler.reply(status, content[1], listed)

    return fault


def _hang_up(handler: Any) -> None:
    handler.close_connection = True


def _half_answer(handler: Any) -> None:
    """The head of an answer and half its body, then the end of the connection."""
    handler.send_response_only(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "400")
    handler.end_headers()
    handler.wfile.write(b'{"done": [')
    handler.close_connection = True


def _silence(handler: Any) -> None:
    """Never answers, until the caller has lost patience."""
    handler.body()
    handler.rfile.read(1)
    handler.close_connection = True


def _too_late(handler: Any) -> None:
    """Reaches Keycloak once the caller has lost patience, and may have asked again."""
    body = handler.body()
    handler.rfile.read(1)
    handler.forward(body, answer=False)
    handler.close_connection = True


class _Drops:
    """Writes a byte at a time, but for the first writes."""

    def __init__(self, file: Any, at_once: int) -> None:
        self._file, self._at_once = file, at_once

    def write(self, content: bytes) -> None:
        if self._at_once:
            self._at_once -= 1
            self._file.write(content)
            return
        for byte in content:
            threading.Event().wait(0.05)
            self._file.write(bytes([byte]))


def _drips(*, head: bool) -> Fault:
    def fault(handler: Any) -> None:
        """Keycloak's own answer, whole in the end, which is long after the caller has lost patience."""
        file, handler.wfile = handler.wfile, _Drops(handler.wfile, 0 if head else 1)
        with suppress(OSError):
            handler.forward()
        handler.wfile = file
        handler.close_connection = True

    return fault


def slow_by(seconds: float) -> Fault:
    """Answers, after a while."""

    def fault(handler: Any) -> None:
        threading.Event().wait(seconds)
        handler.forward()

    return fault


def _lost_answer(handler: Any) -> None:
    """Keycloak does what it is asked, and nobody hears of it."""
    handler.forward(answer=False)
    handler.close_connection = True


TOO_SLOW: dict[str, Fault] = {
    "drips": _drips(head=False),
    "too late": _too_late,
    "silent": _silence,
    "drips from the head on": _drips(head=True),
}
"""For callers with less patience than usual."""
FAULTS: dict[str, Fault] = {
    "down": _hang_up,
    "half answer": _half_answer,
    "slow": _silence,
    "500": _status(500, OBJECT),
    "503": _status(503, PAGE),
    "429": _status(429, OBJECT, Retry_After="3600"),
    "HTML with 200": _status(200, PAGE),
    "lost answer": _lost_answer,
}
