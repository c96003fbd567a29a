"""23. Mails through a real SMTP server: one recipient, no header of anybody's making, names escaped."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.mailer import send_waiting
from kc_bridge.settings import SmtpSettings
from kc_bridge.store import outbox
from kc_bridge.store.activation import Link
from kc_bridge.store.models import OutboxMessage, Person
from tests.support.bridge import make_person, services_of
from tests.support.relay import Relay

HEADERS = [
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]
NAMES = [
    "Camille\r\nBcc: evil@evil.test",
    "Camille\nBcc: evil@evil.test\n\n<h1>evil</h1>",
    "Camille\u2028Bcc: evil@evil.test",
    "Camille\u2029\x85\x0b\x0cBcc: evil@evil.test",
    "Camille\r\n.\r\nMAIL FROM:<evil@evil.test>",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% for x in [] %}",
    "%(name)s %s %n",
    "=?utf-8?q?Bcc:_evil=40evil.test?=",
    "\u202eellimaC",
    "é" * 255,
    "\0Camille",
]
WRONG = [
    "a@b.fr\nBcc: evil@evil.test",
    "a@b.fr\r\nBcc: evil@evil.test",
    "a@b.fr\rBcc: evil@evil.test",
    "a@b.fr\u2028Bcc: evil@evil.test",
    "a@b.fr\x85evil",
    "a@b.fr\0",
    "a@b.fr, evil@evil.test",
    "a@b.fr;evil@evil.test",
    "a@b.fr evil@evil.test",
    "a@b.fr> RCPT TO:<evil@evil.test",
    "Evil <evil@evil.test>",
    "<a@b.fr>",
    " a@b.fr",
    "a@b.fr (evil)",
    "undisclosed-recipients:;",
    "é@b.fr",
    "a@[127.0.0.1]",
    "a@localhost",
    "@b.fr",
    "a@",
    "a",
    "@",
    "a b@c.fr",
    '"a b"@c.fr',
    "a@b..fr",
    "a" * 310 + "@b.fr",
]


@pytest.fixture
def relay(app: Flask) -> Iterator[Relay]:
    relay = Relay()
    services_of(app).settings.smtp = SmtpSettings(host="127.0.0.1", port=relay.port)
    yield relay
    relay.stop()


def post(app: Flask, *people: Person) -> None:
    kcb = services_of(app)
    with kcb.sessions.begin() as db:
        for person in people:
            outbox.enqueue(
                db, kind="activation", person_id=person.id, dedupe_key=secrets.token_hex(8), now=kcb.clock()
            )


def deliver(app: Flask) -> int:
    kcb = services_of(app)
    return send_waiting(kcb.settings, kcb.sessions, kcb.clock)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def tags(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    return reader.tags


def body(message: object, kind: str) -> str:
    part = message.get_body((kind,))  # type: ignore[attr-defined]
    return str(part.get_content())


def test_names_cannot_become_headers_recipients_or_markup(app: Flask, relay: Relay) -> None:
    plain = make_person(app, first_name="Camille")
    people = [make_person(app, first_name=name[:255], last_name="O'Connor & <b>Fils</b>") for name in NAMES]
    post(app, plain, *people)
    assert deliver(app) == 1 + len(NAMES)

    usual = tags(body(relay.messages()[0], "html"))
    for person, (recipients, raw), message in zip(
        [plain, *people], relay.taken, relay.messages(), strict=True
    ):
        assert recipients == [person.personal_mail]
        assert message.keys() == HEADERS
        assert message["To"] == person.personal_mail
        assert message["Subject"] == "Activez votre compte Univ Démo"
        assert message["From"] == "Univ Démo <ne-pas-repondre@univ-demo.fr>"
        assert b"\nBcc" not in raw.partition(b"\r\n\r\n")[0]
        assert tags(body(message, "html")) == usual
        assert "49" not in body(message, "plain").partition("\n")[0]


def test_wrong_addresses_are_dead_letters_and_stop_nobody(app: Flask, relay: Relay) -> None:
    wrong = [make_person(app, personal_mail=address) for address in WRONG]
    right = make_person(app)
    generations = {person.id: person.generation for person in wrong}
    post(app, *wrong, right)
    assert deliver(app) == 1
    assert [recipients for recipients, _ in relay.taken] == [[right.personal_mail]]
    with services_of(app).sessions() as db:
        states = dict(db.execute(select(OutboxMessage.person_id, OutboxMessage.state)).all())
        assert states == dict.fromkeys(generations, "dead") | {right.id: "sent"}
        assert db.scalars(select(Link.person_id)).all() == [right.id]  # no link without its mail
        for person in wrong:
            assert db.get_one(Person, person.id).generation == generations[person.id]


def test_a_domain_with_accents(app: Flask, relay: Relay) -> None:
    post(app, make_person(app, personal_mail="camille@université.fr"))
    assert deliver(app) == 1
    assert relay.taken[0][0] == ["camille@xn--universit-j4a.fr"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_link_is_ours_whatever_the_request_said(app: Flask, relay: Relay, language: str) -> None:
    """21. There is no request where mails are written: links start with the setting."""
    post(app, make_person(app, language=language))
    app.test_client().get("/", headers={"Host": "evil.test", "X-Forwarded-Host": "evil.test"})
    deliver(app)
    (message,) = relay.messages()
    assert message["Content-Language"] == language
    for kind in ("plain", "html"):
        text = body(message, kind)
        assert "https://compte.univ.test/l/" in text
        assert "evil" not in text
