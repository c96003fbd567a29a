"""12. The secret question: from a list or one's own, kept as a hash, never shown again."""

from __future__ import annotations

from pathlib import Path

import pytest
import responses
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import select

from kc_bridge.store.activation import StepRecord
from kc_bridge.store.decisions import SecurityAnswer
from kc_bridge.store.models import Person
from required_actions.secret_answers import matches
from required_actions.security_questions import PROPOSED, SecurityQuestionOptions
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.choices import COMPLETE, Asked, everything_kept

LISTED = PROPOSED[2]["fr"]
ANSWER = "Canari-Carbonara !"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=COMPLETE)


def active(app: Flask, **fields: object) -> Person:
    return make_person(app, activated_at=services_of(app).clock(), **fields)


def ask(app: Flask, realm: FakeRealm, person: Person, language: str = "fr") -> Asked:
    return Asked(app, realm, person, "security_question", language=language)


def kept(app: Flask, person: Person) -> list[SecurityAnswer]:
    with services_of(app).sessions() as db:
        return list(db.scalars(select(SecurityAnswer).where(SecurityAnswer.person_id == person.id)))


def test_a_question_of_the_list(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    person = active(app)
    asked = ask(app, realm, person)
    assert asked.answer(security_question=LISTED, security_answer=ANSWER).status_code == 303
    (row,) = kept(app, person)
    assert (row.question, row.set_at) == (LISTED, clock.now)
    assert row.answer_hash.startswith("$argon2id$")
    assert matches(row.answer_hash, "canari carbonara")


def test_a_question_of_ones_own(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    asked = ask(app, realm, person)
    asked.answer(
        security_question="own",
        security_own_question="  Qu'ai-je oublié\tdans le\u202e train ? ",
        security_answer=ANSWER,
    )
    assert [row.question for row in kept(app, person)] == ["Qu'ai-je oublié dans le train ?"]
    assert asked.told["details"] == {"kcb-security-question": {"question": "own"}}


def test_keycloak_learns_that_and_nothing_else(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    asked = ask(app, realm, person)
    asked.answer(security_question=LISTED, security_answer=ANSWER)
    assert asked.told == {
        "done": ["kcb-security-question"],
        "attributes": {},
        "details": {"kcb-security-question": {"question": "listed"}},
    }


def test_the_answer_is_nowhere_but_in_the_hash(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    asked = Asked(app, realm, person, "security_question", "new_password", aia=False)
    asked.answer(security_question=LISTED, security_answer=ANSWER)
    with services_of(app).sessions() as db:
        (record,) = db.scalars(select(StepRecord))
    assert {name: value for name, value in record.data.items() if value} == {
        "details": {"question": "listed"}
    }
    assert "carbonara" not in everything_kept(app).lower()
    assert (
        "carbonara" not in asked.visitor.get("/activation/security-question").get_data(as_text=True).lower()
    )


def test_doing_it_again_replaces_the_answer(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    ask(app, realm, person).answer(security_question=LISTED, security_answer=ANSWER)
    again = ask(app, realm, person)
    assert LISTED in again.words
    again.answer(security_question=PROPOSED[0]["fr"], security_answer="Doudou lapin")
    (row,) = kept(app, person)
    assert row.question == PROPOSED[0]["fr"]
    assert not matches(row.answer_hash, ANSWER)
    assert matches(row.answer_hash, "doudou LAPIN")


@pytest.mark.parametrize(
    ("fields", "advice"),
    [
        ({"security_answer": "Carbonara"}, "Choisissez une question."),
        ({"security_question": "", "security_answer": "Carbonara"}, "Choisissez une question."),
        ({"security_question": "Une autre ?", "security_answer": "Carbonara"}, "Choisissez une question."),
        ({"security_question": "own", "security_answer": "Carbonara"}, "Écrivez votre question"),
        (
            {"security_question": "own", "security_own_question": "?" * 201, "security_answer": "Carbonara"},
            "Écrivez une question de 200 caractères au plus.",
        ),
        ({"security_question": LISTED}, "Saisissez votre réponse."),
        ({"security_question": LISTED, "security_answer": " - é É "}, "au moins 3 lettres ou chiffres"),
        ({"security_question": LISTED, "security_answer": "a" * 201}, "de 200 caractères au plus"),
        ({"security_question": LISTED, "security_answer": LISTED}, "n'est pas dans la question"),
        ({"security_question": LISTED, "security_answer": "Premier PLAT"}, "n'est pas dans la question"),
        (
            {
                "security_question": "own",
                "security_own_question": "Mon chat Carbonara ?",
                "security_answer": "carbonara",
            },
            "n'est pas dans la question",
        ),
        ({"security_question": LISTED, "security_answer": "O'CONNOR"}, "ni votre nom ni votre identifiant"),
        ({"security_question": LISTED, "security_answer": "connor"}, ""),
    ],
)
def test_what_is_wrong(app: Flask, realm: FakeRealm, fields: dict[str, str], advice: str) -> None:
    person = active(app)
    asked = ask(app, realm, person)
    assert asked.answer(**fields).status_code == (422 if advice else 303)
    assert advice in asked.words
    assert len(kept(app, person)) == (0 if advice else 1)
    assert len(realm.completed) == (0 if advice else 1)


def test_after_an_error_the_question_stays_and_the_answer_does_not(app: Flask, realm: FakeRealm) -> None:
    asked = ask(app, realm, active(app))
    asked.answer(security_question="own", security_own_question="Mon ?", security_answer=ANSWER)
    assert asked.page.status_code == 303
    asked = ask(app, realm, active(app))
    asked.answer(security_question="own", security_own_question="Quoi", security_answer=ANSWER)
    assert 'value="Quoi"' in asked.shown
    assert "arbonara" not in asked.shown


def test_the_login_itself_is_no_answer(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    asked = ask(app, realm, person)
    for name in (person.login, person.uid, person.mail, person.login.upper()):
        assert asked.answer(security_question=LISTED, security_answer=name).status_code == 422
    assert kept(app, person) == []


def test_the_field_is_a_text_no_browser_keeps(app: Flask, realm: FakeRealm) -> None:
    asked = ask(app, realm, active(app))
    (field,) = [line for line in asked.shown.split("<") if 'name="security_answer"' in line]
    assert 'type="text"' in field
    assert 'autocomplete="off"' in field
    assert 'spellcheck="false"' in field


def test_the_list_is_in_the_persons_language(app: Flask, realm: FakeRealm) -> None:
    person = active(app)
    asked = ask(app, realm, person, "en")
    assert asked.answer(security_question=LISTED, security_answer=ANSWER).status_code == 422
    assert asked.answer(security_question=PROPOSED[2]["en"], security_answer=ANSWER).status_code == 303
    assert kept(app, person)[0].question == PROPOSED[2]["en"]


def test_a_universitys_own_list_and_nothing_else(tmp_path: Path, clock: FixedClock) -> None:
    questions = '[{fr = "Quel est le nom de jeune fille de votre mère ?"}, {en = "Only in English?"}]'
    profile = tmp_path / "own.toml"
    options = f"[steps.security_question]\nown = false\nquestions = {questions}\n\n[[journeys]]"
    profile.write_text(Path(COMPLETE).read_text("utf-8").replace("[[journeys]]", options, 1), "utf-8")
    app = make_app(tmp_path, clock, profile=str(profile))
    realm, person = FakeRealm(app), active(app)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        realm.answer(rsps)
        asked = ask(app, realm, person)
        assert "Quel est le nom de jeune fille de votre mère ?" in asked.words
        assert "Only in English?" in asked.words
        assert "security_own_question" not in asked.shown
        own = {"security_question": "own", "security_own_question": "Et moi ?", "security_answer": ANSWER}
        assert asked.answer(**own).status_code == 422
        assert asked.answer(security_question="Only in English?", security_answer=ANSWER).status_code == 303
    assert [row.question for row in kept(app, person)] == ["Only in English?"]


@pytest.mark.parametrize(
    "wrong", [{"questions": [{}]}, {"questions": [{"fr": " "}]}, {"questions": [], "own": False}]
)
def test_options_that_ask_nothing(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SecurityQuestionOptions.model_validate(wrong)


def test_what_we_propose() -> None:
    for language in ("fr", "en"):
        texts = SecurityQuestionOptions().told(language)
        assert len(set(texts)) == len(PROPOSED) >= 6
        assert all(text.endswith("?") for text in texts)
