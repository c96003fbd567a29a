"""Users the bridge has not made: served in a login Keycloak handed over, out of reach otherwise (ADR 9)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, PROVISIONAL, Admin, JarRealm

STEPS = ["kcb-charter", "kcb-new-password"]


@pytest.fixture(scope="module")
def home(keycloak: Any, jar: JarRealm) -> Iterator[JarRealm]:
    """The realm of another university, to which ours leaves the login of its people."""
    made = JarRealm(
        Admin(keycloak.url, keycloak.admin_user, keycloak.admin_password), f"home-{uuid.uuid4().hex[:8]}"
    )
    endpoint = f"{jar.issuer}/broker/home/endpoint"
    made.call("POST", "clients", {"clientId": "ours", "secret": "s", "redirectUris": [endpoint]})
    config = {"clientId": "ours", "clientSecret": "s", "clientAuthMethod": "client_secret_post"}
    config |= {"authorizationUrl": made.oidc("auth"), "tokenUrl": made.oidc("token")}
    config |= {
        "userInfoUrl": made.oidc("userinfo"),
        "issuer": made.issuer,
        "defaultScope": "openid profile email",
    }
    provider = {"alias": "home", "providerId": "keycloak-oidc", "enabled": True, "trustEmail": True}
    jar.call("POST", "identity-provider/instances", provider | {"config": config})
    yield made
    made.delete()


def brokered(jar: JarRealm, home: JarRealm, browser: Browser) -> Callable[[], Any]:
    """A way for one person to log in by their own university; the first one makes a user in our realm."""
    person = home.user(owned=False)

    def log_in() -> Any:
        page = browser.authorize(kc_idp_hint="home", kc_action="kcb-charter")
        return browser.submit(page, username=person["username"], password=PROVISIONAL)

    return log_in


def test_made_by_hand(jar: JarRealm) -> None:
    user, browser = jar.user(actions=STEPS, owned=False), Browser(jar)
    handoff = browser.enter(user["username"])
    assert jar.web.call("GET", f"tickets/{handoff.ticket}").json() == {
        "userId": user["id"],
        "username": user["username"],
        "email": user["email"],
        "firstName": "Camille",
        "lastName": "O'Connor",
        "owned": False,
        "passwordWritable": True,
    }
    assert 0 < jar.web.call("POST", f"tickets/{handoff.ticket}/touch").json()["expires_in"] <= 3600
    weak = jar.web.call("POST", "password-check", {"ticket": handoff.ticket, "password": user["username"]})
    assert {"notUsername", "length"} <= {v["policy"] for v in weak.json()["violations"]}
    answer = jar.web.complete(handoff.ticket, STEPS, password=GOOD, attributes={"kcbCharter": ["1 x"]}).json()
    landed(browser.back(handoff, answer["proof"]))
    assert jar.attribute(user["id"], "kcbCharter") == ["1 x"]
    landed(Browser(jar).login(user["username"], GOOD))


def test_login_by_another_university(jar: JarRealm, home: JarRealm) -> None:
    browser = Browser(jar)
    handoff = browser.handoff(brokered(jar, home, browser)())
    user = jar.web.call("GET", f"tickets/{handoff.ticket}").json()
    assert (user["owned"], user["passwordWritable"]) == (False, True)
    assert jar.call("GET", f"users/{user['userId']}/federated-identity")[0]["identityProvider"] == "home"
    answer = jar.web.complete(handoff.ticket, ["kcb-charter"], attributes={"kcbCharter": ["1 x"]}).json()
    assert landed(browser.back(handoff, answer["proof"]))["kc_action_status"] == "success"
    assert jar.attribute(user["userId"], "kcbCharter") == ["1 x"]


def test_out_of_reach_by_their_id(jar: JarRealm) -> None:
    user = jar.user(actions=STEPS, owned=False)
    Browser(jar).enter(user["username"])
    for refused in (
        jar.web.mint(user["id"], ["kcb-charter"]),
        jar.web.call("POST", "password-check", {"userId": user["id"], "password": GOOD}),
        jar.sync.call("GET", f"users/{user['id']}/owned"),
    ):
        assert (refused.status_code, refused.json()) == (403, {"error": "not_owned"})


def on_ticket(jar: JarRealm, ticket: str) -> list[Any]:
    return [
        jar.web.call("GET", f"tickets/{ticket}"),
        jar.web.complete(ticket, STEPS, password=GOOD),
        jar.web.call("POST", f"tickets/{ticket}/touch"),
        jar.web.call("POST", "password-check", {"ticket": ticket, "password": GOOD}),
    ]


@pytest.mark.parametrize("owned", [True, False])
def test_administrators_never(jar: JarRealm, owned: bool) -> None:
    administrator = jar.user(actions=STEPS, owned=owned)
    jar.grant(administrator["id"], "realm-management", "manage-users")
    ticket = Browser(jar).enter(administrator["username"]).ticket
    for refused in on_ticket(jar, ticket):
        assert (refused.status_code, refused.json()) == (403, {"error": "not_owned"})
    assert jar.pending(administrator["id"]) == STEPS
    landed(Browser(jar).login(jar.user()["username"]))


def test_disabled_meanwhile(jar: JarRealm) -> None:
    user = jar.user(actions=STEPS, owned=False)
    ticket = Browser(jar).enter(user["username"]).ticket
    jar.update_user(user["id"], enabled=False)
    for refused in on_ticket(jar, ticket):
        assert (refused.status_code, refused.json()) == (403, {"error": "disabled"})


def test_tickets_end_for_reading_as_for_writing(jar: JarRealm) -> None:
    user = jar.user(actions=STEPS)
    first, second = (Browser(jar).enter(user["username"]).ticket for _ in range(2))
    assert jar.web.call("GET", f"tickets/{first}").json()["owned"] is True
    jar.web.complete(first, STEPS, password=GOOD)
    for path, body in ((f"tickets/{second}", None), ("password-check", {"ticket": second, "password": GOOD})):
        refused = jar.web.call("POST" if body else "GET", path, body)
        assert (refused.status_code, refused.json()) == (410, {"error": "superseded"})
    jar.web.call("DELETE", f"tickets/{first}")
    gone = jar.web.call("GET", f"tickets/{first}")
    assert (gone.status_code, gone.json()) == (410, {"error": "ticket_gone"})


def test_password_check_by_either_name_not_both(jar: JarRealm) -> None:
    for body in ({}, {"ticket": "t", "userId": "u"}):
        refused = jar.web.call("POST", "password-check", body | {"password": GOOD})
        assert (refused.status_code, refused.json()) == (400, {"error": "bad_request", "field": "ticket"})
