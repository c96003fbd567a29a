"""« Mon compte » as people read it: what is in force, why the account ends, what they agreed to."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.models import Affiliation, Person
from required_actions.charters import fingerprint
from tests.support.account import HOME, log_in
from tests.support.addresses import active, words
from tests.support.bridge import FakeRealm, FixedClock, make_app, services_of
from tests.support.choices import COMPLETE, Asked
from tests.support.visitor import Visitor

END = date(2027, 12, 31)


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A university with every step."""
    return make_app(tmp_path, clock, profile=COMPLETE)


def read(app: Flask, realm: FakeRealm, person: Person, path: str = HOME) -> str:
    response = log_in(Visitor(app), realm, person, path)
    assert response.status_code == 200
    return words(response)


def give(app: Flask, person: Person, **fields: Any) -> None:
    """An affiliation of that person."""
    usual = {"population": "student", "source": "test", "start": date(2025, 9, 1)}
    key = f"{person.key}-{fields.get('year')}-{fields.get('population')}"
    with services_of(app).sessions.begin() as db:
        db.add(Affiliation(person_id=person.id, source_key=key, **(usual | fields)))


def test_the_enrolment_that_decides_is_named(app: Flask, realm: FakeRealm) -> None:
    person = active(app, account_end=END)
    give(app, person, year=2026, end=END, label="Licence 1")
    give(app, person, population="guest", end=date(2027, 6, 30), reason="Prof. Roy")
    page = read(app, realm, person)
    assert "Votre compte est ouvert jusqu'au 31 décembre 2027 ." in page
    assert "Inscription 2026-2027 (Licence 1) : jusqu'au 31 décembre 2027 C'est ce qui fixe la fin" in page
    assert "Personne invitée : jusqu'au 30 juin 2027" in page
    assert page.count("C'est ce qui fixe la fin") == 1
    assert "Un compte étudiant reste ouvert jusqu'au 31 décembre" in page


def test_an_open_ended_contract(app: Flask, realm: FakeRealm) -> None:
    person = active(app, population="staff")
    give(app, person, population="staff")
    page = read(app, realm, person)
    assert "Votre compte est ouvert, sans date de fin." in page
    assert "Personnel de l'université : sans date de fin" in page
    assert "Un compte étudiant" not in page


def test_nothing_is_known_yet(app: Flask, realm: FakeRealm) -> None:
    page = read(app, realm, active(app, personal_mail=None))
    for row in (
        "Mot de passe Modifier", "Mail de secours Modifier", "Redirection de vos mails Modifier",
        "Question joker Modifier", "Messages SMS Modifier",
    ):  # fmt: skip
        label = row.removesuffix(" Modifier")
        assert re.search(rf"{label} (Pas encore renseigné|Aucune|Enregistré|Non) Modifier", page), label
    assert "Aucune acceptation n'est enregistrée ici." in page


def test_a_minors_choices_wait_for_a_guardian(app: Flask, realm: FakeRealm) -> None:
    page = read(app, realm, active(app, birth_date=date(2010, 1, 1)))
    assert page.count("Non, jusqu'à l'accord écrit de votre responsable légal") == 2


def test_what_was_answered_is_what_is_shown(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    Asked(app, realm, person, "sms_consent").answer(sms_consent="yes", sms_phone="06 39 98 00 00")
    assert "Messages SMS Oui, au +33 6 39 98 00 00" in read(app, realm, person)
    Asked(app, realm, person, "sms_consent").answer(sms_consent="no")
    page = read(app, realm, person)
    assert "Messages SMS Non" in page
    assert "+33" not in page


def test_agreements_tell_given_withdrawn_and_refused(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    Asked(app, realm, person, "photo_use").answer(photo_use="yes")
    Asked(app, realm, person, "photo_use").answer(photo_use="no")
    Asked(app, realm, person, "directory_visibility", language="en").answer(directory_visibility="no")
    page = read(app, realm, person, "/compte/accords")
    order = [
        page.index(text) for text in ("Refusé le lundi 7", "Accord retiré le lundi 7", "Accordé le lundi 7")
    ]
    assert order == sorted(order), "the latest first"
    assert "Acceptez-vous que votre photo soit visible" in page
    assert "Do you agree" in page, "in the language it was asked in"


def test_a_question_that_has_changed_is_not_put_in_anybodys_mouth(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    Asked(app, realm, person, "photo_use").answer(photo_use="yes")
    notices = services_of(app).profile.privacy.notices
    notices["photo_use"] = notices["photo_use"].model_copy(update={"purpose": {"fr": "Autre chose."}})
    page = read(app, realm, person, "/compte/accords")
    assert "Accordé le" in page
    assert "La question a changé depuis" in page
    assert "Acceptez-vous" not in page
    assert re.search(r"\b[0-9a-f]{64}\b", page)


@pytest.mark.parametrize("same", [True, False])
def test_the_charter_accepted(app: Flask, realm: FakeRealm, same: bool) -> None:
    person, kcb = active(app), services_of(app)
    text = kcb.profile.charter.text["fr"] if same else "Une charte d'autrefois."
    with kcb.sessions.begin() as db:
        db.add(
            CharterAcceptance(
                person_id=person.id, version="2025-09", language="fr",
                text_sha256=fingerprint(text), accepted_at=kcb.clock(),
            )
        )  # fmt: skip
    assert "Version 2025-09 acceptée le lundi 7 septembre 2026" in read(app, realm, person)
    page = read(app, realm, person, "/compte/accords")
    assert ("Lire ce texte" in page) is same
    assert (fingerprint(text) in page) is not same


def test_the_data_page_says_every_purpose(app: Flask, realm: FakeRealm) -> None:
    page = read(app, realm, active(app), "/compte/donnees")
    privacy = services_of(app).profile.privacy
    assert privacy.contact in page
    for notice in privacy.notices.values():
        for text in notice.told("fr").values():
            assert re.sub(r"\s+", " ", text) in page
