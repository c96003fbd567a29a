"""Photograph and directory: « non » unless the person says yes, and nobody under eighteen is asked."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from kc_bridge.store.models import Person
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE, Asked, consents, words_sha256

STEPS = {"photo_use": "kcbPhotoUse", "directory_visibility": "kcbDirectoryVisibility"}
QUESTIONS = {
    "photo_use": "Acceptez-vous que votre photo soit visible de vos enseignants et de vos camarades ?",
    "directory_visibility": "Acceptez-vous d'apparaître dans l'annuaire interne de l'établissement ?",
}
BOTH = tuple(STEPS)


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """Its clock begins on 7 September 2026."""
    return make_app(tmp_path, clock, profile=COMPLETE)


def active(app: Flask, **fields: object) -> Person:
    return make_person(app, activated_at=services_of(app).clock(), **fields)


def chosen(asked: Asked) -> dict[str, str]:
    """What the page has ticked, by field."""
    ticked = [tag for tag in re.findall(r"<input[^>]*>", asked.shown) if " checked" in tag]
    return {re.search(r'name="(\w+)"', tag)[1]: re.search(r'value="(\w+)"', tag)[1] for tag in ticked}  # type: ignore[index]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_alone(app: Flask, realm: FakeRealm, clock: FixedClock, step: str, answer: str) -> None:
    person = active(app, birth_date=date(2000, 1, 1))
    asked = Asked(app, realm, person, step)
    assert chosen(asked) == {step: "no"}
    assert asked.answer(**{step: answer}).status_code == 303
    said = "true" if answer == "yes" else "false"
    assert asked.told["attributes"] == {STEPS[step]: [said]}
    assert list(asked.told["details"].values()) == [{"given": said}]
    (proof,) = consents(app, person, step)
    assert (proof.given, proof.reason, proof.decided_at) == (answer == "yes", None, clock.now)
    assert proof.text_sha256 == words_sha256(step, QUESTIONS[step], "fr")


def test_together_on_one_page(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    asked = Asked(app, realm, person, *BOTH, "new_password", aia=False)
    assert chosen(asked) == {"photo_use": "no", "directory_visibility": "no"}
    assert asked.answer(photo_use="yes", directory_visibility="no").status_code == 303
    assert asked.told["attributes"] == {"kcbPhotoUse": ["true"], "kcbDirectoryVisibility": ["false"]}
    assert [consents(app, person, step)[0].given for step in BOTH] == [True, False]


@pytest.mark.parametrize("sent", [{}, {"photo_use": ""}, {"photo_use": "perhaps"}, {"photo_use": "true"}])
def test_an_answer_is_needed(app: Flask, realm: FakeRealm, sent: dict[str, str]) -> None:
    """Also from somebody whose choice is known: an absent answer is none."""
    person = active(app)
    Asked(app, realm, person, "photo_use").answer(photo_use="yes")
    again = Asked(app, realm, person, "photo_use")
    assert again.answer(**sent).status_code == 422
    assert len(consents(app, person, "photo_use")) == 1


def test_the_present_choice_is_shown_and_may_change(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    Asked(app, realm, person, "photo_use").answer(photo_use="yes")
    again = Asked(app, realm, person, "photo_use")
    assert chosen(again) == {"photo_use": "yes"}
    again.answer(photo_use="no")
    assert again.told["attributes"] == {"kcbPhotoUse": ["false"]}
    assert [proof.given for proof in consents(app, person, "photo_use")] == [True, False]
    assert chosen(Asked(app, realm, person, "photo_use")) == {"photo_use": "no"}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("sent", [{}, {"photo_use": "yes", "directory_visibility": "yes", "given": "true"}])
def test_minors_are_not_asked(app: Flask, realm: FakeRealm, step: str, sent: dict[str, str]) -> None:
    person = active(app, birth_date=date(2008, 9, 8))  # eighteen tomorrow
    asked = Asked(app, realm, person, step)
    assert "votre responsable légal donne cet accord par écrit" in asked.shown
    assert f'name="{step}"' not in asked.shown
    assert asked.answer(**sent).status_code == 303
    assert asked.told["attributes"] == {STEPS[step]: ["false"]}
    assert list(asked.told["details"].values()) == [{"given": "false"}]  # nobody's age is in an event
    (proof,) = consents(app, person, step)
    assert (proof.given, proof.reason) == (False, "minor")
    assert proof.text_sha256 != words_sha256(step, QUESTIONS[step], "fr")


@pytest.mark.parametrize(
    ("birth", "asks"),
    [(date(2008, 9, 7), True), (date(2008, 9, 8), False), (None, True), (date(1950, 1, 1), True)],
)
def test_who_is_asked_that_day(app: Flask, realm: FakeRealm, birth: date | None, asks: bool) -> None:
    asked = Asked(app, realm, active(app, birth_date=birth), *BOTH)
    assert (chosen(asked) != {}) is asks


def test_the_day_is_the_universitys(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """22 h 30 UTC in September is the next day already in Paris."""
    person = active(app, birth_date=date(2008, 9, 8))
    clock.advance(hours=14)
    assert chosen(Asked(app, realm, person, "photo_use")) == {"photo_use": "no"}


def test_once_of_age_the_question_is_asked(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    person = active(app, birth_date=date(2008, 9, 8))
    Asked(app, realm, person, "photo_use").answer()
    clock.advance(days=1)
    again = Asked(app, realm, person, "photo_use")
    again.answer(photo_use="yes")
    assert again.told["attributes"] == {"kcbPhotoUse": ["true"]}
    proofs = consents(app, person, "photo_use")
    assert [(proof.given, proof.reason) for proof in proofs] == [(False, "minor"), (True, None)]
