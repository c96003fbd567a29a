"""22, 24, 16. Choices under attack: injected texts, other shapes than promised, fields of other steps, logs."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.store.decisions import Consent, SecurityAnswer
from kc_bridge.store.models import Person
from required_actions.security_questions import PROPOSED
from tests.security.test_injection import CORPUS, assert_inert, tables
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE, Asked

LISTED = PROPOSED[0]["fr"]
STEPS = ("security_question", "sms_consent", "photo_use", "directory_visibility")
GOOD: dict[str, dict[str, str]] = {
    "security_question": {"security_question": LISTED, "security_answer": "Lapin bleu"},
    "sms_consent": {"sms_consent": "yes", "sms_phone": "0639980000"},
    "photo_use": {"photo_use": "yes"},
    "directory_visibility": {"directory_visibility": "yes"},
}
FIELDS = [(step, name) for step, fields in GOOD.items() for name in fields] + [
    ("security_question", "security_own_question")
]


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=COMPLETE)


def active(app: Flask, **fields: Any) -> Person:
    return make_person(app, activated_at=services_of(app).clock(), **fields)


def decided(app: Flask) -> list[Any]:
    with services_of(app).sessions() as db:
        return [*db.scalars(select(Consent)), *db.scalars(select(SecurityAnswer))]


@pytest.mark.parametrize(("step", "name"), FIELDS)
def test_injected_texts_stay_texts(app: Flask, realm: FakeRealm, step: str, name: str) -> None:
    person = active(app)
    asked = Asked(app, realm, person, step)
    for value in CORPUS:
        before = tables(app)
        own = {"security_question": "own"} if name == "security_own_question" else {}
        response = asked.answer(**(GOOD[step] | own | {name: value}))
        assert response.status_code in (303, 422), value
        assert_inert(response.get_data(as_text=True))
        if response.status_code == 422:
            assert tables(app) == before
        else:
            asked = Asked(app, realm, person, step)
    assert all(body["attributes"] == {} for body in realm.completed)  # only free texts pass: they stay here


@pytest.mark.parametrize("value", CORPUS)
def test_a_question_of_ones_own_is_kept_as_a_text(app: Flask, realm: FakeRealm, value: str) -> None:
    question = f"{value[:100]} ?"
    asked = Asked(app, realm, active(app), "security_question")
    fields = {"security_question": "own", "security_own_question": question, "security_answer": "Lapin bleu"}
    if asked.answer(**fields).status_code == 303:
        (row,) = decided(app)
        assert row.question.isprintable()
        assert row.question == " ".join(question.replace("\0", " ").replace("\u202e", "").split())


SHAPES: list[Any] = [
    ["yes", "no"],
    [],
    {},
    {"a": "yes"},
    [["yes"]],
    0,
    17,
    True,
    None,
    1e300,
    "\ud800",
    ["\ud800"],
]


@pytest.mark.parametrize(("step", "name"), FIELDS)
def test_other_shapes_than_a_text(app: Flask, realm: FakeRealm, step: str, name: str) -> None:
    """As JSON, where anything may stand in place of a text."""
    person = active(app)
    asked = Asked(app, realm, person, step)
    for shape in SHAPES:
        done, kept = len(realm.completed), len(decided(app))
        own = {"security_question": "own", "security_own_question": "Quel objet ?"}
        sent = GOOD[step] | (own if name == "security_own_question" else {}) | {name: shape}
        response = asked.visitor.request(
            "POST", asked.address, headers={"X-CSRFToken": asked.visitor.csrf}, json=sent
        )
        assert response.status_code in (303, 400, 422), shape
        if response.status_code == 303:
            asked = Asked(app, realm, person, step)
        else:
            assert (len(realm.completed), len(decided(app))) == (done, kept), shape
    for row in decided(app):
        if isinstance(row, SecurityAnswer):
            assert row.question in (LISTED, "Quel objet ?", "17", "True", "1e+300")


def test_a_list_where_one_text_is_expected(app: Flask, realm: FakeRealm) -> None:
    """The first counts, here as in what Keycloak is told."""
    asked = Asked(app, realm, active(app), "sms_consent")
    asked.answer(sms_consent=["no", "yes"], sms_phone=["0639980000", "0639980001"])
    assert asked.told["attributes"] == {"kcbSmsConsent": ["false"], "supannTelephonePrive": []}
    assert [row.given for row in decided(app)] == [False]


@pytest.mark.parametrize("step", STEPS)
def test_fields_of_other_steps_and_attributes_are_ignored(app: Flask, realm: FakeRealm, step: str) -> None:
    person = active(app, birth_date=date(2010, 1, 1))
    everything = {name: value for fields in GOOD.values() for name, value in fields.items()}
    forged = {
        "kcbPhotoUse": "true",
        "supannTelephonePrive": "x",
        "phone": "x",
        "given": "true",
        "person": "x",
    }
    asked = Asked(app, realm, person, step)
    assert asked.answer(**(everything | forged)).status_code == 303
    own = {
        "security_question": set(),
        "sms_consent": {"kcbSmsConsent", "supannTelephonePrive"},
        "photo_use": {"kcbPhotoUse"},
        "directory_visibility": {"kcbDirectoryVisibility"},
    }[step]
    assert set(asked.told["attributes"]) == own
    assert asked.told["attributes"].get("kcbPhotoUse", ["false"]) == ["false"]
    assert [getattr(row, "use", "security_question") for row in decided(app)] == [step]
    with services_of(app).sessions() as db:
        assert db.get_one(Person, person.id).phone == ("+33639980000" if step == "sms_consent" else None)


def test_no_canary_sings(app: Flask, realm: FakeRealm, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither when all goes well, nor refused, nor when the database breaks at the moment of writing."""
    canaries = {"security_answer": "Canari jaune", "security_own_question": "Mon canari vert ?"}
    phones = {"sms_phone": "0639981357"}
    question, sms = {"security_question": "own"} | canaries, {"sms_consent": "yes"} | phones
    person = active(app, birth_date=date(2008, 2, 29))
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for step, fields in (("security_question", question), ("sms_consent", sms)):
        with patch("required_actions.journeys.record", side_effect=ValueError(repr(fields))):
            assert Asked(app, realm, person, step).answer(**fields).status_code == 500
        assert Asked(app, realm, person, step).answer(**fields).status_code == 303
    weak = question | {"security_answer": "canari"}
    assert Asked(app, realm, person, "security_question").answer(**weak).status_code == 422
    Asked(app, realm, person, "photo_use").answer()
    said = "".join(capfd.readouterr()).lower()
    assert "internal error" in said
    assert "canari" not in said
    assert "639981357" not in said
    assert "2008-02-29" not in said
