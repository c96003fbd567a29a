"""Activation links: logins begun by a token of the bridge (design §4, scenarios 4, 5, 6, 7, 15, 20)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, LANDING, OTP, JarRealm

BOTH = ["kcb-charter", "kcb-new-password"]


def link(jar: JarRealm, user: dict[str, Any], **more: Any) -> str:
    answer = jar.web.mint(user["id"], BOTH, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


def test_link_leads_to_the_landing_page_with_a_session(jar: JarRealm) -> None:
    user, browser = jar.user(password=None, actions=BOTH), Browser(jar)
    handoff = browser.open_link(link(jar, user, ref="opening-7", locale="en"))
    assert handoff.claims["acts"] == BOTH
    assert handoff.claims["cid"] == "kc-bridge-web"
    assert handoff.claims["ref"] == "opening-7"
    assert handoff.claims["locale"] == "en"

    answer = jar.web.complete(handoff.ticket, BOTH, password=GOOD).json()
    assert answer["login"] == "continues"
    arrived = landed(browser.back(handoff, answer["proof"]), LANDING)
    assert "code" not in arrived
    assert "error" not in arrived

    assert "code" in landed(browser.authorize())  # single sign-on
    assert jar.call("GET", f"users/{user['id']}")["emailVerified"] is False


def test_expiry_of_the_link_does_not_end_a_login_it_began(jar: JarRealm) -> None:
    user, browser = jar.user(actions=BOTH), Browser(jar)
    for seconds in (3, 12, 48):  # the more, the busier the machine is
        expires_at = int(time.time()) + seconds
        url = link(jar, user, expiresAt=expires_at)
        page = browser.get(url)
        if page.status_code != 400:
            break
    handoff = browser.handoff(page)
    while time.time() < expires_at + 1:
        time.sleep(0.1)
    expired = Browser(jar).get(url)
    assert expired.status_code == 400
    proof = jar.web.complete(handoff.ticket, BOTH, password=GOOD).json()["proof"]
    landed(browser.back(handoff, proof), LANDING)


def test_one_link_in_two_browsers_has_one_owner(jar: JarRealm) -> None:
    user = jar.user(actions=BOTH)
    url = link(jar, user)
    first, second = Browser(jar), Browser(jar)
    ours, theirs = first.open_link(url), second.open_link(url)
    assert ours.ticket != theirs.ticket

    assert jar.web.complete(theirs.ticket, ["kcb-charter"]).status_code == 200
    for done in (["kcb-charter"], ["kcb-new-password"], []):
        refused = jar.web.complete(ours.ticket, done, password=GOOD)
        assert (refused.status_code, refused.json()) == (410, {"error": "superseded"})
    proof = jar.web.complete(theirs.ticket, ["kcb-new-password"], password=GOOD).json()["proof"]
    first.handoff(first.back(ours, proof))
    landed(second.back(theirs, proof), LANDING)


def test_claim_holds_for_steps_the_user_was_never_asked_for(jar: JarRealm) -> None:
    """A reset link: nothing is pending on the user, so only the claim tells the two browsers apart."""
    user = jar.user()
    url = str(jar.web.mint(user["id"], ["kcb-photo-use", "kcb-extra"]).json()["url"])
    ours, theirs = Browser(jar).open_link(url), Browser(jar).open_link(url)
    assert jar.web.complete(theirs.ticket, ["kcb-photo-use"]).status_code == 200
    assert jar.web.complete(ours.ticket, ["kcb-photo-use"]).json() == {"error": "superseded"}


def test_two_links_in_two_browsers_have_one_owner(jar: JarRealm) -> None:
    user = jar.user(password=None)
    ours, theirs = (Browser(jar).open_link(link(jar, user)) for _ in range(2))
    assert jar.web.complete(theirs.ticket, BOTH, password=GOOD).status_code == 200
    refused = jar.web.complete(ours.ticket, BOTH, password="Autre-Secret-77!")
    assert (refused.status_code, refused.json()) == (410, {"error": "superseded"})


def test_finished_link_is_finished(jar: JarRealm) -> None:
    user, browser = jar.user(actions=BOTH), Browser(jar)
    url = link(jar, user)
    handoff = browser.open_link(url)
    landed(
        browser.back(handoff, jar.web.complete(handoff.ticket, BOTH, password=GOOD).json()["proof"]), LANDING
    )
    for late in (browser, Browser(jar)):
        page = late.get(url)
        assert page.status_code == 400
        assert "Location" not in page.headers


def test_second_factor_is_never_skipped_by_a_mail(jar: JarRealm) -> None:
    user = jar.user(actions=BOTH, credentials=[OTP])
    browser = Browser(jar)
    handoff = browser.open_link(link(jar, user))
    answer = jar.web.complete(handoff.ticket, BOTH, password=GOOD).json()
    assert answer["login"] == "normal"
    assert answer["pending"] == []
    assert "proof" not in answer
    again = browser.handoff(browser.back(handoff))
    assert "proof" not in jar.web.complete(again.ticket, []).json()

    asked = Browser(jar).login(user["username"], GOOD)
    assert 'name="otp"' in asked.text


def test_second_factor_added_after_the_proof_was_given(jar: JarRealm) -> None:
    user, browser = jar.user(actions=BOTH), Browser(jar)
    handoff = browser.open_link(link(jar, user))
    proof = jar.web.complete(handoff.ticket, BOTH, password=GOOD).json()["proof"]
    jar.update_user(user["id"], credentials=[OTP])
    browser.handoff(browser.back(handoff, proof))


def test_second_factor_does_not_trouble_a_normal_login(jar: JarRealm) -> None:
    """Recovery codes are there, the browser flow did not ask for them: nothing came from a mail."""
    codes = {
        "type": "recovery-authn-codes",
        "secretData": json.dumps({"codes": []}),
        "credentialData": json.dumps({"hashIterations": 1, "algorithm": "RS512", "remaining": 0, "total": 0}),
    }
    password = {"type": "password", "value": "Provisoire-1234!"}
    user, browser = jar.user(actions=["kcb-charter"], credentials=[password, codes]), Browser(jar)
    handoff = browser.enter(user["username"])
    answer = jar.web.complete(handoff.ticket, ["kcb-charter"]).json()
    assert answer["login"] == "continues"
    landed(browser.back(handoff, answer["proof"]))


def test_opening_changes_nothing(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-charter"])
    url = str(jar.web.mint(user["id"], ["kcb-photo-use"]).json()["url"])
    before = jar.call("GET", f"users/{user['id']}")
    Browser(jar).http.head(url, timeout=30)
    handoff = Browser(jar).open_link(url)
    assert handoff.claims["acts"] == ["kcb-charter", "kcb-photo-use"]
    after = jar.call("GET", f"users/{user['id']}")
    assert after == before


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.test/",
        "//evil.test/",
        "http://bridge.test@evil.test/activation/done",
        "http://bridge.test/activation/done/../../elsewhere",
        "javascript:alert(1)",
        "http://ent.test/callback",
        "",
    ],
)
def test_link_lands_on_our_own_pages_only(jar: JarRealm, address: str) -> None:
    refused = jar.web.mint(jar.user()["id"], BOTH, redirectUri=address)
    assert (refused.status_code, refused.json()["error"]) == (422, "bad_redirect_uri")


def test_what_may_be_minted(jar: JarRealm) -> None:
    user_id, now = jar.user()["id"], int(time.time())
    unknown = jar.web.mint(user_id, ["kcb-charter", "UPDATE_PASSWORD", "kcb-none"])
    assert unknown.status_code == 422
    assert unknown.json() == {"error": "unknown_action", "actions": ["UPDATE_PASSWORD", "kcb-none"]}
    assert jar.web.mint(user_id, []).status_code == 422
    for expires_at in (now - 1, now + 700):
        assert jar.web.mint(user_id, BOTH, expiresAt=expires_at).json()["error"] == "bad_expiry"
    for wrong in ("soon", [now + 60], 1.5, None, now + 2**40):
        assert jar.web.mint(user_id, BOTH, expiresAt=wrong).status_code == 400
    foreign = jar.web.mint(user_id, BOTH, clientId="ent-demo")
    assert (foreign.status_code, foreign.json()) == (403, {"error": "foreign_client"})
    assert jar.web.mint([user_id], BOTH).status_code == 400


def test_link_for_somebody_who_changed_since(jar: JarRealm) -> None:
    closed, promoted = jar.user(actions=BOTH), jar.user(actions=BOTH)
    links = [link(jar, closed), link(jar, promoted)]
    jar.update_user(closed["id"], enabled=False)
    jar.grant(promoted["id"], "realm-management", "manage-users")
    for url in links:
        page = Browser(jar).get(url)
        assert page.status_code == 400
        assert "Location" not in page.headers
    assert jar.web.mint(closed["id"], BOTH).json() == {"error": "disabled"}


def test_browser_of_somebody_else(jar: JarRealm) -> None:
    browser = Browser(jar)
    landed(browser.login(jar.user()["username"]))
    page = browser.get(link(jar, jar.user(actions=BOTH)))
    assert page.status_code == 400
    assert "bridge.test" not in page.headers.get("Location", "")


def test_link_is_no_bearer_token_and_no_proof(jar: JarRealm) -> None:
    user, browser = jar.user(actions=BOTH), Browser(jar)
    url = link(jar, user)
    key = url.partition("key=")[2]
    assert jar.web.call("GET", "version", token=key).status_code == 401
    handoff = browser.open_link(url)
    browser.handoff(browser.back(handoff, key))
    head, body, signature = key.split(".")
    for bad in (f"{head}.{body}.", f"{head}.{body}.{signature[::-1]}", handoff.token, jar.web.token()):
        assert Browser(jar).get(url.replace(key, bad)).status_code == 400


def test_link_whose_steps_were_switched_off_logs_nobody_in(jar: JarRealm) -> None:
    url = str(jar.web.mint(jar.user()["id"], ["kcb-sms-consent"]).json()["url"])
    jar.enable("kcb-sms-consent", False)
    try:
        page = Browser(jar).get(url)
    finally:
        jar.enable("kcb-sms-consent", True)
    assert page.status_code == 400
    assert "Location" not in page.headers


def test_steps_switched_off_after_opening_do_not_skip_the_second_factor(jar: JarRealm) -> None:
    user, browser = jar.user(credentials=[OTP]), Browser(jar)
    handoff = browser.open_link(str(jar.web.mint(user["id"], ["kcb-sms-consent"]).json()["url"]))
    jar.enable("kcb-sms-consent", False)
    try:
        page = browser.back(handoff)
    finally:
        jar.enable("kcb-sms-consent", True)
    assert "Location" not in page.headers
    assert jar.sessions(user["id"]) == []
