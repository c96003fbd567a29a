"""17. Sessions: a new name at entry and end, old names dead, idle and absolute ends, state on the server only."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import pytest
from flask import Flask, session
from sqlalchemy import func, select, text

from kc_bridge.store.web import WebSession
from tests.support.bridge import FakeRealm, FixedClock, make_person, services_of
from tests.support.visitor import Visitor

CHARTER = "/activation/charter"


def knows(app: Flask, cookie: str | None) -> bool:
    """True when the wizard opens for whoever holds this cookie."""
    return Visitor(app, cookie).get(CHARTER).status_code == 200


def rows(app: Flask) -> int:
    with services_of(app).sessions() as db:
        return db.scalar(select(func.count()).select_from(WebSession)) or 0


def test_renewed_at_entry_and_at_the_end(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    visitor.get("/?lang=en")
    before = visitor.cookie
    assert visitor.enter(realm, make_person(app)).status_code == 200
    entered = visitor.cookie
    assert knows(app, entered)
    visitor.get("/activation/done")

    assert len({before, entered, visitor.cookie}) == 3
    assert None not in {before, entered, visitor.cookie}
    assert not any(knows(app, cookie) for cookie in (before, entered, visitor.cookie))
    assert rows(app) == 1


def test_cancelling_ends_it_too(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app), aia=True, cancel=f"{realm.settings.issuer}/cancel")
    entered = visitor.cookie
    assert visitor.post("/activation/cancel").status_code == 200
    assert visitor.cookie != entered
    assert not knows(app, entered)


@pytest.mark.parametrize("planted", ["0" * 43, "x", "../../etc", "a" * 4000, "é"])
def test_a_planted_name_is_not_adopted(app: Flask, realm: FakeRealm, planted: str) -> None:
    visitor = Visitor(app, planted)
    visitor.enter(realm, make_person(app))
    assert visitor.cookie != planted
    assert knows(app, visitor.cookie)
    assert not knows(app, planted)


def test_an_attackers_own_session_is_not_shared(app: Flask, realm: FakeRealm) -> None:
    attacker = Visitor(app)
    attacker.get("/?lang=en")
    victim = Visitor(app, attacker.cookie)
    victim.enter(realm, make_person(app))
    assert victim.cookie != attacker.cookie
    assert not knows(app, attacker.cookie)


def test_fifteen_minutes_without_a_request_end_it(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    for _turn in range(3):
        clock.advance(minutes=14, seconds=59)
        assert knows(app, visitor.cookie)
    clock.advance(minutes=15)
    assert not knows(app, visitor.cookie)


def test_sixty_minutes_end_it_whatever_happens(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    for _turn in range(5):
        clock.advance(minutes=10)
        assert knows(app, visitor.cookie)
    clock.advance(minutes=9, seconds=59)
    assert knows(app, visitor.cookie)
    clock.advance(seconds=1)
    assert not knows(app, visitor.cookie)


def test_ended_sessions_do_not_pile_up(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    for _visit in range(5):
        Visitor(app).get("/?lang=en")
    assert rows(app) == 5
    clock.advance(minutes=16)
    Visitor(app).get("/?lang=en")
    assert rows(app) == 1


def test_the_cookie_is_a_name_whose_value_the_server_does_not_keep(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    assert visitor.cookie is not None
    assert len(visitor.cookie) >= 43  # 256 bits
    with services_of(app).sessions() as db:
        stored = db.execute(text("SELECT id_sha256, data FROM web_session")).all()
    assert [row[0] for row in stored] == [hashlib.sha256(visitor.cookie.encode()).hexdigest()]
    assert visitor.cookie not in str(stored)


def while_a_request_lingers(app: Flask, lingering: Visitor, meanwhile: Callable[[], object]) -> None:
    """Lets a request read its session, then does something else, then lets it end."""
    read, go_on = threading.Event(), threading.Event()

    def linger() -> str:
        session.get("login")
        read.set()
        assert go_on.wait(30)
        return "late"

    app.view_functions["page_aide"] = linger
    late = threading.Thread(target=lingering.get, args=("/aide",))
    late.start()
    assert read.wait(30)
    meanwhile()
    go_on.set()
    late.join(30)


def test_a_late_answer_does_not_revive_a_name_given_up(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    old = visitor.cookie
    other_tab = Visitor(app, old)
    while_a_request_lingers(app, other_tab, lambda: visitor.get("/activation/done"))
    assert not knows(app, old)
    assert other_tab.cookie == old  # no cookie was sent that would take the new name's place


def test_a_late_answer_does_not_undo_what_another_wrote(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    other_tab = Visitor(app, visitor.cookie)
    while_a_request_lingers(app, other_tab, lambda: visitor.get("/premiere-connexion?lang=en"))
    assert '<html lang="en"' in visitor.get(CHARTER).get_data(as_text=True)
