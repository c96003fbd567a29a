"""Webhooks to a real HTTP server: signed, the same id until taken, and what each answer brings about (30, 31, 32)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Verifier

from kc_bridge.announcements import ACTIVATED, CHANGED, DISABLED, FORWARDING, announce
from kc_bridge.domain.clock import system_clock
from kc_bridge.other_servers import Webhook
from kc_bridge.store.models import Person
from kc_bridge.web.logs import configure
from kc_bridge.webhooks import tell
from tests.support.bridge import FixedClock, make_settings
from tests.support.certificates import authority
from tests.support.people import Bridge
from tests.support.receiver import Heard, Receiver

SECRET = bytes(range(32))
OTHER = bytes(range(1, 33))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def webhook(tmp_path: Path, receiver: Receiver) -> Webhook:
    return hook(tmp_path, receiver.url)


def hook(folder: Path, url: str, **more: Any) -> Webhook:
    secret = folder / "webhook.secret"
    secret.write_text(base64.b64encode(SECRET).decode() + "\n")
    return Webhook.model_validate({"name": "badges", "url": url, "secret_file": secret} | more)


@pytest.fixture
def bridge(tmp_path: Path, webhook: Webhook) -> Bridge:
    return Bridge(make_settings(tmp_path, webhooks=[webhook]))


@pytest.fixture
def happens(bridge: Bridge, clock: FixedClock) -> Callable[..., Person]:
    """Queues what is to be told of an event of somebody new."""

    def happen(event: str = ACTIVATED, **facts: Any) -> Person:
        person = bridge.person(clock(), state="SupannActif")
        with bridge.sessions.begin() as db:
            announce(db, bridge.settings, person, event, clock(), **facts)
        return person

    return happen


@pytest.fixture
def round_(bridge: Bridge, webhook: Webhook, clock: FixedClock) -> Callable[[], int]:
    return lambda: tell(webhook, bridge.sessions, clock)


def test_what_is_told(happens: Any, round_: Any, receiver: Receiver, clock: FixedClock) -> None:
    person = happens()
    assert round_() == 1
    (heard,) = receiver.heard
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-timestamp"] == str(int(clock().timestamp()))
    assert json.loads(heard.body) == {
        "type": "account.activated",
        "timestamp": "2026-09-07T08:30:00+00:00",
        "data": {"uid": person.uid, "login": person.login, "state": "SupannActif"},
    }


def test_nothing_that_identifies_the_human(happens: Any, round_: Any, receiver: Receiver) -> None:
    person = happens(FORWARDING, forwarding=True, copy=False)
    round_()
    said = receiver.heard[0].body.decode()
    assert json.loads(said)["data"].keys() == {"uid", "login", "state", "forwarding", "copy"}
    for secret in (person.id, person.key, person.keycloak_id, person.last_name, person.personal_mail):
        assert secret not in said


def test_the_reference_library_believes_it(
    bridge: Bridge, happens: Any, webhook: Webhook, receiver: Receiver
) -> None:
    happens()
    tell(webhook, bridge.sessions, system_clock)
    (heard,) = receiver.heard
    assert Verifier(SECRET).verify(heard.body, heard.headers)["type"] == "account.activated"


def test_while_the_secret_is_replaced_both_are_believed(
    bridge: Bridge, happens: Any, webhook: Webhook, receiver: Receiver
) -> None:
    both = [base64.b64encode(OTHER).decode(), f"whsec_{base64.b64encode(SECRET).decode()}"]
    webhook.secret_file.write_text("\n".join(both))
    happens()
    tell(webhook, bridge.sessions, system_clock)
    for secret in (SECRET, OTHER):
        Verifier(secret).verify(receiver.heard[0].body, receiver.heard[0].headers)


def test_only_what_was_asked_for(
    bridge: Bridge, happens: Any, round_: Any, webhook: Webhook, receiver: Receiver
) -> None:
    bridge.settings.webhooks = [webhook.model_copy(update={"events": frozenset({DISABLED})})]
    for event in (ACTIVATED, CHANGED, FORWARDING, DISABLED):
        happens(event)
    assert round_() == 1
    assert json.loads(receiver.heard[0].body)["type"] == DISABLED


class TestTriedAgain:
    def test_an_answer_lost_is_the_same_message_again(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock
    ) -> None:
        """30, 31. The receiver took it, and nobody heard: by the id it knows."""
        happens()
        receiver.answer = hang_up
        assert round_() == 0
        receiver.answer = 200
        clock.advance(seconds=5)
        assert round_() == 1
        first, second = receiver.heard
        assert (first.id, first.body) == (second.id, second.body)
        assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
        assert round_() == 0

    def test_a_receiver_that_is_down_hears_it_all_later(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock
    ) -> None:
        """32."""
        people = [happens() for _number in range(3)]
        receiver.stop()
        assert round_() == 0
        assert bridge.messages() == [("waiting", "ConnectionError"), ("waiting", None), ("waiting", None)]
        receiver.start()
        clock.advance(seconds=5)
        assert round_() == 3
        assert {uid_of(heard) for heard in receiver.heard} == {person.uid for person in people}
        assert len({heard.id for heard in receiver.heard}) == 3

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
    def test_a_receiver_in_trouble_keeps_all_waiting(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, status: int
    ) -> None:
        happens(), happens()
        receiver.answer = status
        assert round_() == 0
        assert len(receiver.heard) == 1
        assert bridge.messages() == [("waiting", f"status {status}"), ("waiting", None)]

    @pytest.mark.parametrize("status", [400, 401, 404, 422])
    def test_a_message_refused_holds_up_no_other(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock, status: int
    ) -> None:
        refused = happens()
        happens()
        receiver.answer = lambda handler: plain(handler, status if refused.uid in told(receiver) else 200)
        assert round_() == 1
        assert bridge.messages() == [("waiting", f"status {status}"), ("sent", None)]
        receiver.answer = 200
        clock.advance(seconds=5)
        assert round_() == 1

    def test_slow(
        self, bridge: Bridge, happens: Any, receiver: Receiver, webhook: Webhook, clock: FixedClock
    ) -> None:
        happens()
        receiver.answer = lambda handler: handler.rfile.read(1)  # until the other side has lost patience
        quick = webhook.model_copy(update={"timeout": timedelta(seconds=0.2)})
        assert tell(quick, bridge.sessions, clock) == 0
        assert bridge.messages() == [("waiting", "ReadTimeout")]

    def test_half_an_answer(self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver) -> None:
        happens()
        receiver.answer = half_a_line
        assert round_() == 0
        assert bridge.messages()[0][0] == "waiting"

    def test_after_a_day_and_a_half_an_operator_sees_it(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock
    ) -> None:
        happens()
        receiver.answer = 500
        for _attempt in range(40):
            round_()
            clock.advance(hours=1)
        assert bridge.messages() == [("dead", "status 500")]
        assert len({heard.id for heard in receiver.heard}) == 1
        assert len(receiver.heard) == 40


def test_a_receiver_that_wants_no_more(
    bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock
) -> None:
    happens()
    receiver.answer = 410
    assert round_() == 0
    ((state, error),) = bridge.messages()
    assert state == "dead"
    assert "410" in (error or "")
    clock.advance(days=2)
    round_()
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(
    bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, status: int
) -> None:
    elsewhere = Receiver()
    try:
        happens()
        receiver.answer, receiver.headers = status, {"Location": elsewhere.url}
        assert round_() == 0
        assert elsewhere.heard == []
        assert bridge.messages() == [("waiting", f"status {status}, and redirects are not followed")]
    finally:
        elsewhere.stop()


@pytest.mark.parametrize("answer", [500, 404, 410, "hang up", "nonsense"])
def test_the_log_names_nobody(
    happens: Any,
    round_: Any,
    receiver: Receiver,
    answer: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: Any,
) -> None:
    """22."""
    configure("console")
    person = happens()
    receiver.answer = {"hang up": hang_up, "nonsense": half_a_line}.get(answer, answer)
    if answer == "nonsense":
        monkeypatch.setattr("kc_bridge.webhooks.body_of", lambda _delivery: person.login.encode() / 1)
    round_()
    said = "".join(capsys.readouterr())
    assert "webhook.badges" in said or answer == 404
    for word in (person.login, person.uid, person.last_name, base64.b64encode(SECRET).decode(), "msg_"):
        assert word not in said


def test_receivers_do_not_wait_for_each_other(
    bridge: Bridge, happens: Any, webhook: Webhook, receiver: Receiver, clock: FixedClock, tmp_path: Path
) -> None:
    dead = webhook.model_copy(update={"name": "dead", "url": "http://127.0.0.1:9/"})
    bridge.settings.webhooks = [dead, webhook]
    happens(), happens()
    assert tell(dead, bridge.sessions, clock) == 0
    assert tell(webhook, bridge.sessions, clock) == 2
    assert [state for state, _error in bridge.messages()] == ["waiting", "sent", "waiting", "sent"]


class TestTls:
    """Over https to a name, whose certificate must be believed."""

    @pytest.fixture
    def safe(self, tmp_path: Path) -> Iterator[Receiver]:
        receiver = Receiver(authority("the university's").issue(tmp_path, "localhost"), host="localhost")
        yield receiver
        receiver.stop()

    def tell(self, bridge: Bridge, clock: FixedClock, folder: Path, url: str, ca_file: Path | None) -> int:
        return tell(hook(folder, url, ca_file=ca_file), bridge.sessions, clock)

    def test_the_authority_named(
        self, bridge: Bridge, happens: Any, safe: Receiver, clock: FixedClock, tmp_path: Path
    ) -> None:
        happens()
        ca_file = authority("the university's").write(tmp_path)
        assert self.tell(bridge, clock, tmp_path, safe.url, ca_file) == 1

    def test_no_authority_another_one_or_another_name(
        self, bridge: Bridge, happens: Any, safe: Receiver, clock: FixedClock, tmp_path: Path
    ) -> None:
        known, folder = authority("the university's").write(tmp_path), tmp_path / "another"
        folder.mkdir()
        another = authority("somebody else's").write(folder)
        by_address = safe.url.replace("localhost", "127.0.0.1")
        for url, ca_file in ((safe.url, None), (safe.url, another), (by_address, known)):
            happens()
            assert self.tell(bridge, clock, tmp_path, url, ca_file) == 0
        assert safe.heard == []
        assert all(error and error.startswith("certificate or TLS") for _state, error in bridge.messages())


@pytest.mark.parametrize("content", ["", "not base64!", "c2hvcnQ=", "é", None])
def test_a_secret_that_is_none_sends_nothing(
    bridge: Bridge, happens: Any, round_: Any, webhook: Webhook, receiver: Receiver, content: str | None
) -> None:
    if content is None:
        webhook.secret_file.unlink()
    else:
        webhook.secret_file.write_text(content)
    happens()
    assert round_() == 0
    assert receiver.heard == []
    ((state, error),) = bridge.messages()
    assert state == "waiting"
    assert "secret" in (error or "")
    assert not content or content not in (error or "")


@pytest.mark.parametrize(
    "url",
    [
        "http://badges.univ.fr/hook",
        "http://127.0.0.1.evil.test/",
        "ftp://badges.univ.fr",
        "https://",
        "https://user:password@badges.univ.fr/",
        "badges.univ.fr",
    ],
)
def test_addresses_that_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        hook(tmp_path, url)


def hang_up(handler: Any) -> None:
    handler.close_connection = True


def half_a_line(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 20")
    handler.close_connection = True


def plain(handler: Any, status: int) -> None:
    handler.send_response_only(status)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def told(receiver: Receiver) -> str:
    return receiver.heard[-1].body.decode()


def uid_of(heard: Heard) -> str:
    uid: str = json.loads(heard.body)["data"]["uid"]
    return uid
