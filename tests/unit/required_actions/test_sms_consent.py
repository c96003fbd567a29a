"""Text messages: a consent given by an act, its proof, and its withdrawal."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from kc_bridge.store.models import Person
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE, Asked, consents, everything_kept, words_sha256

USE = "sms_consent"
QUESTION = (
    "Acceptez-vous de recevoir des messages SMS en provenance de l'université dans le cadre du plan de sécurité de"
    " l'établissement (plan Vigipirate, alerte météorologique…) ?"
)
NUMBER = "+33612345678"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=COMPLETE)


def ask(app: Flask, realm: FakeRealm, person: Person) -> Asked:
    return Asked(app, realm, person, USE)


def active(app: Flask, **fields: object) -> Person:
    return make_person(app, activated_at=services_of(app).clock(), **fields)


def phone(app: Flask, person: Person) -> str | None:
    with services_of(app).sessions() as db:
        return db.get_one(Person, person.id).phone


def test_nothing_is_chosen_beforehand(app: Flask, realm: FakeRealm) -> None:
    person = active(app, phone=NUMBER)
    asked = ask(app, realm, person)
    assert "Oui, j'accepte" in asked.words
    assert 'value="+33 6 12 34 56 78"' in asked.shown  # the enrolment's number, to be checked
    assert "checked" not in asked.shown

    assert asked.answer(sms_phone="+33 6 12 34 56 78").status_code == 422
    assert "Choisissez si vous acceptez ou refusez" in asked.shown
    assert (consents(app, person, USE), realm.completed) == ([], [])


def test_yes(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    person = active(app)
    asked = ask(app, realm, person)
    assert asked.answer(sms_consent="yes", sms_phone="06 12 34 56 78").status_code == 303
    assert asked.told["attributes"] == {
        "kcbSmsConsent": ["true"],
        "supannTelephonePrive": ["{MOBPERSO}+33612345678"],
    }
    assert asked.told["details"] == {"kcb-sms-consent": {"given": "true"}}
    assert phone(app, person) == NUMBER
    (proof,) = consents(app, person, USE)
    assert (proof.given, proof.language, proof.reason) == (True, "fr", None)
    assert proof.decided_at == clock.now
    assert proof.text_sha256 == words_sha256(USE, QUESTION, "fr")


def test_no(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    asked = ask(app, realm, person)
    assert asked.answer(sms_consent="no", sms_phone="not shown, not read").status_code == 303
    assert asked.told["attributes"] == {"kcbSmsConsent": ["false"], "supannTelephonePrive": []}
    assert asked.told["details"] == {"kcb-sms-consent": {"given": "false"}}
    (proof,) = consents(app, person, USE)
    assert proof.given is False


def test_a_withdrawal_erases_the_number_and_keeps_the_proofs(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    ask(app, realm, person).answer(sms_consent="yes", sms_phone="0612345678")
    again = ask(app, realm, person)
    assert "Votre choix actuel : Oui, j'accepte" in again.words
    assert "checked" not in again.shown
    again.answer(sms_consent="no", sms_phone="+33 6 12 34 56 78")
    assert again.told["attributes"]["supannTelephonePrive"] == []
    assert [proof.given for proof in consents(app, person, USE)] == [True, False]
    assert phone(app, person) is None
    assert "612345678" not in everything_kept(app)


def test_a_refusal_leaves_the_number_of_the_enrolment(app: Flask, realm: FakeRealm) -> None:
    """It was not given here, and the register holds it in any case; Keycloak never had it."""
    person = active(app, phone=NUMBER)
    ask(app, realm, person).answer(sms_consent="no")
    assert phone(app, person) == NUMBER


def test_going_back_within_an_activation(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    asked = Asked(app, realm, person, USE, "photo_use", aia=False)
    asked.answer(sms_consent="yes", sms_phone="0612345678")
    assert phone(app, person) == NUMBER
    asked.answer(sms_consent="no")
    assert asked.told["attributes"] == {"kcbSmsConsent": ["false"], "supannTelephonePrive": []}
    assert phone(app, person) is None
    assert [proof.given for proof in consents(app, person, USE)] == [True, False]


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("", "Saisissez le numéro de mobile"),
        ("01 23 45 67 89", "un téléphone fixe ne reçoit pas de SMS"),
        ("75 12 34", "Ajoutez + et l'indicatif du territoire"),
        ("06 12 34", "Saisissez un numéro de mobile qui existe"),
    ],
)
def test_what_is_wrong_with_a_number(app: Flask, realm: FakeRealm, typed: str, advice: str) -> None:
    person = active(app)
    asked = ask(app, realm, person)
    assert asked.answer(sms_consent="yes", sms_phone=typed).status_code == 422
    assert advice in asked.words
    assert f'value="{typed}"' in asked.shown
    assert (consents(app, person, USE), realm.completed, phone(app, person)) == ([], [], None)


def test_the_proof_is_of_the_words_read(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    asked = Asked(app, realm, person, USE, language="en")
    asked.answer(sms_consent="no")
    (proof,) = consents(app, person, USE)
    assert proof.language == "en"
    assert proof.text_sha256 != words_sha256(USE, QUESTION, "fr")
