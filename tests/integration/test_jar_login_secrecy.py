"""Login on two pages: nothing tells who has an account before the right password was given (scenario 1)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import requests

from tests.integration.jar_browser import Browser, landed, locked
from tests.integration.jar_realm import GENERIC, OTP, PROVISIONAL, WRONG, Admin, JarRealm, two_pages_realm

PASSKEY = {
    "type": "webauthn-passwordless",
    "secretData": "{}",
    "credentialData": '{"aaguid": "00000000-0000-0000-0000-000000000000", "credentialId": "AAAA", "counter": 0,'
    ' "credentialPublicKey": "AAAA", "attestationStatementFormat": "none", "transports": []}',
}
PASSWORD = {"type": "password", "value": PROVISIONAL}


@pytest.fixture(scope="module")
def jar(keycloak: Any) -> Iterator[JarRealm]:
    made = two_pages_realm(Admin(keycloak.url, keycloak.admin_user, keycloak.admin_password))
    yield made
    made.delete()


@pytest.fixture
def passkeys(jar: JarRealm) -> Iterator[None]:
    """Passkeys for the whole realm; Keycloak ignores this switch unless the other settings of passkeys come with it."""
    before = jar.call("GET")
    jar.call("PUT", "", before | {"webAuthnPolicyPasswordlessPasskeysEnabled": True})
    yield
    jar.call("PUT", "", before | {"webAuthnPolicyPasswordlessPasskeysEnabled": False})


def days_ago(days: int) -> str:
    return (date.today() - timedelta(days=days)).isoformat()


def everybody(jar: JarRealm) -> dict[str, str]:
    """What to type, by the state of whom it names."""
    attributes = {"kcbKey": ["k"], "accountEnd": [days_ago(3)]}
    return {
        "unknown": f"u{uuid.uuid4().hex[:10]}",
        "unknown mail": f"u{uuid.uuid4().hex[:10]}@etu.univ-demo.fr",
        "known": jar.user()["username"],
        "known by mail": jar.user()["email"],
        "disabled": jar.user(enabled=False)["username"],
        "expired": jar.user(enabled=False, attributes=attributes)["username"],
        "without password": jar.user(password=None)["username"],
        "provisional": jar.user(actions=["kcb-charter", "UPDATE_PASSWORD"])["username"],
        "other language": jar.user(attributes={"kcbKey": ["k"], "locale": ["en"]})["username"],
        "second factor": jar.user(credentials=[PASSWORD, OTP])["username"],
        "passkey": jar.user(credentials=[PASSWORD, PASSKEY])["username"],
        "locked": locked(jar)["username"],
        "service account": "service-account-kc-bridge-web",
    }


def look(page: requests.Response, typed: str) -> tuple[Any, ...]:
    """All an outsider sees of an answer, without what is different at every visit."""
    body = unescape(page.text).replace(typed, "TYPED")
    for once in (
        r"(session_code|tab_id|client_data|nonce|state)=[^&\"'\s]*",
        r'checkAuthSession\(\s*"[^"]*"',
    ):
        body = re.sub(once, "ONCE", body)
    body = re.sub(r'(challenge : )"[^"]*"', r"\1ONCE", body)
    differs = {"set-cookie", "content-length"}
    headers = {name: value for name, value in page.headers.items() if name.lower() not in differs}
    return page.status_code, body, headers, sorted(cookie.name for cookie in page.cookies)


def differences(jar: JarRealm) -> dict[str, Any]:
    """Whose pages differ from those of somebody who does not exist: all up to the right password."""
    seen = {}
    for state, typed in everybody(jar).items():
        browser = Browser(jar)
        password_page = browser.submit(browser.authorize(), username=typed)
        wrong = browser.submit(password_page, password=WRONG)
        empty = browser.submit(wrong, password="")
        assert typed in password_page.text
        assert GENERIC in unescape(wrong.text)
        assert GENERIC in unescape(empty.text)
        seen[state] = [look(page, typed) for page in (password_page, wrong, empty)]
    return {state: pages for state, pages in seen.items() if pages != seen["unknown"]}


def test_nothing_tells_who_has_an_account(jar: JarRealm) -> None:
    assert differences(jar) == {}


@pytest.mark.usefixtures("passkeys")
def test_nothing_tells_who_has_a_passkey(jar: JarRealm) -> None:
    assert differences(jar) == {}
    browser = Browser(jar)
    password_page = browser.submit(browser.authorize(), username=jar.user()["username"])
    assert "webauthnAuthenticate.js" in password_page.text


@pytest.mark.usefixtures("passkeys")
def test_passkeys_are_offered_on_the_first_page_too(jar: JarRealm) -> None:
    page = Browser(jar).authorize()
    assert "webauthnAuthenticate.js" in page.text
    assert 'autocomplete="username webauthn"' in page.text


@pytest.mark.parametrize("first", ["identifier", "reset"])
def test_forgotten_password_tells_nothing_to_whoever_comes_back(jar: JarRealm, first: str) -> None:
    """Keycloak keeps the user its mail went to in the session, and would greet them in the tab left open."""
    seen = []
    for typed in (f"u{uuid.uuid4().hex[:10]}", jar.user()["username"]):
        browser = Browser(jar)
        page = browser.authorize()
        if first == "identifier":
            page = browser.submit(page, username=typed)
            reset = re.search(r'href="([^"]*reset-credentials[^"]*)"', page.text)
            assert reset
            address = f"{jar.url}{unescape(reset[1])}"
        else:
            form = re.search(r'action="([^"]+)"', page.text)
            assert form
            parameters = re.sub(r"(session_code|execution)=[^&]*&", "", unescape(form[1]).partition("?")[2])
            address = f"{jar.issuer}/login-actions/reset-credentials?{parameters}"
        asked = browser.get(address)
        assert "kc-reset-password-form" in asked.text
        browser.submit(asked, username=typed)
        login = browser.get(address.replace("reset-credentials", "authenticate"))
        seen.append(look(login, typed))
        assert ('name="password"' in login.text) is (first == "identifier")
        if first == "reset":
            login = browser.submit(login, username=typed)
        wrong = browser.submit(login, password=WRONG)
        assert GENERIC in unescape(wrong.text)
        seen.append(look(wrong, typed))
    assert seen[:2] == seen[2:]


def test_closed_account_is_told_after_the_right_password_only(jar: JarRealm) -> None:
    user, browser = jar.user(enabled=False), Browser(jar)
    page = browser.login(user["username"])
    assert page.status_code == 200
    assert "Compte désactivé, contactez votre administrateur." in unescape(page.text)
    assert GENERIC not in unescape(page.text)
    assert jar.events(user["id"], "LOGIN_ERROR")[-1]["error"] == "user_disabled"
    assert jar.sessions(user["id"]) == []


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fr", "Votre compte a expiré le 31/12/2025."), ("en", "Your account expired on 31 December 2025.")],
)
def test_expired_account_is_told_its_date(jar: JarRealm, language: str, expected: str) -> None:
    attributes = {"kcbKey": ["k"], "accountEnd": ["2025-12-31"]}
    user, browser = jar.user(enabled=False, attributes=attributes), Browser(jar)
    wrong = browser.login(user["username"], WRONG, ui_locales=language)
    assert "2025" not in wrong.text
    assert expected in unescape(browser.submit(wrong, password=PROVISIONAL).text)


@pytest.mark.parametrize("end", [days_ago(0), days_ago(-30), "31/12/2025", ""])
def test_account_closed_for_another_reason(jar: JarRealm, end: str) -> None:
    user = jar.user(enabled=False, attributes={"kcbKey": ["k"], "accountEnd": [end]})
    page = unescape(Browser(jar).login(user["username"]).text)
    assert "Compte désactivé" in page
    assert "expiré" not in page


def test_whoever_is_enabled_logs_in_whatever_the_date(jar: JarRealm) -> None:
    user = jar.user(attributes={"kcbKey": ["k"], "accountEnd": [days_ago(3)]})
    landed(Browser(jar).login(user["username"]))
