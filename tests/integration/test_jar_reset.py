"""An account that must be validated again: what ends, what stays, and what is refused (scenarios 6, 13, 15, 36, 37)."""

from __future__ import annotations

import html
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.integration.jar_browser import Browser, landed, locked
from tests.integration.jar_realm import ENT, GENERIC, GOOD, LANDING, OTP, PROVISIONAL, JarRealm
from tests.integration.test_jar_password_store import federated, federation

__all__ = ["federation"]

BOTH = ["kcb-charter", "kcb-new-password"]
SHEET = "Tulipe-Marron-4827"


def tokens(jar: JarRealm, user: dict[str, Any], scope: str) -> dict[str, Any]:
    """What an application holds of somebody logged in."""
    code = landed(Browser(jar).login(user["username"], scope=scope))["code"]
    grant = {"grant_type": "authorization_code", "client_id": "ent-demo", "code": code, "redirect_uri": ENT}
    answer = requests.post(jar.oidc("token"), data=grant, timeout=30)
    assert answer.ok, answer.text
    return dict(answer.json())


def refresh(jar: JarRealm, held: dict[str, Any]) -> int:
    grant = {"grant_type": "refresh_token", "client_id": "ent-demo", "refresh_token": held["refresh_token"]}
    return requests.post(jar.oidc("token"), data=grant, timeout=30).status_code


def asks_for_password_again(jar: JarRealm, user: dict[str, Any], password: str) -> bool:
    answer = Browser(jar).login(user["username"], password)
    return answer.status_code == 200 and GENERIC in html.unescape(answer.text)


def test_everything_open_ends_and_nothing_else_is_lost(jar: JarRealm) -> None:
    user = jar.user(attributes={"kcbKey": ["k"], "mailForwardingAddress": ["a@b.fr"]})
    online, offline = tokens(jar, user, "openid"), tokens(jar, user, "openid offline_access")
    assert (refresh(jar, online), refresh(jar, offline)) == (200, 200)

    assert jar.web.reset(user["id"], BOTH, removePassword=True).status_code == 204

    assert (refresh(jar, online), refresh(jar, offline)) == (400, 400)
    userinfo = {"Authorization": f"Bearer {offline['access_token']}"}
    assert requests.get(jar.oidc("userinfo"), headers=userinfo, timeout=30).status_code == 401
    assert jar.sessions(user["id"]) == []
    assert asks_for_password_again(jar, user, PROVISIONAL)
    assert jar.pending(user["id"]) == BOTH
    after = jar.call("GET", f"users/{user['id']}")
    for kept in ("username", "email", "firstName", "lastName", "enabled"):
        assert after[kept] == user[kept]
    assert after["attributes"] == {"kcbKey": ["k"], "mailForwardingAddress": ["a@b.fr"]}


def test_provisional_password_opens_nothing_but_the_steps(jar: JarRealm) -> None:
    user = jar.user(actions=["UPDATE_PASSWORD"])
    for sheet in (SHEET, f"{SHEET}1"):
        assert jar.web.reset(user["id"], BOTH, password=sheet).status_code == 204
    assert jar.pending(user["id"]) == BOTH  # Keycloak's own step is not asked as well
    assert asks_for_password_again(jar, user, SHEET)  # printed again: the earlier one is dead

    grant = {"grant_type": "password", "client_id": "admin-cli", "username": user["username"]}
    direct = requests.post(jar.oidc("token"), data=grant | {"password": f"{SHEET}1"}, timeout=30)
    assert (direct.status_code, direct.json()["error_description"]) == (400, "Account is not fully set up")

    browser = Browser(jar)
    handoff = browser.enter(user["username"], f"{SHEET}1")
    answer = jar.web.complete(handoff.ticket, BOTH, password=GOOD).json()
    landed(browser.back(handoff, answer["proof"]))
    assert asks_for_password_again(jar, user, f"{SHEET}1")


def test_the_old_password_stays_in_the_history(jar: JarRealm) -> None:
    user = jar.user()
    jar.web.reset(user["id"], BOTH, removePassword=True)
    browser = Browser(jar)
    handoff = browser.open_link(jar.web.mint(user["id"], BOTH).json()["url"])
    refused = jar.web.complete(handoff.ticket, BOTH, password=PROVISIONAL)
    assert [v["policy"] for v in refused.json()["violations"]] == ["passwordHistory"]
    answer = jar.web.complete(handoff.ticket, BOTH, password=GOOD).json()
    landed(browser.back(handoff, answer["proof"]), LANDING)


def test_logins_under_way_end(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    handoff = browser.open_link(jar.web.mint(user["id"], ["kcb-charter"]).json()["url"])
    assert jar.web.reset(user["id"], [], removePassword=True).status_code == 204
    refused = jar.web.complete(handoff.ticket, ["kcb-charter"])
    assert (refused.status_code, refused.json()) == (410, {"error": "superseded"})


def test_login_under_way_of_somebody_without_a_password_ends(jar: JarRealm) -> None:
    """Nothing in the account tells the resets apart; their time does, which Keycloak counts in whole seconds."""
    user = jar.user(password=None)
    handoff = Browser(jar).open_link(jar.web.mint(user["id"], ["kcb-charter"]).json()["url"])
    deadline = time.monotonic() + 60
    while jar.web.call("GET", f"tickets/{handoff.ticket}").status_code == 200:
        assert time.monotonic() < deadline
        assert jar.web.reset(user["id"], [], removePassword=True).status_code == 204
    refused = jar.web.complete(handoff.ticket, ["kcb-charter"])
    assert (refused.status_code, refused.json()) == (410, {"error": "superseded"})


def test_second_factor_stays(jar: JarRealm) -> None:
    user = jar.user(credentials=[{"type": "password", "value": PROVISIONAL}, OTP])
    jar.web.reset(user["id"], BOTH, removePassword=True)
    assert [c["type"] for c in jar.call("GET", f"users/{user['id']}/credentials")] == [
        "otp",
        "password-history",
    ]


def test_somebody_locked_out_gets_in(jar: JarRealm) -> None:
    jar.set_realm(bruteForceProtected=True, failureFactor=3, quickLoginCheckMilliSeconds=0)
    try:
        user = locked(jar)
        assert jar.web.reset(user["id"], BOTH, password=SHEET).status_code == 204
        Browser(jar).enter(user["username"], SHEET)
    finally:
        jar.set_realm(bruteForceProtected=False)


def test_nothing_is_done_when_something_is_refused(jar: JarRealm) -> None:
    user = jar.user()
    held = tokens(jar, user, "openid")
    for body, error in (
        ({"actions": ["kcb-unheard-of"]}, {"error": "unknown_action", "actions": ["kcb-unheard-of"]}),
        ({"actions": ["UPDATE_PASSWORD"]}, {"error": "unknown_action", "actions": ["UPDATE_PASSWORD"]}),
        (
            {"actions": BOTH, "removePassword": True, "whilePending": ["kcb-charter"]},
            {"error": "not_pending", "actions": ["kcb-charter"]},
        ),
        ({"actions": BOTH, "password": " "}, {"error": "password_required"}),
    ):
        refused = jar.web.call("POST", f"users/{user['id']}/reset", body)
        assert (refused.status_code, refused.json()) == (422, error)
    weak = jar.web.reset(user["id"], BOTH, password="tulipe")
    assert (weak.status_code, weak.json()["error"]) == (422, "password_policy")
    assert [v["policy"] for v in weak.json()["violations"]] == [
        "digits",
        "length",
        "specialChars",
        "upperCase",
    ]
    assert jar.pending(user["id"]) == []
    assert refresh(jar, held) == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], ""),
        ({}, "actions"),
        ({"actions": "kcb-charter"}, "actions"),
        ({"actions": [], "password": ["x"]}, "password"),
        ({"actions": [], "removePassword": "true"}, "removePassword"),
        ({"actions": [], "removePassword": None}, "removePassword"),
        ({"actions": [], "whilePending": "kcb-charter"}, "whilePending"),
        ({"actions": [], "password": "x", "removePassword": True}, "removePassword"),
    ],
)
def test_wrong_types_are_refused_not_converted(jar: JarRealm, body: Any, field: str) -> None:
    refused = jar.web.call("POST", "users/any/reset", body)
    assert (refused.status_code, refused.json()) == (400, {"error": "bad_request", "field": field})


def test_a_closed_account_is_not_reset(jar: JarRealm) -> None:
    user = jar.user(enabled=False)
    refused = jar.web.reset(user["id"], BOTH, removePassword=True)
    assert (refused.status_code, refused.json()) == (403, {"error": "disabled"})
    assert jar.pending(user["id"]) == []


def test_password_in_a_directory_nobody_may_write(jar: JarRealm, federation: dict[str, Any]) -> None:
    user_id = federated(jar, federation)
    for more in ({"password": SHEET}, {"removePassword": True}):
        refused = jar.web.reset(user_id, ["kcb-charter"], **more)
        assert (refused.status_code, refused.json()) == (422, {"error": "password_read_only"})
    assert jar.web.reset(user_id, ["kcb-charter"]).status_code == 204
    assert jar.pending(user_id) == ["kcb-charter"]


def test_parallel_with_a_completion(jar: JarRealm) -> None:
    """Whichever comes second decides: the account is validated again, never half of each."""
    user = jar.user(actions=BOTH)
    ticket, token = Browser(jar).enter(user["username"]).ticket, jar.web.token()
    chosen = {"done": BOTH, "password": GOOD}
    reset = {"actions": BOTH, "removePassword": True}
    calls = [(f"tickets/{ticket}/complete", chosen), (f"users/{user['id']}/reset", reset)] * 4
    with ThreadPoolExecutor(len(calls)) as pool:
        answers = list(pool.map(lambda one: jar.web.call("POST", *one, token=token).status_code, calls))
    assert set(answers[1::2]) == {204}
    assert set(answers[::2]) <= {200, 410}
    assert jar.pending(user["id"]) == BOTH
    assert asks_for_password_again(jar, user, GOOD)
    assert asks_for_password_again(jar, user, PROVISIONAL)


def test_an_event_tells_what_and_no_secret(jar: JarRealm) -> None:
    jar.set_realm(adminEventsEnabled=True, adminEventsDetailsEnabled=True)
    user = jar.user()
    jar.web.reset(user["id"], BOTH, password=SHEET)
    found = jar.call("GET", "admin-events", params={"resourcePath": f"users/{user['id']}/kcb-reset"})
    assert [(e["operationType"], e["resourceType"]) for e in found] == [("ACTION", "USER")]
    web = jar.call("GET", "clients", params={"clientId": "kc-bridge-web"})[0]["id"]
    assert found[0]["authDetails"]["clientId"] == web
    assert '"password":"provisional"' in found[0]["representation"]
    assert SHEET not in str(found)


def test_a_new_password_may_leave_the_other_sessions_alone(jar: JarRealm) -> None:
    user = jar.user()
    landed(Browser(jar).login(user["username"]))
    browser = Browser(jar)
    handoff = browser.enter(user["username"], kc_action="kcb-new-password")
    answer = jar.web.complete(handoff.ticket, ["kcb-new-password"], password=GOOD, keepSessions=True).json()
    landed(browser.back(handoff, answer["proof"]))
    assert len(jar.sessions(user["id"])) == 2
    wrong = jar.web.complete(handoff.ticket, [], keepSessions="yes")
    assert (wrong.status_code, wrong.json()) == (400, {"error": "bad_request", "field": "keepSessions"})
