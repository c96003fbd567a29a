"""A use of the photograph nobody is asked about: « non », said as what it is, until the person decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from kc_bridge.store.decisions import Consent
from kc_bridge.store.models import Person
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import Asked, consents
from tests.support.visitor import PASSWORD

STEPS = ("sms_consent", "photo_use", "new_password", "charter")


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """The profile of a university that records the choice and never asks; 7 September 2026."""
    return make_app(tmp_path, clock, profile="uphf")


def begun(app: Flask, realm: FakeRealm, person: Person) -> Asked:
    return Asked(app, realm, person, *STEPS, aia=False)


def activated(asked: Asked) -> str:
    """Walks to the end; the summary's words."""
    asked.answer(sms_consent="no")
    fields = {"password": PASSWORD, "confirmation": PASSWORD, "accept": "y"}
    asked.visitor.post("/activation/new-password", fields)
    asked.page = asked.visitor.get("/activation/summary")
    return asked.words


def test_nobody_sees_a_page_and_everybody_is_told(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    asked = begun(app, realm, person)
    assert "Messages SMS" in asked.words
    said = activated(asked)
    assert {"kcbPhotoUse": ["false"]}.items() <= asked.told["attributes"].items()
    assert asked.told["details"]["kcb-photo-use"] == {"given": "false"}
    assert "Correctement enregistré : non, tant que vous ne l'acceptez pas" in said
    (proof,) = consents(app, person, "photo_use")
    assert (proof.given, proof.reason) == (False, "not_asked")


def test_its_address_leads_nowhere(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    asked = begun(app, realm, person)
    assert asked.visitor.post("/activation/photo-use", {"photo_use": "yes"}).status_code == 303
    assert [proof.given for proof in consents(app, person, "photo_use")] == [False]


def test_coming_back_adds_no_proof(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    begun(app, realm, person)
    begun(app, realm, person)
    assert len(consents(app, person, "photo_use")) == 1


def test_of_a_minor_the_reason_is_their_age(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app, birth_date=date(2008, 9, 8))  # eighteen tomorrow
    said = activated(begun(app, realm, person))
    assert "Non, jusqu'à l'accord écrit de votre responsable légal" in said
    assert [proof.reason for proof in consents(app, person, "photo_use")] == ["minor"]


@pytest.mark.parametrize(("given", "told"), [(True, "oui"), (False, "non")])
def test_what_they_decided_before_a_reset_stays(
    app: Flask, realm: FakeRealm, clock: FixedClock, given: bool, told: str
) -> None:
    person = make_person(app)
    with services_of(app).sessions.begin() as db:
        row = {"use": "photo_use", "language": "fr", "text_sha256": "0" * 64, "decided_at": clock()}
        db.add(Consent(person_id=person.id, given=given, **row))
    asked = begun(app, realm, person)
    assert f"Choix d'usage de la photo</dt>\n    <dd>Correctement enregistré : {told}</dd>" in activated(
        asked
    )
    assert asked.told["attributes"]["kcbPhotoUse"] == ["true" if given else "false"]
    assert len(consents(app, person, "photo_use")) == 1


def test_who_wants_to_decide_is_asked(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app, activated_at=services_of(app).clock())
    asked = Asked(app, realm, person, "photo_use")
    assert "Acceptez-vous que votre photo soit visible" in asked.words
    asked.answer(photo_use="yes")
    assert [(proof.given, proof.reason) for proof in consents(app, person, "photo_use")] == [(True, None)]
