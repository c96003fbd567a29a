"""11. Mails to addresses nobody has confirmed: one in 5 minutes, 5 a day, however it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from kc_bridge.store.activation import AddressCheck, StepRecord
from kc_bridge.store.models import OutboxMessage
from tests.support.addresses import ADDRESS, BACKUP, Giver, Postman, active, press, value_of, words
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE
from tests.support.counts import count
from tests.support.visitor import Visitor


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=COMPLETE)


@pytest.fixture
def giver(app: Flask, realm: FakeRealm) -> Giver:
    return Giver(app, realm, make_person(app))


def asked_for(app: Flask) -> int:
    """Mails written down to be sent."""
    with services_of(app).sessions() as db:
        return db.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_a_refresh_sends_nothing(app: Flask, giver: Giver, clock: FixedClock) -> None:
    giver.give()
    for _ in range(20):
        clock.advance(minutes=1)
        giver.get(BACKUP)
        giver.visitor.get(f"{BACKUP}/state")
        giver.visitor.request("HEAD", f"{BACKUP}/resend")
        giver.visitor.get(f"{BACKUP}/resend")
    assert asked_for(app) == 1


def test_one_in_five_minutes(app: Flask, giver: Giver, clock: FixedClock) -> None:
    giver.give()
    for minute, sent in [(1, 1), (4, 1), (5, 2), (6, 2), (9, 2), (10, 3)]:
        clock.now = datetime(2026, 9, 7, 8, 30 + minute, tzinfo=UTC)
        page = giver.resend()
        assert (page.status_code, giver.waits) == (200, True)
        assert asked_for(app) == sent, minute


def test_five_a_day(app: Flask, giver: Giver, clock: FixedClock) -> None:
    """The page says when the next may leave; nothing tells it by an error."""
    giver.give()
    for _ in range(8):
        clock.advance(minutes=5)
        giver.resend()
    assert asked_for(app) == 5
    assert "Vous pourrez le redemander à partir de mardi 8 septembre 2026 à 10 h 30" in words(giver.get())
    assert "Envoyer à nouveau le mail" not in words(giver.page)


def test_the_day_moves(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """No sixth mail after midnight; in a later login, one for each that is a day old."""
    person = make_person(app)
    giver = Giver(app, realm, person)
    giver.give()
    for _ in range(4):
        clock.advance(minutes=5)
        giver.resend()
    clock.now = datetime(2026, 9, 8, 8, 29, tzinfo=UTC)
    later = Giver(app, realm, person)
    assert later.waits
    later.visitor.get(f"{BACKUP}?change=1")  # any form's token will do
    later.resend()
    assert asked_for(app) == 5
    clock.advance(minutes=1)
    later.resend()
    assert asked_for(app) == 6
    clock.advance(minutes=4)
    later.resend()
    assert asked_for(app) == 6  # the gap, now


def test_corrections_count_and_lose_nothing_typed(app: Flask, giver: Giver, clock: FixedClock) -> None:
    for number in range(5):
        giver.give(f"camille{number}@perso.example")
        assert giver.waits
    page = giver.give("camille5@perso.example")
    assert page.status_code == 429
    assert 0 < int(page.headers["Retry-After"]) <= 86400
    assert value_of(page, "backup_mail") == "camille5@perso.example"
    assert "demander un autre mail à partir de mardi 8 septembre 2026" in words(page)
    assert asked_for(app) == 5
    giver.get(BACKUP)
    assert giver.waits
    assert "c•••••4@perso.example" in words(giver.page)


@pytest.mark.parametrize("again", [ADDRESS.upper(), ADDRESS.title(), ADDRESS.replace("perso", "PERSO")])
def test_capitals_and_changes_of_mind_are_no_way_round(app: Flask, giver: Giver, again: str) -> None:
    giver.give()
    giver.give("camille@autre.example")
    assert asked_for(app) == 2
    assert giver.give(again).status_code == 429
    assert asked_for(app) == 2


def test_neither_is_beginning_anew(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    person = active(app)
    for _ in range(3):
        giver = Giver(app, realm, person, "kcb-backup-mail", aia=True)
        giver.give()
    assert asked_for(app) == 1
    assert giver.page.status_code == 429
    for _ in range(9):
        clock.advance(minutes=5)
        giver = Giver(app, realm, person, "kcb-backup-mail", aia=True)
        giver.give()
    assert asked_for(app) == 5


def test_the_limit_of_one_person_is_nobody_elses(app: Flask, realm: FakeRealm) -> None:
    """Or anybody could keep somebody's address from being confirmed."""
    for _ in range(3):
        giver = Giver(app, realm, make_person(app))
        giver.give()
        assert giver.waits
    assert asked_for(app) == 3


def at_once(visitor: Visitor, app: Flask, n: int, work: Callable[[Visitor], Any]) -> list[Any]:
    """The same browser's tabs, none before the last is ready."""
    start = Barrier(n)
    tabs = [Visitor(app, visitor.cookie) for _ in range(n)]

    def run(tab: Visitor) -> Any:
        tab.csrf = visitor.csrf
        start.wait()
        return work(tab)

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(run, tabs))


def test_at_the_same_moment_it_is_one(app: Flask, giver: Giver, clock: FixedClock) -> None:
    n = count(8, 50)
    giver.get(BACKUP)
    answers = at_once(giver.visitor, app, n, lambda tab: tab.post(BACKUP, {"backup_mail": ADDRESS}))
    assert {answer.status_code for answer in answers} == {303}
    assert asked_for(app) == 1
    clock.advance(minutes=5)
    giver.get(BACKUP)
    answers = at_once(giver.visitor, app, n, lambda tab: tab.post(f"{BACKUP}/resend"))
    assert {answer.status_code for answer in answers} == {303}
    assert asked_for(app) == 2


def test_one_link_pressed_at_the_same_moment(app: Flask, realm: FakeRealm, giver: Giver) -> None:
    n = count(8, 50)
    giver.give()
    link = Postman(app).link()
    giver.visitor.get(link)
    answers = at_once(giver.visitor, app, n, lambda tab: tab.post(link))
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/activation/")}
    with services_of(app).sessions() as db:
        assert [record.step for record in db.scalars(select(StepRecord))] == ["backup_mail"]


def test_a_correction_and_a_press_at_the_same_moment(app: Flask, realm: FakeRealm) -> None:
    """Whichever comes first, what is recorded was confirmed."""
    for _ in range(count(3, 25)):
        giver = Giver(app, realm, make_person(app))
        giver.give()
        link = Postman(app).link()
        giver.visitor.get(link)
        works = iter([(link, {}), (BACKUP, {"backup_mail": "b@b.example"})])
        at_once(giver.visitor, app, 2, lambda tab, works=works: tab.post(*next(works)))
        with services_of(app).sessions() as db:
            check = db.scalars(select(AddressCheck).order_by(AddressCheck.asked_at.desc())).first()
            records = db.scalars(select(StepRecord).where(StepRecord.journey_id == check.journey_id)).all()
        assert check.address == "b@b.example"
        assert check.confirmed_at is None
        assert {record.data["address"] for record in records} <= {ADDRESS}
        assert giver.get(BACKUP).status_code == 200
        assert giver.waits
        Postman(app).round()


def test_confirmed_there_is_nothing_to_send_again(app: Flask, giver: Giver, clock: FixedClock) -> None:
    giver.give()
    press(Visitor(app), Postman(app).link())
    clock.advance(minutes=5)
    giver.resend()
    assert asked_for(app) == 1
