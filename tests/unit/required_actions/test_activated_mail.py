"""Who is told of an activation, and what: never a password, never a way in."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import OutboxMessage, Person
from kc_bridge.store.outbox import enqueue
from tests.support.bridge import ENT, FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.visitor import PASSWORD, Visitor


class Post:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> None:
        self.mails.append(message)


def activate(app: Flask, realm: FakeRealm, person: Person) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, person)
    visitor.post("/activation/charter", {"accept": "y"})
    visitor.post("/activation/new-password", {"password": PASSWORD, "confirmation": PASSWORD})


def sent(app: Flask) -> list[EmailMessage]:
    kcb, post = services_of(app), Post()
    send_waiting(kcb.settings, kcb.sessions, kcb.clock, post)
    return post.mails


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text


def test_both_mailboxes_are_told_once(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app, mail="camille@etu.univ-demo.fr")
    activate(app, realm, person)
    mails = sent(app)
    assert [mail["To"] for mail in mails] == [person.mail, person.personal_mail]
    assert sent(app) == []
    for mail in mails:
        for kind in ("plain", "html"):
            text = body(mail, kind)
            assert person.login in text
            assert "lundi 7 septembre 2026" in text
            assert ENT in text
            assert "/l/" not in text
            assert PASSWORD not in text
        assert "Ce n'est pas vous qui l'avez activé ?" in body(mail, "plain")


def test_what_waits_holds_no_address_and_no_secret(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app, mail="camille@etu.univ-demo.fr")
    activate(app, realm, person)
    with services_of(app).sessions() as db:
        waiting = db.scalars(select(OutboxMessage).where(OutboxMessage.kind == "activated")).all()
    assert [set(message.payload) for message in waiting] == [{"box", "at"}] * 2
    assert len({message.dedupe_key for message in waiting}) == 2


@pytest.mark.parametrize("backup", [None, "the university's"])
def test_nobody_is_written_to_twice_or_nowhere(app: Flask, realm: FakeRealm, backup: str | None) -> None:
    person = make_person(
        app, mail="camille@etu.univ-demo.fr", personal_mail=backup and "camille@ETU.univ-demo.fr"
    )
    activate(app, realm, person)
    assert [mail["To"] for mail in sent(app)] == [person.mail]


def test_who_activates_by_number_alone_is_mailed_no_link(tmp_path: Path, clock: FixedClock) -> None:
    app = make_app(tmp_path, clock, profile="uphf")
    person = make_person(app)
    with services_of(app).sessions.begin() as db:
        enqueue(db, kind="activation", person_id=person.id, dedupe_key="activation", now=clock())
    assert sent(app) == []
    with services_of(app).sessions() as db:
        message = db.scalars(select(OutboxMessage)).one()
    assert (message.state, message.last_error) == (
        "expired",
        "this journey is entered without a mailed link",
    )
