"""Workers side by side on PostgreSQL: each message is delivered once, and rows of a bulk are those the ORM reads (30, 34)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kc_bridge.channels.announcements import ACTIVATED, announce
from kc_bridge.channels.settings import Webhook
from kc_bridge.channels.webhooks import tell
from kc_bridge.domain.clock import system_clock
from kc_bridge.settings import Settings
from kc_bridge.store.database import SessionFactory, open_engine, session_factory, upgrade
from kc_bridge.store.models import OutboxMessage, Person
from tests.support.postgres import PostgresServer
from tests.support.receiver import Receiver

PEOPLE = 30


@pytest.fixture
def sessions(postgres: PostgresServer) -> Iterator[SessionFactory]:
    engine = open_engine(postgres.database("delivery"))
    upgrade(engine)
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def test_each_message_once(sessions: SessionFactory, receiver: Receiver, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(base64.b64encode(bytes(32)))
    webhook = Webhook(name="badges", url=receiver.url, secret_file=secret)
    settings, now = Settings(webhooks=[webhook]), system_clock()
    with sessions.begin() as db:
        for number in range(PEOPLE):
            name = f"p{number}"
            more = {"uid": name, "login": name, "mail": name, "first_name": "A", "last_name": "Núñez"}
            person = Person(key=name, population="student", created_at=now, updated_at=now, **more)
            db.add(person)
            db.flush()
            announce(db, settings, person, ACTIVATED, now)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _worker: tell(webhook, sessions, system_clock), range(4)))

    assert sum(taken) == PEOPLE
    assert len({heard.id for heard in receiver.heard}) == len(receiver.heard) == PEOPLE
    assert {json.loads(heard.body)["data"]["uid"] for heard in receiver.heard} == {
        f"p{number}" for number in range(PEOPLE)
    }
    with sessions() as db:
        assert {message.state for message in db.query(OutboxMessage)} == {"sent"}
