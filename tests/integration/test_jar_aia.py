"""Steps an application asks for by ``kc_action`` (design §4)."""

from __future__ import annotations

import time

import requests

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, JarRealm


def test_success_is_told_to_the_application(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    handoff = browser.enter(user["username"], kc_action="kcb-new-password")
    assert handoff.claims["aia"] is True
    assert handoff.claims["acts"] == ["kcb-new-password"]
    browser.handoff(browser.back(handoff))
    answer = jar.web.complete(handoff.ticket, ["kcb-new-password"], password=GOOD).json()
    back = landed(browser.back(handoff, answer["proof"]))
    assert (back["kc_action"], back["kc_action_status"]) == ("kcb-new-password", "success")
    assert "code" in back


def test_cancelling_changes_nothing_and_keeps_the_session(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    landed(browser.login(user["username"]))
    handoff = browser.handoff(browser.authorize(kc_action="kcb-photo-use"))
    back = landed(browser.get(handoff.claims["cancel"]))
    assert (back["kc_action"], back["kc_action_status"]) == ("kcb-photo-use", "cancelled")
    assert "code" in back
    assert jar.pending(user["id"]) == []
    assert jar.web.complete(handoff.ticket, ["kcb-photo-use"]).status_code == 410


def test_required_steps_cannot_be_cancelled(jar: JarRealm) -> None:
    user, browser = jar.user(actions=["kcb-photo-use"]), Browser(jar)
    handoff = browser.enter(user["username"], kc_action="kcb-photo-use")
    assert handoff.claims["aia"] is False
    assert "cancel" not in handoff.claims
    forced = browser.get(f"{handoff.claims['ret']}&kcb_cancel=true")
    browser.handoff(forced)


def test_cancelling_one_does_not_cancel_what_is_required(jar: JarRealm) -> None:
    """Required steps come first; the initiated one is last, and both are one wizard."""
    user, browser = jar.user(actions=["kcb-photo-use"]), Browser(jar)
    handoff = browser.enter(user["username"], kc_action="kcb-charter")
    assert handoff.claims["act"] == "kcb-photo-use"
    assert handoff.claims["acts"] == ["kcb-photo-use", "kcb-charter"]
    assert handoff.claims["aia"] is False
    answer = jar.web.complete(handoff.ticket, ["kcb-photo-use"]).json()
    assert answer["pending"] == ["kcb-charter"]
    answer = jar.web.complete(handoff.ticket, ["kcb-charter"]).json()
    back = landed(browser.back(handoff, answer["proof"]))
    assert (back["kc_action"], back["kc_action_status"]) == ("kcb-charter", "success")


def test_two_browsers_each_need_their_own_work(jar: JarRealm) -> None:
    user = jar.user()
    one, other = Browser(jar), Browser(jar)
    ours = one.enter(user["username"], kc_action="kcb-photo-use")
    theirs = other.enter(user["username"], kc_action="kcb-photo-use")
    proof = jar.web.complete(theirs.ticket, ["kcb-photo-use"]).json()["proof"]
    one.handoff(one.back(ours, proof))
    landed(other.back(theirs, proof))


def test_every_step_can_be_initiated(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    landed(browser.login(user["username"]))
    for step in ("kcb-charter", "kcb-backup-mail", "kcb-mail-forwarding", "kcb-security-question",
                 "kcb-sms-consent", "kcb-photo-use", "kcb-directory-visibility", "kcb-extra"):  # fmt: skip
        handoff = browser.handoff(browser.authorize(kc_action=step))
        assert (handoff.claims["act"], handoff.claims["aia"]) == (step, True)
        proof = jar.web.complete(handoff.ticket, [step]).json()["proof"]
        assert landed(browser.back(handoff, proof))["kc_action_status"] == "success"


def test_old_authentication_is_asked_for_again(jar: JarRealm) -> None:
    jar.configure("kcb-photo-use", max_auth_age="0")
    try:
        user, browser = jar.user(), Browser(jar)
        landed(browser.login(user["username"]))
        time.sleep(2.1)  # Keycloak counts whole seconds
        page = browser.authorize(kc_action="kcb-photo-use")
        assert 'name="password"' in page.text
    finally:
        jar.configure("kcb-photo-use", max_auth_age="300")


def test_gear_refuses_nonsense(jar: JarRealm) -> None:
    path = "authentication/required-actions/kcb-charter/config"
    url = f"{jar.url}/admin/realms/{jar.name}/{path}"
    headers = {"Authorization": f"Bearer {jar.admin.token()}"}
    for wrong in ({"step_url": "javascript:alert(1)"}, {"ticket_ttl": "7200"}, {"ticket_ttl": "soon"}):
        response = requests.put(url, json={"config": wrong}, headers=headers, timeout=30)
        assert response.status_code == 400
    fields = jar.call("GET", "authentication/required-actions/kcb-new-password/config-description")[
        "properties"
    ]
    assert [f["name"] for f in fields] == [
        "max_auth_age", "step_url", "ticket_ttl", "attributes", "replace_update_password",
    ]  # fmt: skip
    assert all(f["helpText"] for f in fields)
