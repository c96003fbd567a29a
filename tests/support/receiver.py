"""A receiver of webhooks: a real HTTP server that answers, refuses, redirects, is slow or hangs up as a test wants."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kc_bridge.channels.settings import Webhook
from tests.support.certificates import Certificate
from tests.support.ports import free_port

__all__ = ["SECRET", "Heard", "Receiver", "half_a_line", "hang_up", "hook", "plain"]

SECRET = bytes(range(32))


@dataclass(frozen=True)
class Heard:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """Listens until stopped; :attr:`answer` is a status, or what to do with the connection."""

    def __init__(self, certificate: Certificate | None = None, host: str = "127.0.0.1") -> None:
        self.heard: list[Heard] = []
        self.answer: int | Callable[[Any], None] = 204
        self.headers: dict[str, str] = {}
        """Sent with each answer."""
        self._certificate = certificate
        self._port = free_port()
        self.url = f"{'https' if certificate else 'http'}://{host}:{self._port}/hook"
        self._server: ThreadingHTTPServer | None = None
        self.start()

    def start(self) -> None:
        """Answers, on the same port as ever."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        self._server.daemon_threads = True
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate.certificate, self._certificate.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Is down: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.heard.append(Heard(self.path, headers, body))
                if callable(receiver.answer):
                    receiver.answer(self)
                    return
                self.send_response_only(receiver.answer)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        return Handler


def hook(folder: Path, url: str, **more: Any) -> Webhook:
    """The settings of a receiver that knows :data:`SECRET`."""
    secret = folder / "webhook.secret"
    secret.write_text(base64.b64encode(SECRET).decode() + "\n")
    return Webhook.model_validate({"name": "badges", "url": url, "secret_file": secret} | more)


def hang_up(handler: Any) -> None:
    """Takes the message and never says so."""
    handler.close_connection = True


def half_a_line(handler: Any) -> None:
    """Begins to answer."""
    handler.wfile.write(b"HTTP/1.1 20")
    handler.close_connection = True


def plain(handler: Any, status: int) -> None:
    """Answers."""
    handler.send_response_only(status)
    handler.send_header("Content-Length", "0")
    handler.end_headers()
