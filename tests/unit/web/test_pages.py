"""Languages, public pages and what a university's name may look like in them."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from kc_bridge import create_app
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.services import EXTENSION
from kc_bridge.web.headers import content_security_policy
from tests.support.bridge import ENT, FixedClock, make_app, make_settings, services_of
from tests.support.visitor import Visitor

PAGES = ["/", "/premiere-connexion", "/probleme-de-connexion", "/aide"]


def language(page: str) -> str:
    return page.partition('<html lang="')[2][:2]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("query", "accepted", "expected"),
    [
        ("", None, "fr"),
        ("", "en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("", "de,it", "fr"),
        ("?lang=en", "fr", "en"),
        ("?lang=fr", "en", "fr"),
        ("?lang=de", "en", "en"),
        ("?lang=", "en", "en"),
        ("?lang=../../etc", "fr", "fr"),
        ("?lang=en&lang=fr", "fr", "en"),
    ],
)
def test_language(app: Flask, path: str, query: str, accepted: str | None, expected: str) -> None:
    headers = {"Accept-Language": accepted} if accepted else {}
    response = Visitor(app).get(path + query, headers=headers)
    assert response.status_code == 200
    assert language(response.get_data(as_text=True)) == expected


def test_the_choice_is_remembered(app: Flask) -> None:
    visitor = Visitor(app)
    visitor.get("/?lang=en")
    assert language(visitor.get("/aide").get_data(as_text=True)) == "en"


def test_an_unknown_language_is_neither_kept_nor_shown(app: Flask) -> None:
    visitor = Visitor(app)
    response = visitor.get('/?lang="><script>')
    assert visitor.cookie is None
    assert "<script>" not in response.get_data(as_text=True).replace("<script src", "")


def test_home_leads_to_the_application(app: Flask) -> None:
    assert f'href="{ENT}"' in Visitor(app).get("/").get_data(as_text=True)


def test_home_without_an_application(tmp_path: Path, clock: FixedClock) -> None:
    app = make_app(tmp_path, clock, applications={}, default_application=None)
    page = Visitor(app).get("/")
    assert page.status_code == 200
    assert "Se connecter à" not in page.get_data(as_text=True)
    assert Visitor(app).get("/activation/done").location == "/"


def test_names_of_the_profile_are_escaped(app: Flask) -> None:
    kcb = services_of(app)
    brand = kcb.profile.branding.model_copy(update={"name": "<b>Université</b> & Cie {{ 7*7 }} %(x)s"})
    app.extensions[EXTENSION] = replace(kcb, profile=kcb.profile.model_copy(update={"branding": brand}))
    page = Visitor(app).get("/premiere-connexion").get_data(as_text=True)
    assert "&lt;b&gt;Université&lt;/b&gt; &amp; Cie {{ 7*7 }} %(x)s" in page
    assert "<b>Université" not in page


def test_forms_may_end_at_keycloaks_origin_alone() -> None:
    policy = content_security_policy("https://sso.univ.test:8443/auth/path;x")
    assert "form-action 'self' https://sso.univ.test:8443;" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_weak_secret_refuses_to_start(tmp_path: Path, clock: FixedClock, secret: str) -> None:
    make_app(tmp_path, clock)
    with pytest.raises(ConfigurationError, match="secret_key") as refused:
        create_app(make_settings(tmp_path, secret_key=secret), clock)
    assert "KCB_SECRET_KEY" in refused.value.remedy
    if secret:
        assert secret not in str(refused.value)


def first_connection(folder: Path, profile: str) -> str:
    page = Visitor(make_app(folder, FixedClock(), profile=profile)).get("/premiere-connexion")
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.get_data(as_text=True))))


BELLERIVE = str(Path(__file__).parents[3] / "docs/bellerive.toml")


@pytest.mark.parametrize(
    ("profile", "said", "unsaid"),
    [
        ("default", ["Personnels, Personnes invitées", "La procédure est la même"], ["Aucun mail ne vous"]),
        (
            BELLERIVE,
            ["Personnes invitées La procédure est la même", "Personnels Aucun mail ne vous est envoyé"],
            ["Personnels, Personnes invitées"],
        ),
        ("uphf", ["Il vous faut un numéro"], ["La procédure est la même", "Ouvrez votre messagerie"]),
    ],
    ids=["by mail", "each by their own way", "by number"],
)
def test_the_first_connection_tells_everybody_their_own_way(
    tmp_path: Path, profile: str, said: list[str], unsaid: list[str]
) -> None:
    page = first_connection(tmp_path, profile)
    for words in said:
        assert words in page
    for words in unsaid:
        assert words not in page
