"""The last page: what to keep, what was recorded, what happens next and when."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError

from kc_bridge.services import EXTENSION
from required_actions.registry import load_steps
from required_actions.steps.summary import SummaryOptions
from tests.support.bridge import ENT, FakeRealm, make_person, services_of
from tests.support.visitor import PASSWORD, Visitor


def summary(app: Flask, realm: FakeRealm, locale: str = "fr", cid: str = "ent", **person: Any) -> str:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app, **person), locale=locale, cid=cid)
    visitor.post("/activation/charter", {"accept": "y"})
    visitor.post("/activation/new-password", {"password": PASSWORD, "confirmation": PASSWORD})
    return unescape(visitor.get("/activation/summary").get_data(as_text=True))


def rows(page: str) -> dict[str, str]:
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page, re.S)
    return {label: re.sub(r"<p.*?</p>|<[^>]+>|\s+", " ", value).strip() for label, value in found}


def test_what_to_keep_and_what_was_recorded(app: Flask, realm: FakeRealm) -> None:
    login, mail = "camille.oconnor@etu.univ.test", "camille@mail.univ.test"
    page = summary(app, realm, login=login, mail=mail)
    assert rows(page) == {
        "Identifiant": login,
        "Adresse mail universitaire": mail,
        "Charte informatique": "Acceptée",
        "Mot de passe": "Correctement enregistré",
    }
    assert "Bienvenue, Camille O'Connor." in page
    assert PASSWORD not in page


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("fr", "Votre compte est ouvert jusqu'au <strong>31 décembre 2027</strong>."),
        ("en", "Your account is open until <strong>31 December 2027</strong>."),
    ],
)
def test_until_when(app: Flask, realm: FakeRealm, locale: str, sentence: str) -> None:
    assert sentence in summary(app, realm, locale, account_end=date(2027, 12, 31))


def test_no_end_is_promised_that_nobody_knows(app: Flask, realm: FakeRealm) -> None:
    page = summary(app, realm)
    assert "Votre compte est ouvert jusqu" not in page
    assert "d'ici quelques minutes" in page


def test_the_way_on_leads_back_to_keycloak_and_names_the_application(app: Flask, realm: FakeRealm) -> None:
    page = summary(app, realm)
    assert re.search(r'<a class="button" href="/activation/leave">Continuer vers ENT</a>', page)
    settings = services_of(app).settings.model_copy(update={"default_application": None})
    app.extensions[EXTENSION] = replace(services_of(app), settings=settings)
    unknown = summary(app, realm, cid="inconnue")
    assert re.search(r'<a class="button" href="/activation/leave">Continuer</a>', unknown)
    assert ENT not in unknown


def test_a_university_may_have_one_list_in_its_own_order(app: Flask, realm: FakeRealm) -> None:
    """What was done and is not named follows; what is named and was not done is left out."""
    options = {"rows": ["uid", "new_password", "sms_consent", "login"], "later": {"fr": "Tout se change :"}}
    profile = services_of(app).profile.model_copy(update={"steps": {"summary": options}})
    app.extensions[EXTENSION] = replace(services_of(app), profile=profile)
    page = summary(app, realm, login="camille@etu.univ.test", uid="camille")
    assert list(rows(page).items()) == [
        ("Identifiant numérique unique (uid)", "camille"),
        ("Mot de passe", "Correctement enregistré"),
        ("Identifiant", "camille@etu.univ.test"),
        ("Charte informatique", "Acceptée"),
    ]
    assert 'Tout se change : <a href="/compte">Mon compte</a>' in page


def test_a_row_there_is_not_is_refused() -> None:
    load_steps()
    with pytest.raises(ValidationError, match="postcode"):
        SummaryOptions(rows=("login", "postcode"))
