"""A server that sends a byte now and then: each read is in time, and the answer as a whole never is."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from kc_bridge.adapters import patience
from kc_bridge.adapters.http import send
from kc_bridge.adapters.keycloak import KeycloakDirectory
from kc_bridge.adapters.patience import be_patient
from kc_bridge.adapters.webhooks import WebhookUnavailable, post
from kc_bridge.channels.settings import Webhook
from kc_bridge.domain.errors import KeycloakUnavailable
from kc_bridge.settings import Settings
from tests.support.certificates import authority
from tests.support.dripping import Dripping

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = b'{"access_token": "it goes on to the end"}'
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
TIMEOUT = 0.25
"""Seconds; the drops take five times as long."""


@pytest.fixture
def serve() -> Iterator[Callable[..., Dripping]]:
    servers: list[Dripping] = []

    def _serve(*args: Any, **kwargs: Any) -> Dripping:
        servers.append(Dripping(*args, pause=TIMEOUT / 8, **kwargs))
        return servers[-1]

    yield _serve
    for server in servers:
        server.stop()


@pytest.mark.parametrize(
    ("at_once", "dripped"),
    [
        (b"", HEAD + LENGTH + BODY),
        (HEAD, b"X-Long: " + b"a" * 80 + b"\r\n" + LENGTH + BODY),
        (HEAD + LENGTH, BODY),
        (HEAD + CHUNKED, b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)),
        (HEAD + b"\r\n", BODY),
    ],
    ids=["from the status on", "headers", "body", "chunks", "until the end of the connection"],
)
def test_it_is_left_in_time(serve: Callable[..., Dripping], at_once: bytes, dripped: bytes) -> None:
    server = serve(at_once, dripped)
    with pytest.raises(KeycloakUnavailable):
        send(requests.Request("POST", server.url, data=b"x"), TIMEOUT)
    assert server.left_at() < len(dripped)


def test_through_tls_too(serve: Callable[..., Dripping], tmp_path: Path) -> None:
    trusted = authority("patience")
    certificate = trusted.issue(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    server = serve(HEAD + LENGTH, BODY, tls=context)
    session = requests.Session()
    be_patient(session)
    with pytest.raises(requests.RequestException) as told:
        session.get(server.url, timeout=2 * TIMEOUT, verify=str(trusted.write(tmp_path)))
    assert "timed out" in str(told.value)


class Granted:
    """A token that needs no asking."""

    def token(self) -> str:
        return "t1"


def test_the_plain_admin_api_too(serve: Callable[..., Dripping]) -> None:
    nobody = b"[%s]" % (b" " * 80)
    server = serve(HEAD + b"Content-Length: %d\r\n\r\n" % len(nobody), nobody)
    address = server.url.rstrip("/")
    directory = KeycloakDirectory(
        Settings(keycloak_public_url=address, keycloak_timeout=timedelta(seconds=1)), sleep=lambda _: None
    )
    directory._call.credentials = Granted()  # type: ignore[assignment]
    with pytest.raises(KeycloakUnavailable):
        list(directory.digests())


def test_receivers_of_webhooks_too(serve: Callable[..., Dripping], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(base64.b64encode(bytes(32)))
    server = serve(b"", HEAD + b"Content-Length: 0\r\n\r\n")
    receiver = Webhook(name="slow", url=server.url, secret_file=secret, timeout=timedelta(seconds=1))
    with pytest.raises(WebhookUnavailable):
        post(receiver, "m1", b"{}", datetime(2026, 9, 1, tzinfo=UTC))


def test_the_next_call_on_the_connection_has_its_own_patience(serve: Callable[..., Dripping]) -> None:
    server = serve(HEAD + LENGTH + BODY, b"")
    for _ in range(3):
        assert send(requests.Request("GET", server.url), 20).json()["access_token"]
    assert server.connections == 1


class Clock:
    """Moves only while somebody waits."""

    def __init__(self) -> None:
        self.now = 5.0

    def monotonic(self) -> float:
        return self.now


class Slow:
    """A socket on which some bytes come after some seconds."""

    def __init__(self, clock: Clock, count: int, seconds: float) -> None:
        self.clock, self.count, self.seconds = clock, count, seconds
        self.timeouts: list[float] = []

    def settimeout(self, seconds: float) -> None:
        self.timeouts.append(seconds)

    def readinto(self, buffer: Any) -> int:
        self.clock.now += min(self.seconds, self.timeouts[-1])
        if self.seconds > self.timeouts[-1]:
            raise TimeoutError
        return self.count


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(patience, "time", clock)
    return clock


def reads(slow: Slow, *, stream: bool) -> int:
    """How often somebody may read, of fifty times, with ten seconds of patience; a minute passes in between."""
    reader: Any = patience._Reader(slow, slow, 10, stream=stream)  # type: ignore[arg-type]
    for time in range(50):
        try:
            reader.readinto(bytearray(8192))
        except TimeoutError:
            return time
        slow.clock.now += 60
    return 50


@pytest.mark.parametrize(
    ("count", "seconds", "stream", "times"),
    [
        (patience.LEAST, 9, True, 50),
        (patience.LEAST // 2, 4, True, 50),
        (patience.LEAST // 2, 6, True, 1),  # the second would bring enough, too late
        (1, 1, True, 10),
        (patience.LEAST, 3, False, 3),
        (patience.LEAST, 0, False, 50),
    ],
)
def test_a_stream_may_last_as_long_as_it_goes_on(
    clock: Clock, count: int, seconds: float, stream: bool, times: int
) -> None:
    assert reads(Slow(clock, count, seconds), stream=stream) == times


def test_each_read_waits_for_what_is_left(clock: Clock) -> None:
    slow = Slow(clock, 1, 4)
    reads(slow, stream=False)
    assert slow.timeouts == [10, 6, 2]


def test_two_threads_keep_their_own_patience(serve: Callable[..., Dripping]) -> None:
    """Whoever streams in one thread lends nothing to an answer in another."""
    server = serve(HEAD + LENGTH, BODY)
    told: list[str] = []

    def _ask() -> None:
        try:
            send(requests.Request("GET", server.url), TIMEOUT)
        except KeycloakUnavailable as error:
            told.append(error.reason)

    with send(requests.Request("GET", server.url), TIMEOUT, stream=True):
        thread = threading.Thread(target=_ask)
        thread.start()
        thread.join()
    assert told
