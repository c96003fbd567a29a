"""Steps an application asks for by ``kc_action`` (design §4)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, STEP_URL, STEPS, JarRealm

BUNDLES = (
    Path(__file__)
    .parents[2]
    .glob("required_actions/provider/src/main/resources/theme-resources/messages/*.properties")
)
MESSAGES = [
    dict(line.split("=", 1) for line in bundle.read_text("utf-8").splitlines() if "=" in line)
    for bundle in BUNDLES
]
"""What the console can say, by language."""


def status(parameters: dict[str, str]) -> tuple[str | None, str | None]:
    """What the application was told of the step it had asked for."""
    return parameters.get("kc_action"), parameters.get("kc_action_status")


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


@pytest.mark.parametrize("step", STEPS)
def test_every_step_succeeds_is_cancelled_or_fails(jar: JarRealm, step: str) -> None:
    user, browser = jar.user(), Browser(jar)
    landed(browser.login(user["username"]))

    handoff = browser.handoff(browser.authorize(kc_action=step))
    assert (handoff.claims["act"], handoff.claims["acts"], handoff.claims["aia"]) == (step, [step], True)
    assert status(landed(browser.get(handoff.claims["cancel"]))) == (step, "cancelled")

    handoff = browser.handoff(browser.authorize(kc_action=step))
    password = {"password": GOOD} if step == "kcb-new-password" else {}
    proof = jar.web.complete(handoff.ticket, [step], **password).json()["proof"]
    assert status(landed(browser.back(handoff, proof))) == (step, "success")

    jar.enable(step, False)
    try:
        assert landed(browser.authorize(kc_action=step))["kc_action_status"] == "error"
    finally:
        jar.enable(step, True)


def test_step_without_address_fails_for_the_application_that_asked(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    landed(browser.login(user["username"]))
    jar.configure("kcb-extra", step_url="")
    try:
        assert status(landed(browser.authorize(kc_action="kcb-extra"))) == ("kcb-extra", "error")
    finally:
        jar.configure("kcb-extra", step_url=STEP_URL)


def test_administrators_are_not_sent_to_a_bridge_that_refuses_them(jar: JarRealm) -> None:
    user, browser = jar.user(), Browser(jar)
    jar.grant(user["id"], "realm-management", "view-users")
    back = landed(browser.login(user["username"], kc_action="kcb-photo-use"))
    assert status(back) == ("kcb-photo-use", "error")
    assert "code" in back


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


@pytest.mark.parametrize("step", STEPS)
def test_console_explains_every_field(jar: JarRealm, step: str) -> None:
    gear = jar.call("GET", f"authentication/required-actions/{step}/config-description")["properties"]
    assert {"step_url", "ticket_ttl", "attributes"} <= {field["name"] for field in gear}
    assert len(MESSAGES) == 2
    for field in gear:
        if field["name"] == "max_auth_age":  # Keycloak's own words
            continue
        for texts in MESSAGES:
            assert texts.get(field["label"]), field
            assert len(texts.get(field["helpText"], "")) > 40, field
