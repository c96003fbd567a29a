"""Addresses, clicks and corrections at the same moment, on a real PostgreSQL, where rows and not the database are locked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import responses
from flask import Flask
from limits import RateLimitItem, RateLimitItemPerHour
from sqlalchemy import delete, func, select

from kc_bridge import create_app
from kc_bridge.domain.errors import TooManyTries
from kc_bridge.store import throttle
from kc_bridge.store.activation import AddressCheck, StepRecord
from kc_bridge.store.database import open_engine, upgrade
from kc_bridge.store.models import OutboxMessage
from kc_bridge.store.web import RateWindow
from tests.support.addresses import ADDRESS, BACKUP, Giver, Postman
from tests.support.bridge import FakeRealm, FixedClock, make_person, make_settings, services_of
from tests.support.choices import COMPLETE
from tests.support.counts import count
from tests.support.postgres import PostgresServer
from tests.support.visitor import Visitor

FIVE: RateLimitItem = RateLimitItemPerHour(5, 1, namespace="five")
THREE: RateLimitItem = RateLimitItemPerHour(3, 1, namespace="three")
OTHER = "autre@perso.example"


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="module")
def app(
    postgres: PostgresServer, clock: FixedClock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("bridge")
    settings = make_settings(folder, database_url=postgres.database("addresses"), profile=COMPLETE)
    upgrade(open_engine(settings.database_url))
    app = create_app(settings, clock)
    yield app
    services_of(app).sessions.kw["bind"].dispose()


@pytest.fixture
def realm(app: Flask) -> Iterator[FakeRealm]:
    realm = FakeRealm(app)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        realm.answer(rsps)
        yield realm


def at_once(giver: Giver, works: list[Callable[[Visitor], Any]]) -> list[Any]:
    """Each in a tab of the same browser, none before the last is ready."""
    start = Barrier(len(works))

    def run(work: Callable[[Visitor], Any]) -> Any:
        tab = Visitor(giver.app, giver.visitor.cookie)
        tab.csrf = giver.visitor.csrf
        start.wait()
        return work(tab)

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def mails(giver: Giver) -> int:
    wanted = OutboxMessage.person_id == giver.person.id
    with services_of(giver.app).sessions() as db:
        return db.scalar(select(func.count()).select_from(OutboxMessage).where(wanted)) or 0


def give(address: str) -> Callable[[Visitor], Any]:
    return lambda tab: tab.post(BACKUP, {"backup_mail": address}).status_code


def test_typed_resent_and_pressed_at_once(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    giver, n = Giver(app, realm, make_person(app)), count(6, 50)
    assert set(at_once(giver, [give(ADDRESS)] * n)) == {303}
    assert mails(giver) == 1
    clock.advance(minutes=5)
    giver.get(BACKUP)
    resend = [lambda tab: tab.post(f"{BACKUP}/resend").status_code] * n
    assert set(at_once(giver, resend)) == {303}
    assert mails(giver) == 2
    link = Postman(app).link()
    giver.visitor.get(link)
    assert set(at_once(giver, [lambda tab: tab.post(link).status_code] * n)) == {303}
    with services_of(app).sessions() as db:
        assert db.scalars(select(StepRecord.step)).all() == ["backup_mail"]


def test_many_addresses_at_once_are_five_mails(app: Flask, realm: FakeRealm) -> None:
    giver, n = Giver(app, realm, make_person(app)), count(8, 50)
    answers = at_once(giver, [give(f"camille{number}@perso.example") for number in range(n)])
    assert sorted(answers) == [303] * 5 + [429] * (n - 5)
    assert mails(giver) == 5


def test_a_correction_and_a_press(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """Whichever comes first, the corrected address waits and nothing unconfirmed is recorded."""
    Postman(app).round()
    for _ in range(count(5, 40)):
        giver = Giver(app, realm, make_person(app))
        giver.give()
        clock.advance(seconds=1)
        link = Postman(app).link()
        giver.visitor.get(link)
        answers = at_once(giver, [lambda tab, link=link: tab.post(link).status_code, give(OTHER)])
        assert set(answers) <= {303, 410}
        with services_of(app).sessions() as db:
            check = db.scalars(select(AddressCheck).where(AddressCheck.address == OTHER)).one()
            assert check.confirmed_at is None
            kept = db.scalars(select(StepRecord).where(StepRecord.journey_id == check.journey_id)).all()
            assert {record.data["address"] for record in kept} <= {ADDRESS}
            check.address = f"{check.id}@perso.example"  # the next round's is the only one again
            db.commit()
        assert giver.get(BACKUP).status_code == 200
        assert giver.waits
        clock.advance(seconds=1)
        Postman(app).round()


def test_counted_exactly_and_without_deadlock(app: Flask) -> None:
    """Names taken in any order, windows passing away meanwhile: each limit lets through what it says."""
    kcb, n = services_of(app), count(24, 200)
    start = Barrier(n)
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        db.execute(delete(RateWindow))
        for number in range(n):  # to be cleared by those who come
            throttle.spend(db, now - timedelta(hours=2), (FIVE, f"old {number}"))

    def attempt(number: int) -> bool:
        names = [(FIVE, "common"), (THREE, "common"), (FIVE, f"own {number}")]
        start.wait()
        with kcb.sessions.begin() as db:
            try:
                throttle.spend(db, now, *(names if number % 2 else reversed(names)))
            except TooManyTries:
                return False
        return True

    with ThreadPoolExecutor(n) as pool:
        let_through = sum(pool.map(attempt, range(n)))
    assert let_through == 3
    with kcb.sessions() as db:
        hits = [len(found) for found in db.scalars(select(RateWindow.hits))]
    assert sorted(hits)[-2:] == [3, 5]
    assert len(hits) == n + 2  # the old ones are gone
