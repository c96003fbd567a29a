"""18. Security headers and cookie flags on every route there is, and on every error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, abort
from sqlalchemy import text
from werkzeug.test import TestResponse

from kc_bridge.domain import errors
from kc_bridge.services import EXTENSION
from kc_bridge.store.database import open_engine, session_factory
from kc_bridge.web.headers import CACHEABLE
from tests.support.bridge import FakeRealm, FixedClock, make_app, make_person, services_of
from tests.support.visitor import Visitor

FILES = {"static": "pages.css", "theme_resource": "css/tokens.css"}
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self' https://sso.univ.test",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def assert_protected(response: TestResponse, *, cacheable: bool = False) -> None:
    headers = response.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == POLICY
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert headers["Cache-Control"] == ("public, max-age=3600" if cacheable else "no-store")
    for cookie in headers.getlist("Set-Cookie"):
        name, *flags = cookie.split("; ")
        assert name.startswith("__Host-")
        assert set(flags) == {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"}
        assert not cacheable


def every_request(app: Flask) -> list[tuple[str, str, str]]:
    """Method, address and endpoint of all that the application answers."""
    found = []
    for rule in app.url_map.iter_rules():
        address = rule.rule
        for name in rule.arguments:
            kind = "path:" if f"<path:{name}>" in address else ""
            address = address.replace(f"<{kind}{name}>", FILES.get(rule.endpoint, "charter"))
        found += [(method, address, rule.endpoint) for method in sorted(rule.methods or ())]
    return found


def test_every_route(app: Flask, realm: FakeRealm) -> None:
    requests = every_request(app)
    assert len({endpoint for _, _, endpoint in requests}) >= 18
    for method, address, endpoint in requests:
        for visitor in (Visitor(app), (inside := Visitor(app))):
            if visitor is inside:
                visitor.enter(realm, make_person(app))
            fields = {"csrf_token": visitor.csrf} if method == "POST" else None
            response = visitor.request(method, address, data=fields)
            found = endpoint in CACHEABLE and response.status_code == 200
            assert response.status_code < 500, (method, address)
            assert_protected(response, cacheable=found)


def test_plain_http_promises_no_https(tmp_path: Path, clock: FixedClock) -> None:
    app = make_app(tmp_path, clock, public_url="http://localhost:8000")
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers


def test_a_cookie_never_travels_with_what_caches_keep(app: Flask) -> None:
    for file in ("/static/pages.css?lang=en", "/static/theme/css/tokens.css?lang=en"):
        response = Visitor(app).get(file)
        assert response.status_code == 200
        assert "Set-Cookie" not in response.headers
    assert "Set-Cookie" in Visitor(app).get("/?lang=en").headers


def raising(error: Exception) -> Callable[[], str]:
    def view() -> str:
        raise error

    return view


@pytest.mark.parametrize(
    ("method", "address", "options", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("GET", "/static/nowhere.css", {}, 404),
        ("GET", "/static/theme/../../../../pyproject.toml", {}, 404),
        ("GET", "/static/%2e%2e/%2e%2e/pyproject.toml", {}, 404),
        ("GET", "/l/" + "x" * 43, {}, 404),
        ("DELETE", "/aide", {}, 405),
        ("POST", "/l/x", {}, 400),
        ("POST", "/activation/charter", {"data": {"csrf_token": "forged"}}, 400),
        ("POST", "/activation/charter", {"data": {"a": "x" * 70_000}}, 413),
        ("POST", "/activation/charter", {"data": {f"f{n}": "x" for n in range(200)}}, 400),
        ("GET", "/activation/enter?handoff=forged", {}, 400),
        ("GET", "/activation/charter", {}, 410),
    ],
)
def test_refusals(
    app: Flask, realm: FakeRealm, method: str, address: str, options: dict[str, object], status: int
) -> None:
    response = Visitor(app).request(method, address, **options)
    assert response.status_code == status
    assert_protected(response)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.KeycloakUnavailable("status 503"), 503),
        (errors.ConfigurationError("wrong", "right"), 500),
        (errors.NotOwned(), 403),
        (errors.AccountClosed(), 403),
        (RuntimeError("unforeseen"), 500),
    ],
)
def test_errors_of_all_kinds(app: Flask, error: Exception, status: int) -> None:
    app.view_functions["page_aide"] = raising(error)
    response = Visitor(app).get("/aide")
    assert response.status_code == status
    assert_protected(response)
    assert "unforeseen" not in response.get_data(as_text=True)


@pytest.mark.parametrize("status", [400, 403, 418, 429, 500, 503])
def test_aborts(app: Flask, status: int) -> None:
    app.view_functions["page_aide"] = lambda: abort(status)
    response = Visitor(app).get("/aide")
    assert response.status_code == status
    assert_protected(response)


@pytest.mark.parametrize("table", ["web_session", "person"])
def test_a_broken_database(app: Flask, realm: FakeRealm, table: str) -> None:
    """33. Read, written or neither: a page in plain words, and nothing half done."""
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app))
    with services_of(app).sessions.begin() as db:
        db.execute(text("PRAGMA foreign_keys=OFF"))
        db.execute(text(f"ALTER TABLE {table} RENAME TO away"))
    for method, address in [("GET", "/activation/charter"), ("POST", "/activation/charter")]:
        response = visitor.request(method, address, data={"csrf_token": visitor.csrf, "accept": "y"})
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "60"
        assert "Le service est momentanément indisponible" in response.get_data(as_text=True)
        assert_protected(response)
    assert realm.completed == []
    assert visitor.get("/healthz").status_code == 200
    assert visitor.get("/static/pages.css").status_code == 200


def test_a_database_that_breaks_while_the_session_is_kept(app: Flask) -> None:
    with services_of(app).sessions.begin() as db:
        db.execute(text("ALTER TABLE web_session RENAME TO away"))
    response = Visitor(app).get("/?lang=en")
    assert response.status_code == 503
    assert_protected(response)


def test_the_readiness_probe_tells_a_database_out_of_reach(app: Flask) -> None:
    assert Visitor(app).get("/readyz").status_code == 200
    nowhere = session_factory(open_engine("sqlite:////nowhere/kcb.db"))
    app.extensions[EXTENSION] = replace(services_of(app), sessions=nowhere)
    response = Visitor(app).get("/readyz")
    assert response.status_code == 503
    assert_protected(response)
