"""Every kind of mail there is, in both languages, as text and as HTML. A kind nobody made an example of fails here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from kc_bridge.mailer import kinds, send_waiting
from kc_bridge.store import outbox
from kc_bridge.store.activation import AddressChange, AddressCheck, Journey
from kc_bridge.store.models import OutboxMessage, Person
from required_actions.links import finish, issue
from tests.e2e.inspection import foreign_words
from tests.support.addresses import Postman
from tests.support.bridge import FixedClock, make_app, make_person, services_of

LANGUAGES = {"fr": "Votre", "en": "Your"}
ELSEWHERE = "camille.ailleurs@perso.example"
END = date(2026, 9, 30)

Example = Callable[[Session, Person, datetime], dict[str, Any]]


def nothing(_db: Session, _person: Person, _now: datetime) -> dict[str, Any]:
    return {}


def active(_db: Session, person: Person, now: datetime) -> dict[str, Any]:
    person.activated_at, person.state = now - timedelta(days=300), "SupannActif"
    return {}


def read_by_its_owner(db: Session, person: Person, now: datetime) -> dict[str, Any]:
    active(db, person, now)
    link = issue(db, person, "student", now + timedelta(hours=1), now, sent_to=person.personal_mail)
    finish(db, link.id, person.id, now)
    return {}


def confirm_address(db: Session, person: Person, now: datetime) -> dict[str, Any]:
    journey = Journey(person_id=person.id, name="student", generation=person.generation, started_at=now)
    check = AddressCheck(journey=journey, step="backup_mail", address=ELSEWHERE, asked_at=now)
    db.add(check)
    db.flush()
    return {"check": check.id, "asked": now.isoformat()}


def backup_mail_changed(db: Session, person: Person, now: datetime) -> dict[str, Any]:
    active(db, person, now)
    fields = {"active": True, "address": ELSEWHERE, "changed_at": now, "undo_until": now + timedelta(days=7)}
    change = AddressChange(person_id=person.id, former=person.personal_mail, **fields)
    db.add(change)
    db.flush()
    return {"change": change.id}


def told_when(db: Session, person: Person, now: datetime) -> dict[str, Any]:
    active(db, person, now)
    return {"at": now.isoformat(), "to": person.personal_mail, "box": "backup"}


def ends(after: bool) -> Example:
    def example(db: Session, person: Person, now: datetime) -> dict[str, Any]:
        active(db, person, now)
        person.account_end = now.date() - timedelta(days=1) if after else END
        return {"end": person.account_end.isoformat()}

    return example


def renamed(db: Session, person: Person, now: datetime) -> dict[str, Any]:
    active(db, person, now)
    person.keycloak_id, person.digest = person.id, "0" * 64
    return {"former": "camille.avant", "former_mail": "camille.avant@etu.univ-demo.fr"}


EXAMPLES: dict[str, Example] = {
    "activation": nothing,
    "validate_again": nothing,
    "confirm_address": confirm_address,
    "backup_mail_changed": backup_mail_changed,
    "password_changed": told_when,
    "activated": told_when,
    "recovery": read_by_its_owner,
    "renamed": renamed,
    "ends_soon": ends(after=False),
    "closed": ends(after=True),
}
"""What each kind needs in the database, and its payload."""
WITH_A_TOKEN = {"activation", "validate_again", "confirm_address", "backup_mail_changed", "recovery"}


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="module")
def letters(
    clock: FixedClock, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], EmailMessage]:
    """By kind and language."""
    app = make_app(tmp_path_factory.mktemp("mails"), clock)
    return {(kind, language): _letter(app, kind, language) for kind in EXAMPLES for language in LANGUAGES}


def _letter(app: Flask, kind: str, language: str) -> EmailMessage:
    kcb, post = services_of(app), Postman(app)
    person = make_person(app, language=language)
    with kcb.sessions.begin() as db:
        payload = EXAMPLES[kind](db, db.get_one(Person, person.id), kcb.clock())
        outbox.enqueue(
            db, kind=kind, person_id=person.id, dedupe_key=person.id, payload=payload, now=kcb.clock()
        )
    send_waiting(kcb.settings, kcb.sessions, kcb.clock, post)
    with kcb.sessions() as db:
        (message,) = db.query(OutboxMessage).filter_by(person_id=person.id)
        assert message.state == "sent", f"{kind}: {message.state} {message.last_error}"
    (letter,) = post.letters
    return letter


def part(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def seen(html: str) -> str:
    """What a reader sees of the HTML."""
    body = html.partition("<body")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", f"<body{body}")))


def test_no_kind_is_forgotten() -> None:
    assert set(EXAMPLES) == set(kinds()), "a new kind of mail: say here what it needs"


each = pytest.mark.parametrize(
    ("kind", "language"), [(kind, language) for kind in EXAMPLES for language in LANGUAGES]
)


@each
def test_who_writes_and_about_what(letters: Any, kind: str, language: str) -> None:
    letter = letters[kind, language]
    assert letter["Content-Language"] == language
    assert letter["From"] == "Univ Démo <ne-pas-repondre@univ-demo.fr>"
    assert letter["Auto-Submitted"] == "auto-generated"
    subject = str(letter["Subject"])
    assert "Univ Démo" in subject
    assert len(subject) <= 70
    assert not foreign_words(subject.replace("Univ Démo", ""), language)
    assert len(letter["To"].addresses) == 1


@each
def test_text_and_html_say_the_same_in_one_language(letters: Any, kind: str, language: str) -> None:
    letter = letters[kind, language]
    text, html = part(letter, "plain"), part(letter, "html")
    assert f'<html lang="{language}">' in html
    for written in (text, seen(html)):
        assert "Camille O'Connor" in written
        assert "%(" not in written
        assert "None" not in written
        words = re.sub(r"\S+@\S+|https?://\S+|Université de Démonstration|ENT démo", "", written)
        assert not foreign_words(words, language), words
    squeezed = re.sub(r"\s+", "", seen(html))
    for line in text.splitlines():
        if line and line != "--" and "http" not in line:
            assert re.sub(r"\s+", "", line) in squeezed, line


@each
def test_one_action_first_its_link_in_full_and_until_when(letters: Any, kind: str, language: str) -> None:
    letter = letters[kind, language]
    text, html = part(letter, "plain"), part(letter, "html")
    above, _, below = text.partition("\n--\n")
    links = re.findall(r"https?://\S+", above)
    buttons = re.findall(r'<a class="action" href="([^"]+)"', html)
    assert len(buttons) <= 1, "one action"
    assert set(buttons) <= set(links), "in full in the text"
    assert [line for line in above.splitlines() if line.startswith("http")] == links, "alone on its line"
    tokens = re.findall(r"https://compte\.univ\.test/(?:l|refus)/[\w-]{43}", text)
    assert len(tokens) == (1 if kind in WITH_A_TOKEN else 0)
    if kind in WITH_A_TOKEN:
        until = {
            "fr": r"valable jusqu'au \w+ \d+\w* \S+ 2026 à \d\d\sh\s\d\d",
            "en": r"valid until .* 2026 at .*Paris time",
        }
        for written in (text, seen(html)):
            assert re.search(until[language], written), "expiry in words"
    assert below.strip(), "why, after the line that mail programs fold"


@each
def test_why_and_what_to_do_if_it_was_not_you(letters: Any, kind: str, language: str) -> None:
    letter = letters[kind, language]
    why = {
        "fr": r"Vous recevez ce mail parce que|Cette adresse a été donnée",
        "en": r"You (?:are receiving|receive|have received) this|This address was given",
    }
    not_me = {
        "fr": r"n'est pas (?:vous|le vôtre)|n'avez rien demandé",
        "en": r"[Nn]ot you|[Ww]as(?:n't| not) you|not yours|did(?:n't| not) ask|asked for nothing",
    }
    help_at = {"fr": "Aide", "en": "Help"}
    never = {"fr": "Nous ne vous demanderons jamais votre mot de passe", "en": "never ask"}
    for written in (part(letter, "plain"), seen(part(letter, "html"))):
        for expected in (why, not_me, help_at, never):
            assert re.search(expected[language], written), f"{expected[language]} in {written}"


@each
def test_nothing_is_fetched_and_nothing_runs(letters: Any, kind: str, language: str) -> None:
    html = part(letters[kind, language], "html")
    assert not re.search(r"<(?:img|script|link|iframe|object|form|video|audio|base)\b", html, re.I)
    assert not re.search(r"url\(|@import|\bsrc=|background=|\son\w+=|javascript:", html, re.I)
    assert 'name="color-scheme" content="light dark"' in html
    addresses = re.findall(r'href="([^"]+)"', html)
    assert all(
        address.startswith(("https://compte.univ.test/", "https://ent.univ.test/")) for address in addresses
    )
