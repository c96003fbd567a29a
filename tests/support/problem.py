"""People who follow « Problème de connexion », at the bridge alone."""

from __future__ import annotations

import re
from email.message import EmailMessage

from flask import Flask
from werkzeug.test import TestResponse

from kc_bridge.store.models import Identifier, Person
from tests.support.addresses import Postman
from tests.support.bridge import make_person, services_of
from tests.support.identify import address, birthday, number
from tests.support.visitor import Visitor

__all__ = [
    "HERE",
    "IDENTIFIER",
    "NEW",
    "PROFILE",
    "PROOF",
    "SENT",
    "Postbox",
    "enrolled",
    "give",
    "identify",
    "prove",
    "proved",
    "reread",
]

PROFILE = "um"
HERE = "/probleme-de-connexion"
IDENTIFIER, SENT, PROOF, ADDRESS = (
    f"{HERE}/{page}" for page in ("identifiant", "mail", "verification", "adresse")
)
NEW = "camille.neuve@perso.example"


def enrolled(app: Flask, **fields: object) -> tuple[Person, str]:
    """Somebody enrolled and not activated, with a birth date and an INE."""
    ine = number()
    person = make_person(app, **({"birth_date": birthday()} | fields))
    with services_of(app).sessions.begin() as db:
        db.add(Identifier(person_id=person.id, kind="ine", value=ine))
    return person, ine


def identify(visitor: Visitor, identifier: str, *, at: str | None = None) -> TestResponse:
    """Etape 1, from an address of its own."""
    visitor.get(IDENTIFIER)
    environ = {"REMOTE_ADDR": at or address()}
    return visitor.post(IDENTIFIER, {"identifier": identifier}, environ_base=environ)


def prove(visitor: Visitor, ine: str, born: object, *, at: str | None = None) -> TestResponse:
    """Etape 4, from an address of its own."""
    visitor.get(PROOF)
    typed = born if isinstance(born, str) else f"{born:%d/%m/%Y}"
    environ = {"REMOTE_ADDR": at or address()}
    return visitor.post(PROOF, {"number": ine, "birth_date": typed}, environ_base=environ)


def proved(app: Flask, person: Person, ine: str) -> Visitor:
    """A browser at Etape 4-1."""
    visitor = Visitor(app)
    assert identify(visitor, person.login).status_code == 303
    assert prove(visitor, ine, person.birth_date).location == ADDRESS
    return visitor


def give(visitor: Visitor, new: str = NEW) -> TestResponse:
    """Etape 4-1: the address, typed."""
    visitor.get(ADDRESS)
    return visitor.post(ADDRESS, {"backup_mail": new})


def reread(app: Flask, person: Person) -> Person:
    with services_of(app).sessions() as db:
        return db.get_one(Person, person.id)


class Postbox(Postman):
    """What is sent, by whom it is for; links are found by what they do."""

    def to(self, recipient: str | None) -> list[EmailMessage]:
        """All that was ever sent there, what waits included."""
        self.round()
        return [letter for letter in self.letters if letter["To"] == recipient]

    def newest(self, recipient: str | None, door: str = "/l/") -> str:
        """The path of the newest link of that kind sent there."""
        for letter in reversed(self.to(recipient)):
            if found := re.search(rf"https://compte\.univ\.test({door}\S+)", text_of(letter)):
                return found[1]
        raise AssertionError(f"no {door} was sent to {recipient}")


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
