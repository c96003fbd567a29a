"""The page of numbers: what it says follows what a university takes."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from kc_bridge.domain.numbers import NumberKind
from kc_bridge.services import EXTENSION
from tests.support.bridge import FixedClock, make_app, services_of
from tests.support.visitor import Visitor

STUDENT = "étudiant : vous pouvez utiliser"
STAFF = "personnel : vous pouvez utiliser votre matricule personnel."
GUEST = "externe : vous pouvez utiliser l'identifiant unique qui vous a été fourni."


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile="uphf")


def taking(app: Flask, *kinds: NumberKind) -> Flask:
    kcb = services_of(app)
    journey = kcb.profile.journeys[0].model_copy(update={"identify_by": list(kinds)})
    profile = kcb.profile.model_copy(update={"journeys": [journey]})
    app.extensions[EXTENSION] = replace(kcb, profile=profile)
    return app


@pytest.mark.parametrize(
    ("kinds", "count", "sentences"),
    [
        (("student_number", "ine"), 2, [f"{STUDENT} votre numéro d'étudiant ou votre INE."]),
        (("staff_number", "ine"), 2, [f"{STUDENT} votre INE.", STAFF]),
        (("uid", "student_number"), 2, [f"{STUDENT} votre numéro d'étudiant.", GUEST]),
        (("student_number", "ine", "uid"), 3, [f"{STUDENT} votre numéro d'étudiant ou votre INE.", GUEST]),
    ],
)
def test_who_may_use_what(
    app: Flask, kinds: tuple[NumberKind, ...], count: int, sentences: list[str]
) -> None:
    page = unescape(Visitor(taking(app, *kinds)).get("/identification").get_data(as_text=True))
    assert f"l'intermédiaire des {count} informations ci-dessous" in page
    assert re.findall(r"<li>(\w+ : .*?)</li>", page) == sentences
    assert page.count('<li><a href="/identification/') == count


def test_without_mailed_links_no_page_speaks_of_one(app: Flask) -> None:
    for path in ("/", "/premiere-connexion", "/probleme-de-connexion", "/aide"):
        page = unescape(Visitor(app).get(path).get_data(as_text=True))
        assert "mail d'activation" not in page, path
        assert "avec le mail reçu" not in page, path
    for path in ("/premiere-connexion", "/aide"):
        page = Visitor(app).get(path).get_data(as_text=True)
        assert re.search(r'href="/identification">Activer mon compte</a>', page), path
