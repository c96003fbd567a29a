"""People who have lost their password, at the bridge alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from kc_bridge.store.models import Person
from tests.support.addresses import Postman, active
from tests.support.bridge import services_of
from tests.support.identify import address
from tests.support.recovery import gives_answer, prove
from tests.support.visitor import Visitor

__all__ = ["HERE", "ask", "link_of", "owner", "press", "say", "to_question"]

HERE = "/mot-de-passe-oublie"


def owner(app: Flask, *, question: bool = False, **fields: Any) -> Person:
    kcb = services_of(app)
    person = active(app, **({"state": "SupannActif"} | fields))
    prove(kcb, person, kcb.clock())
    if question:
        gives_answer(kcb, person, kcb.clock())
    return person


def ask(visitor: Visitor, typed: str, *, at: str | None = None) -> TestResponse:
    visitor.get(HERE)
    return visitor.post(HERE, {"identifier": typed}, environ_base={"REMOTE_ADDR": at or address()})


def link_of(app: Flask, person: Person) -> str:
    ask(Visitor(app), person.login)
    return Postman(app).link()


def press(visitor: Visitor, link: str) -> TestResponse:
    """Opens the link, presses its button, and Keycloak says that nobody is logged in here."""
    assert visitor.get(link).status_code == 200
    asked = visitor.post(link)
    state = parse_qs(urlsplit(asked.location).query)["state"][0]
    return visitor.get(f"/oidc/silent?state={state}&error=login_required")


def to_question(app: Flask, link: str) -> Visitor:
    visitor = Visitor(app)
    assert press(visitor, link).location == f"{HERE}/question"
    visitor.get(f"{HERE}/question")
    return visitor


def say(visitor: Visitor, answer: str, at: str | None = None) -> TestResponse:
    environ = {"REMOTE_ADDR": at or address()}
    return visitor.post(f"{HERE}/question", {"answer": answer}, environ_base=environ)
