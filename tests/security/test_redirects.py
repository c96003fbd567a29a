"""20. Open redirects: whatever the address says, nobody is sent to a site we do not know."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.bridge import ENT, FakeRealm, make_person, services_of
from tests.support.visitor import Visitor

TARGETS = [
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "https:evil.test",
    "https://sso.univ.test@evil.test",
    "https://sso.univ.test.evil.test/",
    "https://evil.test#https://sso.univ.test",
    "%2f%2fevil.test",
    "%5cevil.test",
    "/%09/evil.test",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/\r\nLocation: https://evil.test",
    "%0d%0aLocation:%20https://evil.test",
    "\u2028//evil.test",
    "https://evil。test",
]
PARAMETERS = [
    "lang",
    "handoff",
    "state",
    "code",
    "error",
    "next",
    "url",
    "redirect_uri",
    "return",
    "kcb_proof",
    "to",
    "kc_action",
    "kc_action_status",
]
ADDRESSES = [
    "/",
    "/aide",
    "/activation/enter",
    "/activation/",
    "/activation/charter",
    "/activation/leave",
    "/activation/done",
    "/oidc/silent",
    "/oidc/logged-out",
    "/compte",
    "/compte/retour",
    "/compte/modifier/new-password",
    "/compte/donnees",
    "/l/x",
]


def places(response: TestResponse, base: str) -> set[str]:
    """Origins that a browser may be sent to: by redirect, by refresh, by a link, button or form of the page."""
    page = response.get_data(as_text=True)
    found = [response.headers.get("Location", ""), response.headers.get("Refresh", "").partition("url=")[2]]
    found += [unescape(match) for match in re.findall(r'\b(?:href|src|action|formaction)="([^"]*)"', page)]
    origins = set()
    for target in filter(None, found):
        whole = urlsplit(urljoin(base, target.replace("\\", "/")))  # browsers read « \ » as « / »
        origins.add(f"{whole.scheme}://{whole.netloc}" if whole.scheme != "mailto" else "mailto:")
    return origins


@pytest.fixture
def known(app: Flask) -> set[str]:
    settings = services_of(app).settings
    ent = urlsplit(ENT)
    return {settings.public_url, settings.keycloak_public_url, f"{ent.scheme}://{ent.netloc}", "mailto:"}


def test_no_parameter_leads_away(app: Flask, realm: FakeRealm, known: set[str]) -> None:
    inside = Visitor(app)
    inside.enter(realm, make_person(app))
    for visitor in (Visitor(app), inside):
        for address in ADDRESSES:
            for target in TARGETS:
                if address == "/activation/done" and visitor is inside:
                    visitor = Visitor(app)  # this page ends the session
                query = "&".join(f"{name}={quote(target)}" for name in PARAMETERS)
                response = visitor.get(f"{address}?{query}")
                assert response.status_code < 500, (address, query)
                assert places(response, f"https://compte.univ.test{address}") <= known, (address, query)


@pytest.mark.parametrize("before", ["/", "//", "/l/", "/activation/", "/static/", "/static/theme/"])
def test_no_path_leads_away(app: Flask, known: set[str], before: str) -> None:
    for target in TARGETS:
        for path in (f"{before}{target}", f"{before}{quote(target)}", f"{before}{target}/"):
            for method in ("GET", "POST"):
                response = Visitor(app).request(method, path)
                assert response.status_code < 500, path
                assert places(response, "https://compte.univ.test/") <= known, path


def test_where_the_wizard_leads_to(app: Flask, realm: FakeRealm, known: set[str]) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app), cid="unknown-application")
    response = visitor.finish()
    assert response.headers["Refresh"].startswith(f"0; url={realm.settings.issuer}/login-actions/")
    assert places(response, "https://compte.univ.test/") <= known


def test_the_landing_page_ignores_whatever_keycloak_added(app: Flask) -> None:
    response = Visitor(app).get("/activation/done?code=c&state=s&iss=https://evil.test&next=//evil.test")
    assert (response.status_code, response.location) == (303, ENT)
