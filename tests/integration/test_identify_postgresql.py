"""9 on a real PostgreSQL: tries and identifications at the same moment, where rows and not the database are locked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import responses
from flask import Flask
from sqlalchemy import func, select

from kc_bridge import create_app
from kc_bridge.store.activation import Link
from kc_bridge.store.database import open_engine, upgrade
from kc_bridge.store.models import Person
from kc_bridge.store.web import RateWindow
from tests.support.bridge import FakeRealm, FixedClock, make_settings, services_of
from tests.support.counts import count
from tests.support.identify import PROFILE, birthday, holder, number
from tests.support.postgres import PostgresServer
from tests.support.visitor import Visitor

FORM = "/identification/ine"
Words = tuple[str, str]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def app(
    postgres: PostgresServer, tmp_path: Path, clock: FixedClock, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    name = re.sub(r"\W+", "_", request.node.name).lower()
    settings = make_settings(tmp_path, database_url=postgres.database(name), profile=PROFILE)
    upgrade(open_engine(settings.database_url))
    app = create_app(settings, clock)
    realm = FakeRealm(app)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        realm.answer(rsps)
        yield app
    services_of(app).sessions.kw["bind"].dispose()


def at_once(app: Flask, tries: list[Words]) -> list[int]:
    """All of them at the same moment, each from an address of its own."""
    visitors = [Visitor(app) for _ in tries]
    for visitor in visitors:
        visitor.get(FORM)
    together = Barrier(len(tries))

    def one(index: int) -> int:
        together.wait()
        ine, born = tries[index]
        environ = {"REMOTE_ADDR": f"203.0.113.{index}"}
        fields = {"number": ine, "birth_date": born}
        return visitors[index].post(FORM, fields, environ_base=environ).status_code

    with ThreadPoolExecutor(len(tries)) as pool:
        return sorted(pool.map(one, range(len(tries))))


def words(ine: str, person: Person | None = None) -> Words:
    return ine, f"{person.birth_date if person else birthday():%d/%m/%Y}"


@pytest.mark.parametrize("right", [False, True])
def test_parallel_guesses_are_all_counted(app: Flask, right: bool) -> None:
    """Exactly five are answered, and of five right ones exactly one way in is left."""
    person, ine = holder(app)
    n = count(12, 50)

    answers = at_once(app, [words(ine, person if right else None) for _ in range(n)])

    assert answers == [303 if right else 422] * 5 + [429] * (n - 5)
    with services_of(app).sessions() as db:
        links = db.scalars(select(Link).where(Link.person_id == person.id)).all()
        generation = db.get_one(Person, person.id).generation
    assert generation == (6 if right else 1)
    assert sorted(link.generation for link in links) == ([2, 3, 4, 5, 6] if right else [])
    assert [link.generation for link in links if link.state == "new"] == ([6] if right else [])


def test_many_people_at_once(app: Flask) -> None:
    """39. The one row all of them share is held too briefly to keep anybody out."""
    people = [holder(app) for _ in range(count(12, 200))]
    answers = at_once(app, [words(ine, person) for person, ine in people])
    assert answers == [303] * len(people)


def test_windows_that_have_passed_are_cleared_while_others_are_used(app: Flask, clock: FixedClock) -> None:
    """Many new windows at once, old ones to remove, some of the old ones in use again: nobody waits in a circle."""
    n = count(12, 50)
    tries = [words(number()) for _ in range(n)]
    for _turn in range(3):
        assert at_once(app, [*tries[: n // 2], *(words(number()) for _ in range(n - n // 2))]) == [422] * n
        clock.advance(hours=1)
    at_once(app, [words(number())])
    with services_of(app).sessions() as db:
        assert db.scalar(select(func.count()).select_from(RateWindow)) == 4
