"""How Keycloak hands a browser over to the bridge (design §4, scenarios 5, 14, 15)."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, JarRealm

BOTH = ["kcb-charter", "kcb-new-password"]


def test_claims_name_the_login_and_nothing_personal(jar: JarRealm) -> None:
    user = jar.user(actions=BOTH)
    handoff = Browser(jar).enter(user["username"])

    assert handoff.header["alg"] == "RS256"
    assert handoff.header["typ"] == "kcb-handoff+jwt"
    claims = handoff.claims
    assert claims["iss"] == jar.issuer
    assert claims["aud"] == "kc-bridge-web"
    assert claims["sub"] == user["id"]
    assert claims["exp"] - claims["iat"] == 120
    assert claims["act"] == "kcb-charter"
    assert claims["acts"] == BOTH
    assert claims["cid"] == "ent-demo"
    assert claims["locale"] == "fr"
    assert claims["aia"] is False
    assert set(claims) == {
        "iss", "aud", "sub", "exp", "iat", "jti", "act", "acts", "ticket", "tab", "ret", "cid", "locale", "aia",
    }  # fmt: skip


def test_return_address_works_again_and_again(jar: JarRealm) -> None:
    browser = Browser(jar)
    first = browser.enter(jar.user(actions=BOTH)["username"])
    query = parse_qs(urlsplit(first.claims["ret"]).query)
    assert "session_code" not in query
    assert query["tab_id"] == [first.claims["tab"]]

    second = browser.handoff(browser.back(first))
    third = browser.handoff(browser.back(first))
    assert first.ticket == second.ticket == third.ticket
    assert len({h.claims["jti"] for h in (first, second, third)}) == 3


def test_redirect_is_neither_stored_nor_referred(jar: JarRealm) -> None:
    response = Browser(jar).login(jar.user(actions=BOTH)["username"])
    assert response.status_code == 302
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_steps_come_in_the_order_of_the_realm(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-new-password", "kcb-backup-mail", "kcb-charter"])
    assert Browser(jar).enter(user["username"]).claims["acts"] == [
        "kcb-charter",
        "kcb-backup-mail",
        "kcb-new-password",
    ]


def test_steps_the_realm_has_switched_off_are_never_handed_over(jar: JarRealm) -> None:
    jar.enable("kcb-photo-use", False)
    try:
        user = jar.user(actions=["kcb-photo-use", "kcb-charter"])
        handoff = Browser(jar).enter(user["username"])
        assert handoff.claims["acts"] == ["kcb-charter"]
        refused = jar.web.complete(handoff.ticket, ["kcb-photo-use"])
        assert (refused.status_code, refused.json()) == (
            422,
            {"error": "not_pending", "actions": ["kcb-photo-use"]},
        )

        landed(Browser(jar).login(jar.user(actions=["kcb-photo-use"])["username"]))
    finally:
        jar.enable("kcb-photo-use", True)


def test_disabled_user_is_not_handed_over(jar: JarRealm) -> None:
    user, browser = jar.user(actions=BOTH), Browser(jar)
    handoff = browser.enter(user["username"])
    jar.update_user(user["id"], enabled=False)
    page = browser.back(handoff)
    assert page.status_code == 400
    assert "Location" not in page.headers


def test_step_without_address_says_so(jar: JarRealm) -> None:
    jar.configure("kcb-extra", step_url="")
    try:
        page = Browser(jar).login(jar.user(actions=["kcb-extra"])["username"])
        assert page.status_code == 400
        assert "pas encore configurée" in page.text
    finally:
        jar.configure("kcb-extra", step_url="http://bridge.test/activation/enter")


def test_handoff_opens_nothing_by_itself(jar: JarRealm) -> None:
    """Sent back as a proof or as a bearer token, or shown to another application."""
    browser = Browser(jar)
    handoff = browser.enter(jar.user(actions=["kcb-charter"])["username"])
    browser.handoff(browser.back(handoff, handoff.token))
    browser.handoff(browser.back(handoff, handoff.ticket))
    as_bearer = jar.web.call("POST", f"tickets/{handoff.ticket}/complete", {"done": []}, token=handoff.token)
    assert as_bearer.status_code == 401


def test_handoff_for_no_other_audience_or_type(jar: JarRealm) -> None:
    """What the bridge checks is in the signed part: a token of Keycloak's own cannot pass for a handoff."""
    token = jar.web.token()
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header["typ"] != "kcb-handoff+jwt"


def test_whole_way_leads_to_the_application(jar: JarRealm) -> None:
    user, browser = jar.user(actions=BOTH), Browser(jar)
    handoff = browser.enter(user["username"])
    first = jar.web.complete(
        handoff.ticket, ["kcb-charter"], attributes={"kcbCharter": ["1 fr abc 2026"]}
    ).json()
    assert first == {
        "done": ["kcb-charter"],
        "pending": ["kcb-new-password"],
        "login": "continues",
        "ignored": [],
    }
    last = jar.web.complete(handoff.ticket, ["kcb-new-password"], password=GOOD).json()
    assert last["pending"] == []
    assert last["login"] == "continues"

    assert "code" in landed(browser.back(handoff, last["proof"]))
    assert jar.pending(user["id"]) == []
    assert jar.attribute(user["id"], "kcbCharter") == ["1 fr abc 2026"]
    landed(Browser(jar).login(user["username"], GOOD))


def test_server_log_keeps_no_secret(jar: JarRealm, keycloak: Any) -> None:
    """Through a whole way with refusals in it; scenario 22."""
    user, browser, canary = jar.user(actions=BOTH), Browser(jar), "Canari-Secret-4242!"
    handoff = browser.enter(user["username"])
    jar.web.complete(handoff.ticket, BOTH, password="canari4242")
    jar.web.call("POST", "password-check", {"userId": user["id"], "password": canary, "extra": [canary]})
    jar.web.call("POST", f"tickets/{handoff.ticket}/complete", {"done": BOTH, "password": [canary]})
    proof = jar.web.complete(handoff.ticket, BOTH, password=canary).json()["proof"]
    browser.back(handoff, "wrong")
    landed(browser.back(handoff, proof))
    key = jar.web.mint(user["id"], ["kcb-extra"]).json()["url"].partition("key=")[2]
    Browser(jar).get(f"{jar.issuer}/login-actions/action-token?key={key}x")

    log = keycloak.log.read_text(encoding="utf-8", errors="replace")
    assert "invalid" in log.lower()  # this is the log of the server that refused the last line
    for secret in (handoff.ticket, handoff.token, proof, canary, "canari4242", key):
        assert secret not in log
