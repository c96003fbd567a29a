"""1, 3, 5, 6, 7, 11, 12. Lost passwords: one answer for everybody, nothing ended by asking, the answer never alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from kc_bridge.store.activation import Link
from kc_bridge.store.models import OutboxMessage, Person
from required_actions.asking import answer_waiting
from tests.security.test_identify_one_answer import statements
from tests.support.addresses import Postman, active, words
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.identify import address
from tests.support.lost_passwords import HERE, ask, link_of, owner, press
from tests.support.recovery import (
    profile_with,
    recovery_links,
)
from tests.support.visitor import Visitor

Make = Callable[[Flask], Person]


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge whose links ask the secret question of those who have one."""
    return make_app(tmp_path, clock, profile=profile_with(tmp_path, "link-and-question"))


PEOPLE: dict[str, Make | None] = {
    "nobody": None,
    "may be written to": owner,
    "has a question": lambda app: owner(app, question=True),
    "not activated": make_person,
    "closed": lambda app: owner(app, state="SupannExpire", account_end=date(2025, 12, 31)),
    "frozen": lambda app: owner(app, address_frozen_until=services_of(app).clock() + timedelta(days=7)),
    "no backup mail": lambda app: owner(app, personal_mail=None),
    "mailbox never read": active,
}
WRITTEN_TO = {"may be written to", "has a question"}


def seen(response: TestResponse, typed: str) -> tuple[Any, ...]:
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", response.get_data(as_text=True))
    return response.status, sorted(response.headers), body.replace(typed, "TYPED")


def test_one_answer_after_one_work(app: Flask) -> None:
    """1. Asked, shown, and asked too often: nothing but the mailbox tells who it was."""
    ask(Visitor(app), "the-first-row-of-its-tables@etu.univ.test")
    Postman(app).round()
    answers, work, sent = {}, {}, {}
    for name, make in PEOPLE.items():
        typed = make(app).login if make else "personne-0000000@etu.univ.test"
        visitor = Visitor(app)
        visitor.get(HERE)
        with statements(app) as said:
            first = visitor.post(HERE, {"identifier": typed}, environ_base={"REMOTE_ADDR": address()})
            page = visitor.get(f"{HERE}/envoye")
        again = ask(Visitor(app), typed)
        answers[name], work[name] = [seen(each, typed) for each in (first, page, again)], said
        with services_of(app).sessions() as db:
            assert db.scalars(select(OutboxMessage.id).where(OutboxMessage.state == "waiting")).all() == []
        sent[name] = len(Postman(app).round())
        assert "un mail vient d'être envoyé à son mail de secours" in words(page)
    for name in PEOPLE:
        assert answers[name] == answers["nobody"], name
        assert work[name] == work["nobody"], name
        assert sent[name] == (name in WRITTEN_TO), name


def test_one_in_five_minutes_and_five_a_day(app: Flask, clock: FixedClock) -> None:
    """11. Whatever button, browser, address or spelling; a refresh asks for nothing."""
    person, postman, visitor = owner(app), Postman(app), Visitor(app)
    ask(visitor, person.login)
    assert len(postman.round()) == 1
    for again in (
        lambda: visitor.get(f"{HERE}/envoye"),
        lambda: visitor.post(f"{HERE}/renvoi"),
        lambda: ask(Visitor(app), person.login.upper()),
        lambda: ask(Visitor(app), f" {person.login} "),
    ):
        assert again().status_code in (200, 303)
    assert "Vous pourrez le redemander à partir de 10 h 35" in words(visitor.get(f"{HERE}/envoye"))
    assert "Envoyer à nouveau le mail" not in words(visitor.get(f"{HERE}/envoye"))
    assert postman.round() == []
    for _ in range(4):
        clock.advance(minutes=5)
        assert "Envoyer à nouveau le mail" in words(visitor.get(f"{HERE}/envoye"))
        visitor.post(f"{HERE}/renvoi")
        assert len(postman.round()) == 1
    clock.advance(minutes=5)
    visitor.post(f"{HERE}/renvoi")
    ask(Visitor(app), person.login)
    assert postman.round() == []


def test_asking_raises_no_generation(app: Flask, clock: FixedClock) -> None:
    """6. A stranger who types identifiers ends nobody's session, journey or opened link."""
    person = owner(app)
    link_of(app, person)
    clock.advance(minutes=5)
    link_of(app, person)
    with services_of(app).sessions() as db:
        assert db.get_one(Person, person.id).generation == person.generation
    assert recovery_links(services_of(app), person) == ["superseded", "new"]


def test_a_mail_that_waited_too_long_is_not_sent(app: Flask, clock: FixedClock) -> None:
    """32. Nobody waits any more for a mail asked for before the relay went down."""
    ask(Visitor(app), owner(app).login)
    kcb = services_of(app)
    answer_waiting(kcb.settings, kcb.profile, kcb.sessions, kcb.clock)
    with kcb.sessions() as db:
        assert db.scalars(select(OutboxMessage.kind)).all() == ["recovery"]
    clock.advance(hours=1)
    assert Postman(app).round() == []


@pytest.mark.parametrize(
    "change",
    [
        {"state": "SupannExpire"},
        {"account_end": date(2026, 9, 6)},
        {"personal_mail": None},
        {"activated_at": None},
    ],
)
def test_what_changed_before_the_mail_leaves_counts(app: Flask, change: dict[str, Any]) -> None:
    person = owner(app)
    ask(Visitor(app), person.login)
    kcb = services_of(app)
    answer_waiting(kcb.settings, kcb.profile, kcb.sessions, kcb.clock)
    with kcb.sessions.begin() as db:
        stored = db.get_one(Person, person.id)
        for name, value in change.items():
            setattr(stored, name, value)
    assert Postman(app).round() == []


def test_the_link_lives_an_hour_and_dies_with_its_address(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    """7. Looked at when read and again when opened."""
    person = owner(app)
    link = link_of(app, person)
    assert "lundi 7 septembre 2026 à 11 h 30" in words(Visitor(app).get(link))
    waiting = Visitor(app)
    waiting.get(link)
    asked = waiting.post(link)
    state = parse_qs(urlsplit(asked.location).query)["state"][0]
    clock.advance(minutes=59, seconds=59)
    assert Visitor(app).get(link).status_code == 200
    clock.advance(seconds=1)
    assert Visitor(app).get(link).status_code == 410
    assert waiting.get(f"/oidc/silent?state={state}&error=login_required").status_code == 410

    newer = link_of(app, person)
    with services_of(app).sessions.begin() as db:
        db.get_one(Person, person.id).personal_mail = "quelqu-un-d-autre@perso.example"
    ended = Visitor(app).get(newer)
    assert ended.status_code == 410
    assert "Un mail plus récent le remplace, ou votre compte a changé depuis" in words(ended)


def test_get_and_head_open_nothing(app: Flask) -> None:
    """4. Mail scanners follow links."""
    person = owner(app)
    link = link_of(app, person)
    for method in ("GET", "HEAD"):
        assert Visitor(app).request(method, link).status_code == 200
    assert recovery_links(services_of(app), person) == ["new"]


def test_a_password_keycloak_cannot_write(app: Flask, realm: FakeRealm) -> None:
    """Of a read-only directory: said, and nothing is spent."""
    person = owner(app)
    link = link_of(app, person)
    refusal = {"error": "unknown_action", "actions": ["kcb-new-password"]}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        kcb = f"{realm.settings.keycloak_url}/realms/{realm.settings.realm}"
        rsps.post(f"{kcb}/kcb/activation-links", json=refusal, status=422)
        realm.answer(rsps)
        response = press(Visitor(app), link)
    assert response.status_code == 403
    assert "Votre mot de passe ne se change pas ici" in words(response)
    assert recovery_links(services_of(app), person) == ["new"]


def test_only_the_password_is_asked_for(app: Flask, realm: FakeRealm) -> None:
    """5. A link for a lost password begins no activation, whatever the journey of its owner."""
    asked: list[Any] = []
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        realm.answer(rsps)
        assert press(Visitor(app), link_of(app, owner(app))).status_code == 303
        asked = [call.request.body for call in rsps.calls if "activation-links" in (call.request.url or "")]
    assert len(asked) == 1
    assert b'"actions": ["kcb-new-password"]' in asked[0]


def test_where_it_is_off_there_is_nothing(tmp_path: Path, clock: FixedClock) -> None:
    app = make_app(tmp_path, clock, profile=profile_with(tmp_path, "off"))
    visitor = Visitor(app)
    for page in ("", "/envoye", "/question", "/termine"):
        assert visitor.get(HERE + page).status_code == 404
    for page in ("/", "/aide", "/probleme-de-connexion"):
        assert HERE not in visitor.get(page).get_data(as_text=True)


def test_no_identifier_no_mail(app: Flask) -> None:
    visitor = Visitor(app)
    for typed in ("", "   ", "\u200b", "x" * 400):
        response = ask(visitor, typed)
        assert response.status_code == 422
        assert "Saisissez votre identifiant" in words(response)
    assert visitor.get(f"{HERE}/envoye").location == HERE


def test_no_page_names_anybody_but_what_was_typed(app: Flask) -> None:
    """2. Neither the address, nor the mail, nor the token is in any page or location before the link is opened."""
    person = owner(app)
    visitor = Visitor(app)
    response = ask(visitor, person.login.partition("@")[0])
    page = visitor.get(f"{HERE}/envoye")
    for told in (str(response.headers), response.get_data(as_text=True), page.get_data(as_text=True)):
        assert str(person.personal_mail) not in told
        assert person.login not in told
    with services_of(app).sessions() as db:
        assert (
            db.scalars(select(Link.id).where(Link.person_id == person.id, Link.purpose == "recovery")).all()
            == []
        )
