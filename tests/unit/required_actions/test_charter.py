"""The charter: what is shown, what is kept of an acceptance, and a text that changes meanwhile."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import select

from kc_bridge.domain.profile import Charter, Page
from kc_bridge.services import EXTENSION
from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.models import Person
from tests.support.bridge import FakeRealm, FixedClock, make_person, services_of
from tests.support.visitor import PASSWORD, Visitor

PAGE = "/activation/charter"
CHANGED = "La charte a changé depuis que vous l'avez acceptée"


def configure(app: Flask, **profile: Any) -> None:
    kcb = services_of(app)
    app.extensions[EXTENSION] = replace(kcb, profile=kcb.profile.model_copy(update=profile))


def new_version(app: Flask, **fields: Any) -> Charter:
    charter = services_of(app).profile.charter.model_copy(update={"version": "2027-01"} | fields)
    configure(app, charter=charter)
    return charter


def shown_text(page: str) -> str:
    found = re.search(r'name="charter_text" type="hidden" value="(\w+)"', page)
    assert found, page
    return found[1]


def ticked(page: str) -> bool:
    return bool(re.search(r'<input[^>]* checked[^>]* id="accept"', page))


def proofs(app: Flask, person: Person) -> list[CharterAcceptance]:
    with services_of(app).sessions() as db:
        wanted = CharterAcceptance.person_id == person.id
        return list(db.scalars(select(CharterAcceptance).where(wanted).order_by(CharterAcceptance.id)))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_proof_is_of_the_text_that_was_shown(app: Flask, realm: FakeRealm) -> None:
    """The language of the answer may be another: it is chosen for the whole browser, in another tab too."""
    charter, visitor, person = services_of(app).profile.charter, Visitor(app), make_person(app)
    shown = shown_text(visitor.enter(realm, person, locale="en").get_data(as_text=True))
    visitor.get("/?lang=fr")
    visitor.post(PAGE, {"accept": "y", "charter_text": shown})
    (proof,) = proofs(app, person)
    assert (proof.version, proof.language, proof.text_sha256) == (
        charter.version,
        "en",
        digest(charter.text["en"]),
    )
    (kept,) = realm.completed[-1]["attributes"]["kcbCharter"]
    assert kept.startswith(f"{charter.version} en {digest(charter.text['en'])} ")


def test_a_text_that_changed_meanwhile_is_asked_again(app: Flask, realm: FakeRealm) -> None:
    visitor, person = Visitor(app), make_person(app)
    shown = shown_text(visitor.enter(realm, person).get_data(as_text=True))
    charter = new_version(app, text={"fr": "Un autre texte", "en": "Another text"})
    answer = visitor.post(PAGE, {"accept": "y", "charter_text": shown})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Le texte vient de changer" in page
    assert not ticked(page)
    assert proofs(app, person) == []
    visitor.post(PAGE, {"accept": "y", "charter_text": shown_text(page)})
    (proof,) = proofs(app, person)
    assert (proof.version, proof.text_sha256) == (charter.version, digest("Un autre texte"))


def test_accepting_twice_keeps_the_first_proof(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    visitor, person = Visitor(app), make_person(app)
    visitor.enter(realm, person)
    visitor.post(PAGE, {"accept": "y"})
    clock.advance(minutes=3)
    again = visitor.get(PAGE).get_data(as_text=True)
    assert ticked(again)
    visitor.post(PAGE, {"accept": "y", "charter_text": shown_text(again)})
    assert len(proofs(app, person)) == 1
    first, second = (body["attributes"]["kcbCharter"] for body in realm.completed)
    assert first == second


def test_nothing_is_ticked_for_anybody(app: Flask, realm: FakeRealm) -> None:
    visitor, person = Visitor(app), make_person(app)
    page = visitor.enter(realm, person)
    assert not ticked(page.get_data(as_text=True))
    refused = visitor.post(PAGE, {"charter_text": shown_text(page.get_data(as_text=True))})
    assert refused.status_code == 422
    assert "Cochez la case" in refused.get_data(as_text=True)
    assert proofs(app, person) == []


def accept_and_return(app: Flask, realm: FakeRealm, version: str) -> str:
    """What somebody sees who accepted the present charter, then comes back while ``version`` is in force."""
    person, visitor = make_person(app), Visitor(app)
    visitor.enter(realm, person)
    visitor.finish()
    changes = {"fr": "- le télétravail", "en": "- working from home"}
    new_version(app, version=version, since=date(2027, 1, 1), changes=changes)
    return Visitor(app).enter(realm, person, acts=["kcb-charter"]).get_data(as_text=True)


def test_those_who_knew_another_version_are_told_what_is_new(app: Flask, realm: FakeRealm) -> None:
    page = accept_and_return(app, realm, "2027-01")
    assert CHANGED in page
    assert "à partir du <strong>1er janvier 2027</strong>" in page
    assert "<li>le télétravail</li>" in page
    assert "nécessaire pour activer" not in page
    assert not ticked(page)


def test_those_asked_the_same_version_again_are_not(app: Flask, realm: FakeRealm) -> None:
    page = accept_and_return(app, realm, services_of(app).profile.charter.version)
    assert CHANGED not in page
    assert "télétravail" not in page


def test_newcomers_are_not_told_of_changes(app: Flask, realm: FakeRealm) -> None:
    new_version(app, changes={"fr": "- le télétravail", "en": "- working from home"})
    page = Visitor(app).enter(realm, make_person(app)).get_data(as_text=True)
    assert CHANGED not in page
    assert "télétravail" not in page
    assert "nécessaire pour activer" in page


LABEL = {
    "fr": "Je reconnais avoir pris connaissance du règlement intérieur",
    "en": "I have read the house rules",
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_link_in_the_place_of_the_text(app: Flask, realm: FakeRealm, language: str) -> None:
    configure(app, steps={"charter": {"show": "link", "label": LABEL}})
    page = Visitor(app).enter(realm, make_person(app), locale=language).get_data(as_text=True)
    charter = services_of(app).profile.charter
    assert LABEL[language] in page
    assert re.search(r'<a href="/charte" target="_blank" rel="noopener">', page)
    assert 'class="document"' not in page
    assert shown_text(page) == digest(charter.text[language])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_text_alone_is_everybodys(app: Flask, language: str) -> None:
    charter = services_of(app).profile.charter
    answer = Visitor(app).get(f"/charte?lang={language}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in page
    assert page.count("<h1>") == 1
    assert re.findall(r"<h\d", page.partition("<article")[2])[:2] == ["<h1", "<h2"]
    assert charter.version in page
    heading = re.search(r"^## (.+)$", charter.text[language], re.M)
    assert heading
    assert f"<h2>{heading[1]}</h2>" in page


def test_a_text_in_one_language_says_which(app: Flask, realm: FakeRealm) -> None:
    new_version(app, title={"fr": "Charte"}, text={"fr": "Le texte"})
    page = Visitor(app).get("/charte?lang=en").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert '<article lang="fr">' in page
    assert "<p>Le texte</p>" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"text": {}},
        {"title": {"fr": "Charte"}},
        {"changes": {"fr": "- rien"}},
        {"version": "rentrée 2026"},
        {"version": ""},
    ],
)
def test_a_charter_nobody_could_accept(app: Flask, fields: dict[str, Any]) -> None:
    charter = services_of(app).profile.charter.model_dump()
    with pytest.raises(ValidationError):
        Charter.model_validate(charter | fields)


class TestOnePageForTwoSteps:
    """The UPHF's last page: password and charter, all mistakes at once."""

    @pytest.fixture(autouse=True)
    def _page(self, app: Flask) -> None:
        journey = services_of(app).profile.journeys[0]
        pages = [Page(steps=["new_password", "charter"]), Page(steps=["summary"])]
        steps = {"charter": {"show": "link", "label": LABEL}}
        configure(app, steps=steps, journeys=[journey.model_copy(update={"pages": pages})])

    ADDRESS = "/activation/new-password"

    def test_order_and_headings(self, app: Flask, realm: FakeRealm) -> None:
        page = Visitor(app).enter(realm, make_person(app)).get_data(as_text=True)
        steps = ["Choisissez votre mot de passe", "Charte informatique"]
        assert re.findall(r"<h1>(.+?)</h1>", page) == [" · ".join(steps)]
        assert re.findall(r"<h2>(.+?)</h2>", page)[:2] == steps
        fields = re.findall(r'<input[^>]* name="(password|confirmation|accept)"', page)
        assert fields == ["password", "confirmation", "accept"]

    def test_the_university_may_name_the_page(self, app: Flask, realm: FakeRealm) -> None:
        journey = services_of(app).profile.journeys[0]
        first = journey.pages[0].model_copy(update={"title": {"fr": "Pour finir", "en": "Last page"}})
        configure(app, journeys=[journey.model_copy(update={"pages": [first, journey.pages[1]]})])
        visitor, person = Visitor(app), make_person(app)
        page = visitor.enter(realm, person).get_data(as_text=True)
        assert re.findall(r"<h1>(.+?)</h1>", page) == ["Pour finir"]
        assert "<title>Pour finir - " in page
        assert re.findall(r"<h2>(.+?)</h2>", page)[:2] == [
            "Choisissez votre mot de passe",
            "Charte informatique",
        ]
        alone = Visitor(app).enter(realm, person, acts=["kcb-charter"]).get_data(as_text=True)
        assert re.findall(r"<h1>(.+?)</h1>", alone) == ["Charte informatique"]

    def test_mistakes_in_both_are_said_at_once_in_the_order_of_the_page(
        self, app: Flask, realm: FakeRealm
    ) -> None:
        visitor = Visitor(app)
        visitor.enter(realm, make_person(app))
        page = visitor.post(self.ADDRESS, {"password": "soleil", "confirmation": "lune"}).get_data(
            as_text=True
        )
        summary = page.partition("error-summary")[2].partition("</div>")[0]
        assert re.findall(r'<a href="#(\w+)">', summary) == [*["password"] * 3, "confirmation", "accept"]
        assert not ticked(page)

    def test_a_refused_password_keeps_the_tick_and_nothing_else(self, app: Flask, realm: FakeRealm) -> None:
        visitor, person = Visitor(app), make_person(app)
        visitor.enter(realm, person)
        short = {"password": "Xk9$mQ2!vLp", "confirmation": "Xk9$mQ2!vLp", "accept": "y"}
        answer = visitor.post(self.ADDRESS, short)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert ticked(page)
        assert "Xk9$mQ2!vLp" not in page
        assert ticked(visitor.get(self.ADDRESS).get_data(as_text=True)), (
            "seen again by « Retour » or a reload"
        )
        done = visitor.post(self.ADDRESS, {"password": PASSWORD, "confirmation": PASSWORD, "accept": "y"})
        assert done.status_code == 303
        assert len(proofs(app, person)) == 1
        assert realm.completed[-1]["done"] == ["kcb-charter", "kcb-new-password"]
        assert realm.completed[-1]["password"] == PASSWORD
