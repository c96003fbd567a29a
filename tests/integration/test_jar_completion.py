"""What ``complete`` accepts, writes and refuses (design §4, scenarios 4, 7, 13, 16, 22, 24)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, PROVISIONAL, JarRealm
from tests.support.counts import count


def test_repeating_a_call_whose_answer_was_lost(jar: JarRealm) -> None:
    user, browser = jar.user(actions=["kcb-new-password"]), Browser(jar)
    ticket = (handoff := browser.enter(user["username"])).ticket
    first = jar.web.complete(ticket, ["kcb-new-password"], password=GOOD)
    again = jar.web.complete(ticket, ["kcb-new-password"], password=GOOD)
    assert first.status_code == again.status_code == 200
    assert {**first.json(), "proof": ""} == {**again.json(), "proof": ""}
    browser.handoff(browser.back(handoff, first.json()["proof"]))  # only the newest proof is worth something
    landed(browser.back(handoff, again.json()["proof"]))
    assert len(jar.events(user["id"], "UPDATE_PASSWORD")) == 1


def test_choosing_again_after_an_answer_was_lost(jar: JarRealm) -> None:
    user, browser = jar.user(actions=["kcb-new-password"]), Browser(jar)
    handoff = browser.enter(user["username"])
    jar.web.complete(handoff.ticket, ["kcb-new-password"], password=GOOD)
    weak = jar.web.complete(handoff.ticket, ["kcb-new-password"], password="trop court")
    assert (weak.status_code, weak.json()["error"]) == (422, "password_policy")
    again = jar.web.complete(handoff.ticket, ["kcb-new-password"], password=f"{GOOD}Bis")
    landed(browser.back(handoff, again.json()["proof"]))
    landed(Browser(jar).login(user["username"], f"{GOOD}Bis"))


def test_fresh_proof_when_nothing_is_left_to_do(jar: JarRealm) -> None:
    browser = Browser(jar)
    handoff = browser.enter(jar.user(actions=["kcb-charter"])["username"])
    assert "proof" not in jar.web.complete(handoff.ticket, []).json()
    jar.web.complete(handoff.ticket, ["kcb-charter"])
    landed(browser.back(handoff, jar.web.complete(handoff.ticket, []).json()["proof"]))


def test_only_pending_steps(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-charter"])
    ticket = Browser(jar).enter(user["username"]).ticket
    refused = jar.web.complete(ticket, ["kcb-charter", "kcb-backup-mail", "UPDATE_PASSWORD"])
    assert refused.status_code == 422
    assert refused.json() == {"error": "not_pending", "actions": ["kcb-backup-mail", "UPDATE_PASSWORD"]}
    assert jar.pending(user["id"]) == ["kcb-charter"]


def test_only_allow_listed_attributes(jar: JarRealm) -> None:
    jar.configure("kcb-backup-mail", attributes="supannMailPrive, kcbKey, email, username")
    user = jar.user(actions=["kcb-charter", "kcb-backup-mail"])
    ticket = Browser(jar).enter(user["username"]).ticket
    sent = {
        "kcbCharter": ["2 en abc 2026"],
        "supannMailPrive": ["{SECOURS}a@b.fr"],
        "kcbKey": ["stolen"],
        "email": ["evil@evil.test"],
        "username": ["root"],
        "accountEnd": ["2099-12-31"],
    }
    answer = jar.web.complete(ticket, ["kcb-charter"], attributes=sent).json()
    assert sorted(answer["ignored"]) == ["accountEnd", "email", "kcbKey", "supannMailPrive", "username"]
    answer = jar.web.complete(ticket, ["kcb-backup-mail"], attributes=sent).json()
    assert sorted(answer["ignored"]) == ["accountEnd", "email", "kcbKey", "username"]

    after = jar.call("GET", f"users/{user['id']}")
    assert after["attributes"] == {
        "kcbKey": user["attributes"]["kcbKey"],
        "kcbCharter": ["2 en abc 2026"],
        "supannMailPrive": ["{SECOURS}a@b.fr"],
    }
    assert (after["username"], after["email"]) == (user["username"], user["email"])


def test_all_violations_at_once_and_nothing_written(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-charter", "kcb-new-password"])
    ticket = Browser(jar).enter(user["username"]).ticket
    refused = jar.web.complete(
        ticket, ["kcb-charter", "kcb-new-password"], password="court", attributes={"kcbCharter": ["x"]}
    )
    assert refused.status_code == 422
    body = refused.json()
    assert body["error"] == "password_policy"
    assert body["violations"] == [
        {"policy": "digits", "message": "invalidPasswordMinDigitsMessage", "parameters": [1]},
        {"policy": "length", "message": "invalidPasswordMinLengthMessage", "parameters": [12]},
        {"policy": "specialChars", "message": "invalidPasswordMinSpecialCharsMessage", "parameters": [1]},
        {"policy": "upperCase", "message": "invalidPasswordMinUpperCaseCharsMessage", "parameters": [1]},
    ]
    assert jar.pending(user["id"]) == ["kcb-charter", "kcb-new-password"]
    assert jar.attribute(user["id"], "kcbCharter") == []
    assert jar.events(user["id"], "CUSTOM_REQUIRED_ACTION", "UPDATE_PASSWORD") == []


def test_history_counts(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-new-password"])
    ticket = Browser(jar).enter(user["username"]).ticket
    refused = jar.web.complete(ticket, ["kcb-new-password"], password=PROVISIONAL)
    assert [v["policy"] for v in refused.json()["violations"]] == ["passwordHistory"]
    assert refused.json()["violations"][0]["parameters"] == [2]


@pytest.mark.parametrize("password", [None, "", "   "])
def test_password_step_needs_a_password(jar: JarRealm, password: str | None) -> None:
    ticket = Browser(jar).enter(jar.user(actions=["kcb-new-password"])["username"]).ticket
    refused = jar.web.complete(ticket, ["kcb-new-password"], password=password)
    assert (refused.status_code, refused.json()) == (422, {"error": "password_required"})


def test_password_without_its_step_is_not_taken(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-charter"])
    ticket = Browser(jar).enter(user["username"]).ticket
    assert jar.web.complete(ticket, ["kcb-charter"], password=GOOD).status_code == 200
    landed(Browser(jar).login(user["username"], PROVISIONAL))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], ""),
        ("text", ""),
        ({}, "done"),
        ({"done": "kcb-charter"}, "done"),
        ({"done": [["kcb-charter"]]}, "done"),
        ({"done": [1]}, "done"),
        ({"done": [], "attributes": []}, "attributes"),
        ({"done": [], "attributes": {"kcbCharter": "x"}}, "attributes.kcbCharter"),
        ({"done": [], "attributes": {"kcbCharter": [{"a": 1}]}}, "attributes.kcbCharter"),
        ({"done": [], "password": ["x"]}, "password"),
        ({"done": [], "password": 12}, "password"),
    ],
)
def test_wrong_types_are_refused_not_converted(jar: JarRealm, body: Any, field: str) -> None:
    refused = jar.web.call("POST", "tickets/any/complete", body)
    assert (refused.status_code, refused.json()) == (400, {"error": "bad_request", "field": field})


def test_one_event_a_step_without_secrets(jar: JarRealm) -> None:
    user, browser = jar.user(actions=["kcb-charter", "kcb-new-password"]), Browser(jar)
    handoff = browser.enter(user["username"])
    proof = jar.web.complete(handoff.ticket, ["kcb-charter", "kcb-new-password"], password=GOOD).json()[
        "proof"
    ]
    landed(browser.back(handoff, proof))

    events = jar.events(user["id"])
    steps = [(e["type"], e["details"]["custom_required_action"]) for e in events if "LOGIN" not in e["type"]]
    assert steps == [("CUSTOM_REQUIRED_ACTION", "kcb-charter"), ("UPDATE_PASSWORD", "kcb-new-password")]
    assert [e["type"] for e in events if e["type"].startswith("LOGIN")] == ["LOGIN"]
    for secret in (handoff.ticket, handoff.token, proof, GOOD):
        assert secret not in str(events)


def test_provisional_password_leads_to_our_step(jar: JarRealm) -> None:
    jar.configure("kcb-new-password", replace_update_password="true")
    try:
        user, browser = jar.user(actions=["UPDATE_PASSWORD", "kcb-charter"]), Browser(jar)
        handoff = browser.enter(user["username"])
        assert handoff.claims["acts"] == ["kcb-charter", "kcb-new-password"]
        answer = jar.web.complete(handoff.ticket, ["kcb-charter", "kcb-new-password"], password=GOOD).json()
        assert jar.pending(user["id"]) == []
        landed(browser.back(handoff, answer["proof"]))
        landed(Browser(jar).login(user["username"], GOOD))
    finally:
        jar.configure("kcb-new-password", replace_update_password="false")


def test_update_password_stays_keycloaks_unless_told_otherwise(jar: JarRealm) -> None:
    page = Browser(jar).login(jar.user(actions=["UPDATE_PASSWORD"])["username"])
    assert "password-new" in page.text

    jar.configure("kcb-new-password", replace_update_password="true")
    try:
        stranger = jar.user(actions=["UPDATE_PASSWORD"], owned=False)
        assert "password-new" in Browser(jar).login(stranger["username"]).text
    finally:
        jar.configure("kcb-new-password", replace_update_password="false")


def test_whoever_knew_the_old_password_is_logged_out(jar: JarRealm) -> None:
    user = jar.user()
    landed(Browser(jar).login(user["username"]))
    assert len(jar.sessions(user["id"])) == 1
    browser = Browser(jar)
    handoff = browser.enter(user["username"], kc_action="kcb-new-password")
    answer = jar.web.complete(handoff.ticket, ["kcb-new-password"], password=GOOD).json()
    assert jar.sessions(user["id"]) == []
    landed(browser.back(handoff, answer["proof"]))
    assert len(jar.sessions(user["id"])) == 1


def test_disabled_between_two_steps(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-charter", "kcb-new-password"])
    ticket = Browser(jar).enter(user["username"]).ticket
    assert jar.web.complete(ticket, ["kcb-charter"]).status_code == 200
    jar.update_user(user["id"], enabled=False)
    for refused in (
        jar.web.complete(ticket, ["kcb-new-password"], password=GOOD),
        jar.web.call("POST", f"tickets/{ticket}/touch"),
        jar.web.call("POST", "password-check", {"userId": user["id"], "password": GOOD}),
    ):
        assert (refused.status_code, refused.json()) == (403, {"error": "disabled"})


def test_parallel_completions_apply_once(jar: JarRealm) -> None:
    times = count(12, 50)
    user = jar.user(actions=["kcb-charter", "kcb-new-password"])
    ticket, token = Browser(jar).enter(user["username"]).ticket, jar.web.token()
    body = {"done": ["kcb-charter", "kcb-new-password"], "password": GOOD}

    def complete(_: int) -> int:
        return jar.web.call("POST", f"tickets/{ticket}/complete", body, token=token).status_code

    with ThreadPoolExecutor(times) as pool:
        assert list(pool.map(complete, range(times))) == [200] * times
    assert len(jar.events(user["id"], "UPDATE_PASSWORD")) == 1
    assert len(jar.events(user["id"], "CUSTOM_REQUIRED_ACTION")) == 1


def test_checking_a_password_before_the_last_step(jar: JarRealm) -> None:
    user = jar.user()
    good = jar.web.call("POST", "password-check", {"userId": user["id"], "password": GOOD})
    assert good.json() == {"valid": True, "violations": []}
    bad = jar.web.call("POST", "password-check", {"userId": user["id"], "password": user["username"]})
    assert bad.json()["valid"] is False
    assert {"notUsername", "length"} <= {v["policy"] for v in bad.json()["violations"]}


def test_policy_of_the_realm_is_readable(jar: JarRealm) -> None:
    policies = jar.web.call("GET", "password-policy").json()["policies"]
    assert {"id": "length", "value": 12} in policies
    assert {p["id"] for p in policies} == {
        "length", "digits", "upperCase", "specialChars", "notUsername", "passwordHistory",
    }  # fmt: skip
