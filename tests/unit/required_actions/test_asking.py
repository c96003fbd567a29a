"""Mails asked for by an identifier: limits, and the worker that finds out whom to write to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from kc_bridge.domain.errors import TooManyTries
from kc_bridge.store.web import MailRequest
from required_actions import asking
from tests.support.bridge import FixedClock, make_app, make_person, services_of


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock)


@pytest.fixture
def answered() -> Iterator[list[str]]:
    """Logins an answerer of the kind « test » was called for."""
    logins: list[str] = []

    @asking.answers("test")
    def _answer(asked: asking.Asked) -> None:
        if asked.person.login.startswith("broken"):
            raise RuntimeError("cannot")
        if asked.person.login.startswith("locked"):
            raise OperationalError("statement", {}, Exception("database is locked"))
        logins.append(asked.person.login)

    yield logins
    del asking._answerers["test"]


def ask(app: Flask, typed: str, address: str = "192.0.2.1") -> None:
    asking.ask(services_of(app), "test", typed, "fr", address)


def work(app: Flask) -> int:
    kcb = services_of(app)
    return asking.answer_waiting(kcb.settings, kcb.profile, kcb.sessions, kcb.clock)


def waiting(app: Flask) -> int:
    with services_of(app).sessions() as db:
        return db.scalar(select(func.count()).select_from(MailRequest)) or 0


def test_nothing_is_looked_up_while_somebody_waits(app: Flask, answered: list[str]) -> None:
    person = make_person(app)
    ask(app, person.login)
    ask(app, "personne@etu.univ-demo.fr")
    assert answered == []
    assert waiting(app) == 2
    assert work(app) == 2
    assert answered == [person.login]
    assert waiting(app) == 0


def test_the_domain_may_be_left_out(app: Flask, answered: list[str]) -> None:
    person = make_person(app, login="jean.dupont@etu.univ-demo.fr", mail="jean.dupont@etu.univ-demo.fr")
    ask(app, "jean.dupont")
    work(app)
    assert answered == [person.login]


def test_one_in_five_minutes_and_five_a_day_whoever_asks(app: Flask, clock: FixedClock) -> None:
    ask(app, "x@etu.univ-demo.fr", "192.0.2.1")
    with pytest.raises(TooManyTries) as held:
        ask(app, "x", "198.51.100.7")  # the domain left out is no way around
    assert (held.value.until - clock()).total_seconds() == 300
    for _more in range(4):
        clock.advance(minutes=5)
        ask(app, "x@etu.univ-demo.fr")
    clock.advance(minutes=5)
    with pytest.raises(TooManyTries):
        ask(app, "x@etu.univ-demo.fr")
    clock.advance(hours=24)
    ask(app, "x@etu.univ-demo.fr")


def test_the_whole_directory_is_not_tried_from_one_place(app: Flask) -> None:
    for number in range(30):
        ask(app, f"somebody{number}")
    with pytest.raises(TooManyTries):
        ask(app, "somebody30")
    ask(app, "somebody31", "198.51.100.7")


def test_one_that_cannot_be_answered_keeps_nobody_waiting(app: Flask, answered: list[str]) -> None:
    make_person(app, login="broken@etu.univ-demo.fr", mail="broken@etu.univ-demo.fr")
    person = make_person(app)
    ask(app, "broken")
    ask(app, person.login)
    work(app)
    assert answered == [person.login]
    assert waiting(app) == 0


def test_what_was_asked_an_hour_ago_is_not_sent_any_more(
    app: Flask, clock: FixedClock, answered: list[str]
) -> None:
    ask(app, make_person(app).login)
    clock.advance(minutes=61)
    work(app)
    assert answered == []
    assert waiting(app) == 0


def test_another_kind_besides_is_counted_for_everybody_at_once(app: Flask, clock: FixedClock) -> None:
    """1. What the next page says of it must not depend on whether there is such a person."""
    kcb, person = services_of(app), make_person(app)
    for typed in (person.login, "personne@etu.univ-demo.fr"):
        asking.ask(kcb, "recovery", typed, "fr", "192.0.2.1", also="activation")
    work(app)
    told = {asking.free_at(kcb, "activation", typed) for typed in (person.login, "personne")}
    assert told == {clock() + timedelta(minutes=5)}
    clock.advance(minutes=5)
    asking.ask(kcb, "activation", person.login, "fr", "192.0.2.1")
    asking.ask(kcb, "recovery", person.login, "fr", "192.0.2.1", also="activation")
    assert waiting(app) == 2


def test_a_database_that_fails_loses_no_request(app: Flask, answered: list[str]) -> None:
    make_person(app, login="locked@etu.univ-demo.fr", mail="locked@etu.univ-demo.fr")
    ask(app, "locked")
    with pytest.raises(OperationalError):
        work(app)
    assert waiting(app) == 1
