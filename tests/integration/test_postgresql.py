"""What SQLite is too kind or too strict to show: the same bridge on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from kc_bridge.mailer import send_waiting
from kc_bridge.store import outbox
from kc_bridge.store.database import check_schema, open_engine, session_factory, upgrade
from kc_bridge.store.models import Person
from tests.integration.kcb_realm import KcbRealm
from tests.support.postgres import PostgresServer
from tests.support.stack import GOOD_PASSWORD, Stack, start_stack
from tests.support.walker import Walker


@pytest.fixture(scope="module")
def stack(
    realms: Callable[..., KcbRealm], postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"), database_url=postgres.database("journeys"))
    yield stack
    stack.stop()


def test_the_whole_path(stack: Stack) -> None:
    person = stack.person()
    walker = Walker()
    page = walker.send(walker.get(stack.mail_link(person)))
    page = walker.send(page, accept="y")
    page = walker.send(page, password=GOOD_PASSWORD, confirmation=GOOD_PASSWORD)
    assert page.title == "Votre compte est activé"
    assert stack.reread(person).activated_at is not None


def test_a_double_click_is_one_activation(stack: Stack) -> None:
    person = stack.person()
    walker = Walker()
    page = walker.send(walker.get(stack.mail_link(person)))
    page = walker.send(page, accept="y")
    before = stack.reread(person).generation
    with ThreadPoolExecutor(4) as pool:
        clicks = [
            pool.submit(walker.send, page, password=GOOD_PASSWORD, confirmation=GOOD_PASSWORD)
            for _ in range(4)
        ]
        titles = {click.result().title for click in clicks}
    assert titles == {"Votre compte est activé"}
    assert stack.reread(person).generation == before + 1
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    assert len(list(stack.mails.newest_first(person.mail))) == 1  # tells of the activation


def test_two_workers_send_each_mail_once(stack: Stack) -> None:
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)  # what activations left
    people = [stack.person() for _ in range(6)]
    now = stack.clock()
    with stack.services.sessions.begin() as db:
        for person in people:
            outbox.enqueue(
                db, kind="activation", person_id=person.id, dedupe_key=f"activation:{person.id}", now=now
            )
    together = threading.Barrier(3)

    def work() -> int:
        together.wait()
        return send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)

    with ThreadPoolExecutor(3) as pool:
        taken = sum(worker.result() for worker in [pool.submit(work) for _ in range(3)])

    assert taken == len(people)
    for person in people:
        assert len(list(stack.mails.newest_first(person.personal_mail or "?"))) == 1


def test_instants_come_back_in_utc(postgres: PostgresServer) -> None:
    engine = open_engine(postgres.database("instants"))
    upgrade(engine)
    check_schema(engine)
    sessions = session_factory(engine)
    moment = datetime(2026, 10, 25, 2, 30, tzinfo=UTC).astimezone(tz=None) + timedelta(hours=1)
    with sessions.begin() as db:
        db.add(
            Person(
                key="k", uid="u", login="l", mail="m", first_name="A", last_name="B",
                population="student", created_at=moment, updated_at=moment,
            )
        )  # fmt: skip
    with sessions() as db:
        kept = db.query(Person).one().created_at
    assert kept == moment
    assert kept.utcoffset() == timedelta()


def test_a_server_gone_without_a_word_is_noticed(postgres: PostgresServer) -> None:
    """TCP alone would wait for hours: what libpq was told of this is what it goes by."""
    with open_engine(postgres.database("vanished")).connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    seconds = int(told["keepalives_idle"]) + int(told["keepalives_interval"]) * int(told["keepalives_count"])
    assert seconds <= 60
    assert int(told["tcp_user_timeout"]) <= 60_000
    assert int(told["connect_timeout"]) <= 60
