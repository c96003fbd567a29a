"""A new password of an active account: which sessions end, and whom the mail tells."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.mailer import Writing, _compose
from kc_bridge.store.activation import Link
from kc_bridge.store.models import OutboxMessage, Person
from tests.support.addresses import Postman, active, words
from tests.support.bridge import FakeRealm, make_person, services_of
from tests.support.visitor import PASSWORD, Visitor

PAGE = "/activation/new-password"
END_SESSIONS = "Me déconnecter de mes autres appareils"
SUBJECT = "Votre mot de passe a été changé"


def choose(app: Flask, realm: FakeRealm, person: Person, **fields: str) -> Visitor:
    """Asks for the step as an application does, and answers it."""
    visitor = Visitor(app)
    visitor.enter(realm, person, act="kcb-new-password", acts=["kcb-new-password"], aia=True)
    answer = visitor.post(PAGE, {"password": PASSWORD, "confirmation": PASSWORD, **fields})
    assert answer.status_code == 303
    return visitor


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize(("fields", "kept"), [({"end_sessions": "y"}, False), ({}, True)])
def test_other_sessions_end_unless_told_otherwise(
    app: Flask, realm: FakeRealm, fields: dict[str, str], kept: bool
) -> None:
    choose(app, realm, active(app), **fields)
    told = realm.completed[0]
    assert told["keepSessions"] is kept
    assert told["details"] == {"kcb-new-password": {"other_sessions": "kept" if kept else "ended"}}


def test_the_box_is_ticked_when_the_page_is_first_shown(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    page = visitor.enter(realm, active(app), act="kcb-new-password", acts=["kcb-new-password"], aia=True)
    box = page.get_data(as_text=True).partition('name="end_sessions"')[0].rpartition("<input")[2]
    assert "checked" in box
    refused = visitor.post(PAGE, {"password": "short", "confirmation": "short"})
    box = refused.get_data(as_text=True).partition('name="end_sessions"')[0].rpartition("<input")[2]
    assert "checked" not in box, "what was sent stays"


def test_an_activation_asks_nothing_and_ends_every_session(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    page = visitor.enter(realm, make_person(app), act="kcb-new-password", acts=["kcb-new-password"])
    assert END_SESSIONS not in words(page)
    visitor.post(PAGE, {"password": PASSWORD, "confirmation": PASSWORD})
    assert realm.completed[0]["keepSessions"] is False
    assert SUBJECT not in [str(letter["Subject"]).partition(" :")[0] for letter in Postman(app).round()]


def test_the_backup_mail_is_told_and_no_link_logs_in(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    choose(app, realm, person)
    (letter,) = Postman(app).round()
    assert (letter["To"], str(letter["Subject"]).partition(" :")[0]) == (person.personal_mail, SUBJECT)
    text = text_of(letter)
    assert "lundi 7 septembre 2026 à 10 h 30" in text.replace("\u00a0", " ")
    assert "https://compte.univ.test/mot-de-passe-oublie" in text
    assert "scolarité" in text
    assert "/l/" not in letter.as_string()
    with services_of(app).sessions() as db:
        assert db.query(Link).count() == 0


def test_without_a_backup_mail_the_university_mailbox_is_told(app: Flask, realm: FakeRealm) -> None:
    person = active(app, personal_mail=None, mail="camille.o-connor@etu.univ-demo.fr")
    choose(app, realm, person)
    (letter,) = Postman(app).round()
    assert letter["To"] == person.mail


def test_where_no_lost_password_is_replaced_the_registrar_helps(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    choose(app, realm, person)
    profile = services_of(app).profile.model_copy(update={"recovery": "off"})
    text = _written(app, profile)
    assert "mot-de-passe-oublie" not in text
    assert "réinitialisera votre compte" in text


def _written(app: Flask, profile: object) -> str:
    """The mail that waits, as a university with that profile writes it."""
    kcb = services_of(app)
    with kcb.sessions() as db:
        message = db.scalars(select(OutboxMessage)).one()
        writing = Writing(db, message.person, message.payload, kcb.settings, profile, kcb.clock())  # type: ignore[arg-type]
        return text_of(_compose(writing, message))


def test_somebody_only_keycloak_knows_without_a_mail_is_not_written_to(app: Flask, realm: FakeRealm) -> None:
    visitor, user = Visitor(app), realm.stranger(email=None)
    visitor.enter(realm, sub=user, act="kcb-new-password", acts=["kcb-new-password"], aia=True)
    visitor.post(PAGE, {"password": PASSWORD, "confirmation": PASSWORD})
    assert Postman(app).round() == []
