"""24. SQL and template injection, and values of another shape than promised, wherever the bridge reads something."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import text

from kc_bridge.store.models import Person
from required_actions.links import issue
from tests.support.bridge import FakeRealm, make_person, services_of
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
    assert "onfocus=alert" not in page.replace("&#34; autofocus onfocus=alert(1) x=&#34;", "")


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
