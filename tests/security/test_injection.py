"""24. SQL and template injection, and values of another shape than promised, wherever the bridge reads something."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select, text

from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import Person
from required_actions.links import issue
from tests.support.addresses import Postman
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.visitor import PASSWORD, Visitor

CORPUS = [
    "' OR '1'='1",
    "'; DROP TABLE person; --",
    '" OR ""="',
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "%' UNION SELECT token_sha256 FROM link --",
    "{{ 7191 * 7 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{{ config.SECRET_KEY }}",
    "${7191*7}",
    "#{7191*7}",
    "%(password)s %s %n",
    "<script>alert(1)</script>",
    '" autofocus onfocus=alert(1) x="',
    "*)(uid=*))(|(uid=*",
    "../../../../etc/passwd",
    "\0",
    "\ud7ff\U0001f600\u202e",
    "é" * 2000,
]
ADDRESSES = [
    "/l/{}",
    "/activation/{}",
    "/activation/enter?handoff={}",
    "/oidc/silent?state={}",
    "/?lang={}",
    "/{}",
]


def new_link(app: Flask, person: Person) -> str:
    kcb = services_of(app)
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        return issue(db, db.get_one(Person, person.id), "activation", now + timedelta(hours=1), now).token


def tables(app: Flask) -> dict[str, int]:
    with services_of(app).sessions() as db:
        names = db.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        return {name: db.scalar(text(f"SELECT COUNT(*) FROM {name}")) or 0 for name in names}


def assert_inert(page: str) -> None:
    assert "50337" not in page  # 7191 × 7
    assert "k" * 40 not in page
    assert "<script>alert" not in page
    for escaped in ("&#34; autofocus onfocus=alert(1) x=&#34;", "&#34;autofocusonfocus=alert(1)x=&#34;"):
        page = page.replace(escaped, "")  # the second is an identifier, which has no spaces
    assert "onfocus=alert" not in page


@pytest.mark.parametrize("value", CORPUS)
def test_in_addresses(app: Flask, realm: FakeRealm, value: str) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    before = tables(app)
    for address in ADDRESSES:
        for method in ("GET", "POST"):
            response = visitor.request(
                method,
                address.format(quote(value)),
                data={"csrf_token": visitor.csrf} if method == "POST" else None,
            )
            assert response.status_code < 500, (address, method)
            assert_inert(response.get_data(as_text=True))
    assert tables(app) == before


@pytest.mark.parametrize("value", CORPUS)
def test_in_names_and_passwords(app: Flask, realm: FakeRealm, value: str) -> None:
    person = make_person(app, first_name=value[:255], last_name=value[:255])
    token, visitor = new_link(app, person), Visitor(app)
    shown = [visitor.get(f"/l/{token}"), visitor.enter(realm, person)]
    visitor.post("/activation/charter", {"accept": value})
    visitor.get("/activation/new-password")
    typed = PASSWORD + value
    refused = visitor.post("/activation/new-password", {"password": value, "confirmation": typed})
    assert refused.status_code == 422
    assert_inert(refused.get_data(as_text=True))
    visitor.post("/activation/new-password", {"password": typed, "confirmation": typed})
    shown += [visitor.get("/activation/summary"), visitor.get("/activation/leave")]
    assert [page.status_code for page in shown] == [200] * 4
    for page in shown:
        assert_inert(page.get_data(as_text=True))
    assert realm.completed[-2]["password"] == typed  # as typed, to the last character


SHAPES: list[dict[str, Any]] = [
    {"data": {"accept": ["y", "n"], "password": [PASSWORD, "other"], "confirmation": [PASSWORD]}},
    {"data": {"accept[]": "y", "password[]": PASSWORD}},
    {"data": {"accept": (io.BytesIO(b"y"), "y.txt"), "password": (io.BytesIO(b"p"), "p.txt")}},
    {"data": {"password": (io.BytesIO(b"p"), "p.txt"), "confirmation": (io.BytesIO(b"p"), "p.txt")}},
    {"json": {"accept": True, "password": [PASSWORD]}},
    {"data": b"\xff\xfe\0accept=y", "content_type": "application/x-www-form-urlencoded"},
    {"data": b"--x\r\n\r\n", "content_type": "multipart/form-data; boundary=x"},
    {"data": b"x", "content_type": "multipart/form-data"},
    {"query_string": {"accept": "y", "password": PASSWORD, "confirmation": PASSWORD}},
]


@pytest.mark.parametrize("shape", SHAPES)
def test_other_shapes_than_promised(app: Flask, realm: FakeRealm, shape: dict[str, Any]) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    visitor.post("/activation/charter", {"accept": "y"})
    visitor.get("/activation/new-password")
    done = len(realm.completed)
    response = visitor.request(
        "POST", "/activation/new-password", headers={"X-CSRFToken": visitor.csrf}, **shape
    )
    assert response.status_code in (303, 400, 422)
    for body in realm.completed[done:]:
        assert body["password"] == PASSWORD


@pytest.mark.parametrize("state", ["", "%00", "é", "%ff", "x" * 5000, "&state=x"])
def test_an_answer_to_no_question(app: Flask, realm: FakeRealm, state: str) -> None:
    token = new_link(app, make_person(app))
    for asked in (False, True):
        visitor = Visitor(app)
        if asked:
            visitor.get(f"/l/{token}")
            assert visitor.post(f"/l/{token}").status_code == 303
        response = visitor.get(f"/oidc/silent?state={state}&error=login_required")
        assert response.status_code == (400 if asked else 410)
        assert visitor.get("/oidc/logged-out").status_code == (400 if asked else 410)


PUBLIC_FORMS = {
    "/probleme-de-connexion/identifiant": ["identifier"],
    "/probleme-de-connexion/verification": ["number", "birth_date"],
    "/mot-de-passe-oublie": ["identifier"],
    "/consultation": ["number", "birth_date"],
}
"""What people may type before anything is known of them."""


FILES: dict[str, Any] = {"data": ["identifier", "number", "birth_date"]}
"""Files in the place of words; made anew for each request, which closes them."""


@pytest.fixture
def montpellier(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge with every public form."""
    return make_app(tmp_path, clock, profile="um")


def people(app: Flask) -> list[Any]:
    with services_of(app).sessions() as db:
        return sorted(db.execute(select(Person.login, Person.personal_mail, Person.activated_at)).all())


@pytest.mark.parametrize("value", CORPUS)
def test_in_public_forms(montpellier: Flask, value: str) -> None:
    person = make_person(montpellier)
    before = people(montpellier)
    for path, fields in PUBLIC_FORMS.items():
        visitor = Visitor(montpellier)
        visitor.get("/probleme-de-connexion/identifiant")
        visitor.post("/probleme-de-connexion/identifiant", {"identifier": person.login})
        visitor.get(path)
        response = visitor.post(path, dict.fromkeys(fields, value))
        assert response.status_code in (303, 422, 429), path
        assert_inert(response.get_data(as_text=True))
        if response.status_code == 303:
            shown = visitor.get(response.location)
            assert shown.status_code == 200
            assert_inert(shown.get_data(as_text=True))
    kcb = services_of(montpellier)
    send_waiting(kcb.settings, kcb.sessions, kcb.clock, Postman(montpellier))
    assert people(montpellier) == before


@pytest.mark.parametrize("path", PUBLIC_FORMS)
@pytest.mark.parametrize(
    "shape",
    [
        {"data": {"identifier": ["a", "b"], "number": ["1", "2"], "birth_date": ["31/03/2007"] * 2}},
        {"data": {"identifier[]": "a", "number[]": "1"}},
        FILES,
        {"json": {"identifier": ["a"], "number": {"a": 1}, "birth_date": None}},
        {"data": b"\xff\xfe\0identifier=a", "content_type": "application/x-www-form-urlencoded"},
        {"query_string": {"identifier": "a", "number": "1", "birth_date": "31/03/2007"}},
    ],
)
def test_other_shapes_in_public_forms(montpellier: Flask, path: str, shape: dict[str, Any]) -> None:
    visitor = Visitor(montpellier)
    visitor.get("/probleme-de-connexion/identifiant")
    visitor.post("/probleme-de-connexion/identifiant", {"identifier": "somebody"})
    visitor.get(path)
    if shape == FILES:
        shape = {"data": {name: (io.BytesIO(b"a"), "a.txt") for name in FILES["data"]}}
    response = visitor.request("POST", path, headers={"X-CSRFToken": visitor.csrf}, **shape)
    assert response.status_code in (303, 400, 422), path
