"""Login on two pages works as Keycloak's own two pages do, whatever else the realm has switched on."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from tests.integration.jar_browser import Browser, landed, locked
from tests.integration.jar_realm import GENERIC, OTP, PROVISIONAL, WRONG, Admin, JarRealm, two_pages_realm

PASSWORD = {"type": "password", "value": PROVISIONAL}


@pytest.fixture(scope="module")
def jar(keycloak: Any) -> Iterator[JarRealm]:
    made = two_pages_realm(Admin(keycloak.url, keycloak.admin_user, keycloak.admin_password))
    yield made
    made.delete()


@pytest.mark.parametrize("identifier", ["username", "email"])
def test_logging_in(jar: JarRealm, identifier: str) -> None:
    user, browser = jar.user(), Browser(jar)
    assert "code" in landed(browser.login(f"  {user[identifier]} "))
    (login,) = jar.events(user["id"], "LOGIN")
    assert login["details"]["username"] == user[identifier]


def test_steps_follow_as_after_any_login(jar: JarRealm) -> None:
    user, browser = jar.user(actions=["kcb-charter"]), Browser(jar)
    handoff = browser.enter(user["username"])
    landed(browser.back(handoff, jar.web.complete(handoff.ticket, ["kcb-charter"]).json()["proof"]))


def test_second_factor_is_asked_for_after_the_password(jar: JarRealm) -> None:
    page = Browser(jar).login(jar.user(credentials=[PASSWORD, OTP])["username"])
    assert 'name="otp"' in page.text


def test_wrong_passwords_are_recorded_with_their_reason(jar: JarRealm) -> None:
    user = jar.user()
    Browser(jar).login(user["username"], WRONG)
    (known,) = jar.events(user["id"], "LOGIN_ERROR")
    assert (known["error"], known["details"]["username"]) == ("invalid_user_credentials", user["username"])
    typed = f"u{uuid.uuid4().hex[:10]}"
    Browser(jar).login(typed, WRONG)
    errors = jar.call("GET", "events", params={"type": "LOGIN_ERROR", "max": 5})
    assert [e["error"] for e in errors if e["details"].get("username") == typed] == ["user_not_found"]


def test_guessing_locks_as_in_keycloaks_own_form(jar: JarRealm) -> None:
    user = locked(jar)
    page = Browser(jar).login(user["username"])
    assert GENERIC in unescape(page.text)
    assert jar.events(user["id"], "LOGIN_ERROR")[-1]["error"] == "user_temporarily_disabled"
    jar.call("DELETE", f"attack-detection/brute-force/users/{user['id']}")
    landed(Browser(jar).login(user["username"]))


def test_a_right_password_forgives_the_wrong_ones(jar: JarRealm) -> None:
    user = jar.user()
    browser = Browser(jar)
    page = browser.login(user["username"], WRONG)
    landed(browser.submit(page, password=PROVISIONAL))
    assert jar.call("GET", f"attack-detection/brute-force/users/{user['id']}")["numFailures"] == 0


@pytest.mark.parametrize("typed", ["", "   "])
def test_first_page_wants_something(jar: JarRealm, typed: str) -> None:
    browser = Browser(jar)
    page = browser.submit(browser.authorize(), username=typed)
    assert 'name="username"' in page.text
    assert 'name="password"' not in page.text
    assert "invalide" in page.text


def test_login_hint_fills_the_first_page(jar: JarRealm) -> None:
    page = Browser(jar).authorize(login_hint="c.oconnor")
    assert re.search(r'name="username"[^>]*value="c.oconnor"', page.text)


def test_remember_me(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    page = browser.submit(browser.authorize(), username=user["username"], rememberMe="on")
    landed(browser.submit(page, password=PROVISIONAL))
    assert jar.sessions(user["id"])[0]["rememberMe"] is True
    jar.call("POST", f"users/{user['id']}/logout")
    assert re.search(rf'name="username"[^>]*value="{user["username"]}"', browser.authorize().text)

    browser = Browser(jar)
    landed(browser.login(user["username"]))
    assert jar.sessions(user["id"])[0]["rememberMe"] is False


def test_logging_in_again_asks_for_the_password_only(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    landed(browser.login(user["username"]))
    page = browser.authorize(prompt="login")
    assert 'name="password"' in page.text
    assert user["username"] in page.text
    wrong = browser.submit(page, password=WRONG)
    assert "Mot de passe invalide." in wrong.text
    landed(browser.submit(wrong, password=PROVISIONAL))
    assert len(jar.sessions(user["id"])) == 1


def test_going_back_to_name_somebody_else(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    page = browser.submit(browser.authorize(), username="quelqu.un.dautre")
    restart = re.search(r"location.href='([^']+)'", page.text)
    assert restart
    page = browser.get(f"{jar.url}{unescape(restart[1])}")
    assert 'name="username"' in page.text
    landed(browser.submit(browser.submit(page, username=user["username"]), password=PROVISIONAL))


def test_other_identity_providers_are_on_the_first_page(jar: JarRealm) -> None:
    config = {"clientId": "kc", "clientSecret": "x"}
    config |= {"authorizationUrl": "http://idp.test/auth", "tokenUrl": "http://idp.test/token"}
    provider = {"alias": "renater", "providerId": "oidc", "enabled": True, "config": config}
    jar.call("POST", "identity-provider/instances", provider)
    try:
        page = Browser(jar).authorize()
        assert "/broker/renater/login" in page.text
    finally:
        jar.call("DELETE", "identity-provider/instances/renater")


def test_password_page_without_the_identifier_page_is_an_error_not_a_hole(jar: JarRealm) -> None:
    jar.call("POST", "authentication/flows", {"alias": "half", "providerId": "basic-flow", "topLevel": True})
    jar.call("POST", "authentication/flows/half/executions/execution", {"provider": "kcb-password"})
    (execution,) = jar.call("GET", "authentication/flows/half/executions")
    jar.call("PUT", "authentication/flows/half/executions", execution | {"requirement": "REQUIRED"})
    usual = jar.call("GET")["browserFlow"]
    jar.set_realm(browserFlow="half")
    try:
        page = Browser(jar).authorize()
    finally:
        jar.set_realm(browserFlow=usual)
    assert page.status_code == 400
    assert "<form" not in page.text


def test_console_explains_both_pages(jar: JarRealm) -> None:
    offered = {p["id"]: p for p in jar.call("GET", "authentication/authenticator-providers")}
    assert (
        "the same password page whether such an account exists or not"
        in offered["kcb-identifier"]["description"]
    )
    assert "Only after the right password" in offered["kcb-password"]["description"]
    assert all(
        offered[page]["displayName"].startswith("kc-bridge: ") for page in ("kcb-identifier", "kcb-password")
    )
