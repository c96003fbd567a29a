"""Passkeys on the two login pages, by the virtual authenticator of a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.visitor import PATIENCE
from tests.integration.jar_realm import PROVISIONAL, Admin, JarRealm, two_pages_realm

REGISTER = "webauthn-register-passwordless"
INTERNAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def landing(jar: JarRealm) -> str:
    """In the place of an application: a page that is there. One of a name nobody resolves fails in its own time, and
    breaks into whatever the browser was told to open meanwhile."""
    return jar.oidc("certs")


@pytest.fixture(scope="module")
def jar(keycloak: Any) -> Iterator[JarRealm]:
    made = two_pages_realm(Admin(keycloak.url, keycloak.admin_user, keycloak.admin_password))
    made.call("PUT", "", made.call("GET") | {"webAuthnPolicyPasswordlessPasskeysEnabled": True})
    made.call("POST", "authentication/register-required-action", {"providerId": REGISTER, "name": "Passkey"})
    (ent,) = made.call("GET", "clients?clientId=ent-demo")
    made.call("PUT", f"clients/{ent['id']}", ent | {"redirectUris": [landing(made)]})
    yield made
    made.delete()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    # A device that always says yes would log in by itself, before anything is typed: passkeys on demand only.
    silent = "export function initAuthenticate() {}"
    context.route(
        "**/js/passkeysConditionalAuth.js",
        lambda route: route.fulfill(content_type="text/javascript", body=silent),
    )
    yield context
    context.close()


def authorize(jar: JarRealm, page: Page, **more: str) -> None:
    query = {
        "client_id": "ent-demo",
        "redirect_uri": landing(jar),
        "response_type": "code",
        "scope": "openid",
    }
    page.goto(f"{jar.oidc('auth')}?" + "&".join(f"{name}={value}" for name, value in (query | more).items()))


def press(jar: JarRealm, page: Page, button: str) -> None:
    """Buttons of passkeys do nothing before the page's scripts have run. Keycloak then sends the browser to the application."""
    page.wait_for_selector(button)
    page.wait_for_load_state("load")
    page.click(button)
    page.wait_for_url(lambda url: url.startswith(landing(jar)))


def owner_of_a_passkey(jar: JarRealm, context: BrowserContext) -> tuple[dict[str, Any], Page]:
    """A person who has just registered a passkey in this browser, and is logged out again."""
    user, page = jar.user(), context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": INTERNAL})
    page.on("dialog", lambda dialog: dialog.accept("passkey"))
    authorize(jar, page, kc_action=REGISTER)
    page.fill("#username", user["username"])
    page.press("#username", "Enter")
    page.fill("#password", PROVISIONAL)
    page.press("#password", "Enter")
    press(jar, page, "#registerWebAuthn")
    jar.call("POST", f"users/{user['id']}/logout")
    context.clear_cookies()
    return user, page


def test_first_page_recognises_its_owner_without_a_name(jar: JarRealm, context: BrowserContext) -> None:
    user, page = owner_of_a_passkey(jar, context)
    authorize(jar, page)
    press(jar, page, "#authenticateWebAuthnButton")
    assert jar.events(user["id"], "LOGIN")[-1]["details"]["username"] == user["username"]


def test_password_page_logs_in_the_owner_not_the_name_typed(jar: JarRealm, context: BrowserContext) -> None:
    user, page = owner_of_a_passkey(jar, context)
    authorize(jar, page)
    page.fill("#username", "somebody.else")
    page.press("#username", "Enter")
    page.wait_for_selector("#password")
    press(jar, page, "#authenticateWebAuthnButton")
    assert jar.events(user["id"], "LOGIN")[-1]["details"]["username"] == user["username"]
    assert [session["username"] for session in jar.sessions(user["id"])] == [user["username"]]
