"""19. Every POST without a token, with a forged one or with another session's: 400, and nothing changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from kc_bridge.store.activation import CharterAcceptance, Link, StepRecord
from kc_bridge.store.web import WebSession
from required_actions.links import issue
from tests.support.bridge import FakeRealm, make_person, services_of
from tests.support.visitor import PASSWORD, Visitor

ANSWERS = {"accept": "y", "password": PASSWORD, "confirmation": PASSWORD, "action": "logout"}


def posts(app: Flask) -> list[str]:
    """Every address that takes a POST."""
    return [rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]


def written(app: Flask) -> dict[str, int]:
    with services_of(app).sessions() as db:
        counts = {
            table.__tablename__: db.scalar(select(func.count()).select_from(table)) or 0
            for table in (CharterAcceptance, StepRecord, WebSession)
        }
        counts["opened"] = db.scalar(select(func.count()).select_from(Link).where(Link.state != "new")) or 0
    return counts


def test_every_route(app: Flask, realm: FakeRealm) -> None:
    person = make_person(app)
    with services_of(app).sessions.begin() as db:
        kcb = services_of(app)
        now = kcb.clock()
        token = issue(db, person, "activation", now + timedelta(hours=1), now).token
    victim, attacker = Visitor(app), Visitor(app)
    attacker.enter(realm, make_person(app))
    victim.enter(realm, make_person(app))
    assert len(posts(app)) >= 4
    before, opened = written(app), victim.get("/activation/charter").get_data()

    for rule in posts(app):
        address = rule.replace("<token>", token).replace("<page>", "charter")
        forged: list[dict[str, Any]] = [
            {"data": ANSWERS},
            {"data": ANSWERS | {"csrf_token": ""}},
            {"data": ANSWERS | {"csrf_token": "forged"}},
            {"data": ANSWERS | {"csrf_token": attacker.csrf}},
            {"data": ANSWERS, "headers": {"X-CSRFToken": attacker.csrf}},
            {"data": ANSWERS, "query_string": {"csrf_token": victim.csrf}},
            {"json": ANSWERS | {"csrf_token": victim.csrf}},
        ]
        for request in forged:
            response = victim.request("POST", address, **request)
            assert response.status_code == 400, (address, request)
        assert Visitor(app).request("POST", address, data=ANSWERS).status_code == 400

    assert written(app) == before
    assert realm.completed == realm.ended == []
    assert b'name="accept"' in opened
    assert victim.post("/activation/charter", {"accept": "y"}).status_code == 303
    assert realm.completed[0]["done"] == ["kcb-charter"]


def test_a_form_of_an_earlier_login_does_not_act_on_the_later_one(app: Flask, realm: FakeRealm) -> None:
    """One browser, two people one after the other, the first one's page still open in a tab."""
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    left_open = visitor.csrf
    visitor.enter(realm, make_person(app))
    response = visitor.request("POST", "/activation/charter", data={"csrf_token": left_open, "accept": "y"})
    assert response.status_code == 400
    assert realm.completed == []


@pytest.mark.parametrize("address", ["/l/", "/activation/charter", "/oidc/logout"])
def test_the_way_back_is_on_the_page(app: Flask, address: str) -> None:
    response = Visitor(app).post(address + ("x" * 43 if address == "/l/" else ""))
    assert response.status_code == 400
    assert "Revenir à la page" in response.get_data(as_text=True)
