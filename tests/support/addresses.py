"""People who give a mail address and are written to, at the bridge alone."""

from __future__ import annotations

import re
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from kc_bridge.mailer import send_waiting
from kc_bridge.store.activation import AddressCheck, Link
from kc_bridge.store.models import Person
from tests.support.bridge import FakeRealm, make_person, services_of
from tests.support.choices import COMPLETE
from tests.support.visitor import Visitor

__all__ = [
    "ADDRESS",
    "Giver",
    "Postman",
    "active",
    "checks",
    "complete_with",
    "go_in",
    "press",
    "value_of",
    "words",
]

ADDRESS = "camille.ailleurs@perso.example"
BACKUP = "/activation/backup-mail"


def complete_with(folder: Path, more: str) -> str:
    """The profile of every step with ``more`` TOML added: its path."""
    path = folder / "profile.toml"
    path.write_text(f"{Path(COMPLETE).read_text('utf-8')}\n{more}\n", "utf-8")
    return str(path)


def value_of(response: TestResponse, field: str) -> str | None:
    """What a text field of the page holds."""
    tag = re.search(rf'<input[^>]*name="{field}"[^>]*>', response.get_data(as_text=True))
    assert tag, f"no field {field}"
    found = re.search(r'value="([^"]*)"', tag[0])
    return unescape(found[1]) if found else None


def checks(app: Flask) -> list[AddressCheck]:
    """Every address that waits or waited for its owner."""
    with services_of(app).sessions() as db:
        return list(db.scalars(select(AddressCheck)))


def words(response: TestResponse) -> str:
    """A page as its reader sees it."""
    text = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return re.sub(r"\s+", " ", unescape(text))


def active(app: Flask, **fields: Any) -> Person:
    """Somebody whose account is active."""
    return make_person(app, activated_at=services_of(app).clock(), **fields)


class Postman:
    """Takes what the outbox sends."""

    def __init__(self, app: Flask) -> None:
        self._kcb = services_of(app)
        self.letters: list[EmailMessage] = []

    def send(self, message: EmailMessage) -> None:
        self.letters.append(message)

    def round(self) -> list[EmailMessage]:
        """Sends all that waits; what was sent this time."""
        before = len(self.letters)
        send_waiting(self._kcb.settings, self._kcb.sessions, self._kcb.clock, self)
        return self.letters[before:]

    def link(self) -> str:
        """The path of the link in the one mail there is to send."""
        (letter,) = self.round()
        body = letter.get_body(("plain",))
        assert body is not None
        found = re.search(r"https://compte\.univ\.test(/l/\S+)", body.get_content())
        assert found
        return found[1]


class Giver:
    """One person's browser at a page that asks for an address."""

    def __init__(
        self, app: Flask, realm: FakeRealm, person: Person, *acts: str, aia: bool = False, **claims: Any
    ) -> None:
        self.app, self.realm, self.person = app, realm, person
        self.visitor = Visitor(app)
        self.acts = list(acts) or ["kcb-backup-mail", "kcb-charter"]
        self.page = self.visitor.enter(realm, person, act=self.acts[0], acts=self.acts, aia=aia, **claims)

    def give(self, address: str = ADDRESS, at: str = BACKUP) -> TestResponse:
        """Types an address as backup mail; the page it leads to."""
        return self.send(at, backup_mail=address)

    def send(self, at: str, **fields: Any) -> TestResponse:
        self.page = self._follow(self.visitor.post(at, fields))
        return self.page

    def get(self, path: str = "/activation/") -> TestResponse:
        self.page = self._follow(self.visitor.get(path))
        return self.page

    def resend(self, at: str = BACKUP) -> TestResponse:
        return self.send(f"{at}/resend")

    @property
    def waits(self) -> bool:
        return "Consultez votre messagerie" in words(self.page)

    @property
    def told(self) -> dict[str, Any]:
        """What Keycloak was told last."""
        return self.realm.completed[-1]

    def reread(self) -> Person:
        with services_of(self.app).sessions() as db:
            return db.get_one(Person, self.person.id)

    def _follow(self, response: TestResponse) -> TestResponse:
        while response.status_code == 303 and response.location.startswith("/activation/"):
            if response.location == "/activation/leave":
                break
            response = self.visitor.get(response.location)
        return response


def press(visitor: Visitor, link: str) -> TestResponse:
    """Opens the link and presses its button, if there is one; the answer as it comes."""
    shown = visitor.get(link)
    return visitor.post(link) if shown.status_code == 200 else shown


def go_in(
    app: Flask, realm: FakeRealm, visitor: Visitor, asked: TestResponse, person: Person, **claims: Any
) -> TestResponse:
    """Keycloak says that nobody is logged in here, and hands the login of the link over; the page it leads to."""
    question = parse_qs(urlsplit(asked.location).query)
    assert question["prompt"] == ["none"]
    opened = visitor.get(f"/oidc/silent?state={question['state'][0]}&error=login_required")
    assert opened.status_code == 303
    with services_of(app).sessions() as db:
        opening = db.scalars(
            select(Link.opening)
            .where(Link.person_id == person.id, Link.opening.is_not(None))
            .order_by(Link.opened_at.desc())
        ).first()
    return visitor.enter(realm, person, ref=opening, **claims)
