"""« Problème de connexion »: who is written to, how often, until when; nothing but the worker knows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.store.activation import Link
from kc_bridge.store.models import OutboxMessage, Person
from tests.support.addresses import go_in, press
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.identify import address, words
from tests.support.problem import (
    HERE,
    IDENTIFIER,
    PROFILE,
    SENT,
    Postbox,
    enrolled,
    give,
    identify,
    proved,
    text_of,
)
from tests.support.visitor import Visitor


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=PROFILE)


def live(app: Flask, person: Person) -> list[Link]:
    with services_of(app).sessions() as db:
        return list(db.scalars(select(Link).where(Link.person_id == person.id, Link.state == "new")))


def test_a_link_valid_until_the_end_of_the_day_goes_to_the_backup_mail(app: Flask) -> None:
    person, _ine = enrolled(app)
    identify(Visitor(app), person.login)
    (letter,) = Postbox(app).to(person.personal_mail)
    assert "valable jusqu'au lundi 7 septembre 2026 à 23 h 59" in text_of(letter).replace("\u00a0", " ")
    (link,) = live(app, person)
    assert link.expires_at == datetime(2026, 9, 7, 21, 59, 59, tzinfo=UTC)
    assert (link.purpose, link.sent_to) == ("activation", person.personal_mail)


@pytest.mark.parametrize(
    ("now", "page", "ends"),
    [
        ((2026, 3, 28, 22, 30), "le jour même jusqu'à 23 h 59", (2026, 3, 28, 22, 59, 59)),
        ((2026, 3, 29, 12, 0), "le jour même jusqu'à 23 h 59", (2026, 3, 29, 21, 59, 59)),
        ((2026, 10, 25, 12, 0), "le jour même jusqu'à 23 h 59", (2026, 10, 25, 22, 59, 59)),
        ((2026, 9, 7, 21, 58), "jusqu'au mardi 8 septembre 2026 à 00 h 28", (2026, 9, 7, 22, 28)),
    ],
)  # fmt: skip
def test_until_when_in_paris(app: Flask, clock: FixedClock, now: Any, page: str, ends: Any) -> None:
    """8. On both days of the change of hour, and never less than half an hour."""
    clock.now = datetime(*now, tzinfo=UTC)
    person, visitor = enrolled(app)[0], Visitor(app)
    if now == (2026, 3, 28, 22, 30):  # half past eleven at night: 29 minutes would be left
        page, ends = "jusqu'au dimanche 29 mars 2026 à 00 h 00", (2026, 3, 28, 23, 0)
    identify(visitor, person.login)
    assert page in words(visitor.get(SENT)).replace("\u00a0", " ").replace("<strong>", "")
    Postbox(app).round()
    assert [link.expires_at for link in live(app, person)] == [datetime(*ends, tzinfo=UTC)]


@pytest.mark.parametrize("typed", ["{login}", " {login} ", "{LOGIN}", "{name}", "{name}\u200b", "{Name}"])
def test_identifiers_are_forgiven(app: Flask, typed: str) -> None:
    """Capitals, spaces, the domain left out."""
    login = "zoe.o-connor@etu.umontpellier.fr"
    person, _ine = enrolled(app, login=login, mail=login)
    name = login.partition("@")[0]
    identify(Visitor(app), typed.format(login=login, LOGIN=login.upper(), name=name, Name=name.title()))
    assert len(Postbox(app).to(person.personal_mail)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"activated_at": datetime(2026, 9, 1, tzinfo=UTC), "state": "SupannActif"},
        {"state": "SupannVerrouille"},
        {"state": "SupannExpire"},
        {"state": "SupannPrecree", "keycloak_id": None},
        {"account_end": date(2026, 9, 6)},
        {"personal_mail": None},
    ],
)
def test_nobody_else_is_written_to(app: Flask, fields: dict[str, Any]) -> None:
    person, _ine = enrolled(app, **fields)
    before = person.generation
    identify(Visitor(app), person.login)
    assert Postbox(app).round() == []
    with services_of(app).sessions() as db:
        assert db.get_one(Person, person.id).generation == before
        assert db.scalars(select(OutboxMessage)).all() == []


def test_a_profile_without_the_entrance_has_no_such_pages(tmp_path: Path, clock: FixedClock) -> None:
    app = make_app(tmp_path, clock)
    page = words(Visitor(app).get(HERE))
    assert "Demandez un nouveau lien à votre service de scolarité" in page
    assert IDENTIFIER not in page
    for path in ("identifiant", "mail", "verification", "adresse", "adresse/mail"):
        assert Visitor(app).get(f"{HERE}/{path}").status_code == 404


def test_each_page_begins_where_it_can(app: Flask) -> None:
    """An address typed by hand leads to the step that comes first."""
    for path in ("mail", "verification"):
        assert Visitor(app).get(f"{HERE}/{path}").location == IDENTIFIER
    for path in ("adresse", "adresse/mail"):
        visitor = Visitor(app)
        response = visitor.get(f"{HERE}/{path}")
        while response.status_code == 303:
            response = visitor.get(response.location)
        assert "Saisie de votre identifiant" in words(response)


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "a" * 321])
def test_no_identifier_is_said_and_not_counted(app: Flask, typed: str) -> None:
    visitor, at = Visitor(app), address()
    for _ in range(31):
        response = identify(visitor, typed, at=at)
    assert response.status_code == 422
    assert "Saisissez votre identifiant" in words(response)


def test_resent_once_in_five_minutes_five_times_a_day_never_by_a_refresh(
    app: Flask, clock: FixedClock
) -> None:
    """11. Whoever asks, and the page says when: also of an identifier nobody has."""
    person, _ine = enrolled(app)
    for identifier, recipient in ((person.login, person.personal_mail), ("personne@etu.univ.test", None)):
        clock.now = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
        visitor, post = Visitor(app), Postbox(app)
        identify(visitor, identifier)
        for minute, sent in [(1, 1), (4, 1), (5, 2), (6, 2), (10, 3), (15, 4), (20, 5), (25, 5), (35, 5)]:
            clock.now = datetime(2026, 9, 7, 8 + (30 + minute) // 60, (30 + minute) % 60, tzinfo=UTC)
            visitor.get(SENT)
            visitor.request("HEAD", SENT)
            identify(Visitor(app), identifier)  # somebody else, from elsewhere
            visitor.get(SENT)
            assert visitor.post(SENT).location == SENT
            assert len(post.to(recipient)) == (sent if recipient else 0), minute
        told = words(visitor.get(SENT)).replace("\u00a0", " ")
        assert "mardi 8 septembre 2026 à 10 h 30" in told
        assert "Envoyer à nouveau le mail" in told


def test_one_place_does_not_ask_for_everybody(app: Flask) -> None:
    at = address()
    answers = [identify(Visitor(app), f"somebody{n}", at=at).status_code for n in range(31)]
    assert answers == [303] * 30 + [429]


def test_the_newest_link_is_the_only_one(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """6. And what the one before had begun is over."""
    person, post, first, visitor = enrolled(app)[0], Postbox(app), Visitor(app), Visitor(app)
    identify(visitor, person.login)
    older = post.newest(person.personal_mail)
    page = go_in(app, realm, first, press(first, older), person)
    assert page.status_code == 200
    clock.advance(minutes=5)
    visitor.post(SENT)
    newer = post.newest(person.personal_mail)
    assert first.get("/activation/").status_code == 410
    assert Visitor(app).get(older).status_code == 410
    assert Visitor(app).get(newer).status_code == 200


def test_a_mail_asked_for_before_another_address_was_given_does_not_end_its_link(app: Flask) -> None:
    """The worker was late: Etape 1's mail would otherwise come after Etape 5's."""
    person, ine = enrolled(app)
    visitor, post = proved(app, person, ine), Postbox(app)
    give(visitor, "camille.neuve@perso.example")
    letters = post.to("camille.neuve@perso.example")
    assert len(letters) == 1
    assert Visitor(app).get(post.newest("camille.neuve@perso.example")).status_code == 200
    assert not any("/l/" in text_of(letter) for letter in post.to(person.personal_mail))


def test_two_people_of_one_name_at_two_domains(app: Flask) -> None:
    """Without its domain an identifier may be two people's: each is written to at their own address alone."""
    one = make_person(app, login="jean.dupont@etu.umontpellier.fr", personal_mail="un@perso.example")
    two = make_person(
        app, login="jean.dupont@umontpellier.fr", personal_mail="deux@perso.example", population="staff"
    )
    identify(Visitor(app), "jean.dupont")
    post = Postbox(app)
    assert [len(post.to(mail)) for mail in ("un@perso.example", "deux@perso.example")] == [1, 1]
    assert one.login in text_of(post.to("un@perso.example")[0])
    assert two.login not in text_of(post.to("un@perso.example")[0])
