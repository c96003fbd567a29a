"""A login ends only in front of its own proof (design §4, scenarios 4, 6, 14, 15)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, PROVISIONAL, JarRealm
from tests.support.counts import count

BOTH = ["kcb-charter", "kcb-new-password"]


def finish(jar: JarRealm, ticket: str) -> str:
    answer = jar.web.complete(ticket, BOTH, password=GOOD)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["proof"])


@pytest.mark.parametrize("proof", [None, "", "wrong", "A" * 43])
def test_without_a_good_proof_the_login_stays(jar: JarRealm, proof: str | None) -> None:
    browser = Browser(jar)
    handoff = browser.enter(jar.user(actions=BOTH)["username"])
    finish(jar, handoff.ticket)
    again = browser.handoff(browser.back(handoff, proof))
    assert again.claims["acts"] == []
    assert again.ticket == handoff.ticket


def test_proof_works_once(jar: JarRealm) -> None:
    browser = Browser(jar)
    handoff = browser.enter(jar.user(actions=BOTH)["username"])
    proof = finish(jar, handoff.ticket)
    landed(browser.back(handoff, proof))
    replayed = browser.back(handoff, proof)
    assert "code=" not in replayed.headers.get("Location", "")


def test_late_proof_is_worth_nothing(jar: JarRealm) -> None:
    jar.set_realm(attributes={"kcbProofLifetime": "1"})
    try:
        browser = Browser(jar)
        handoff = browser.enter(jar.user(actions=BOTH)["username"])
        proof = finish(jar, handoff.ticket)
        time.sleep(2.5)
        again = browser.handoff(browser.back(handoff, proof))
    finally:
        jar.set_realm(attributes={"kcbProofLifetime": ""})
    landed(browser.back(again, jar.web.complete(again.ticket, []).json()["proof"]))


def test_proof_of_another_browser(jar: JarRealm) -> None:
    """The attacker began with the same provisional password; the victim finishes."""
    user = jar.user(actions=BOTH)
    attacker, victim = Browser(jar), Browser(jar)
    theirs = attacker.enter(user["username"])
    ours = victim.enter(user["username"])
    proof = finish(jar, ours.ticket)

    attacker.handoff(attacker.back(theirs, proof))
    stolen = attacker.get(str(ours.claims["ret"]), kcb_proof=proof)
    assert "code=" not in stolen.headers.get("Location", "")
    landed(victim.back(ours, proof))


@pytest.mark.parametrize("done", [[], ["kcb-charter"], ["kcb-new-password"], BOTH])
def test_whom_another_overtook_never_gets_in(jar: JarRealm, done: list[str]) -> None:
    user = jar.user(actions=BOTH)
    slow, fast = Browser(jar), Browser(jar)
    late = slow.enter(user["username"])
    finish(jar, fast.enter(user["username"]).ticket)

    slow.handoff(slow.back(late))
    refused = jar.web.complete(late.ticket, done, password="Autre-Secret-77!")
    assert (refused.status_code, refused.json()) == (410, {"error": "superseded"})
    touched = jar.web.call("POST", f"tickets/{late.ticket}/touch")
    assert (touched.status_code, touched.json()) == (410, {"error": "superseded"})
    landed(Browser(jar).login(user["username"], GOOD))


def test_overtaken_half_way(jar: JarRealm) -> None:
    """Charter done here, the rest elsewhere: this login's empty list must not open the gate."""
    user = jar.user(actions=BOTH)
    here, there = Browser(jar), Browser(jar)
    ours = here.enter(user["username"])
    assert jar.web.complete(ours.ticket, ["kcb-charter"]).status_code == 200
    theirs = there.enter(user["username"])
    assert theirs.claims["acts"] == ["kcb-new-password"]
    assert jar.web.complete(theirs.ticket, ["kcb-new-password"], password=GOOD).status_code == 200
    assert jar.pending(user["id"]) == []

    here.handoff(here.back(ours))
    assert jar.web.complete(ours.ticket, []).json() == {"error": "superseded"}


def test_password_changed_by_an_administrator_meanwhile(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-charter"])
    ticket = Browser(jar).enter(user["username"]).ticket
    new = {"type": "password", "value": GOOD, "temporary": False}
    jar.call("PUT", f"users/{user['id']}/reset-password", new)
    assert jar.web.complete(ticket, ["kcb-charter"]).json() == {"error": "superseded"}


def test_two_tickets_in_the_same_moment(jar: JarRealm) -> None:
    rivals = count(6, 50)
    user = jar.user(actions=BOTH)
    browsers = [Browser(jar) for _ in range(rivals)]
    handoffs = [browser.enter(user["username"]) for browser in browsers]
    token = jar.web.token()

    def complete(number: int) -> int:
        body = {"done": BOTH, "password": f"Mot-de-passe-{number}"}
        path = f"tickets/{handoffs[number].ticket}/complete"
        return jar.web.call("POST", path, body, token=token).status_code

    with ThreadPoolExecutor(rivals) as pool:
        codes = list(pool.map(complete, range(rivals)))
    assert sorted(codes) == [200] + [410] * (rivals - 1)
    landed(Browser(jar).login(user["username"], f"Mot-de-passe-{codes.index(200)}"))


def test_restarting_the_login_forgets_its_ticket(jar: JarRealm) -> None:
    user, browser = jar.user(actions=BOTH), Browser(jar)
    handoff = browser.enter(user["username"])
    restart = str(handoff.claims["ret"]).replace("required-action", "restart")
    page = browser.get(restart)
    assert jar.web.complete(handoff.ticket, BOTH, password=GOOD).json() == {"error": "login_gone"}
    assert jar.pending(user["id"]) == sorted(BOTH)
    again = browser.handoff(browser.submit(page, username=user["username"], password=PROVISIONAL))
    assert again.ticket != handoff.ticket
    landed(browser.back(again, finish(jar, again.ticket)))


def test_step_assigned_again_after_it_was_done(jar: JarRealm) -> None:
    user, browser = jar.user(actions=["kcb-charter"]), Browser(jar)
    handoff = browser.enter(user["username"])
    proof = jar.web.complete(handoff.ticket, ["kcb-charter"]).json()["proof"]
    jar.update_user(user["id"], requiredActions=["kcb-charter"])
    assert browser.handoff(browser.back(handoff, proof)).claims["acts"] == ["kcb-charter"]


def test_steps_of_keycloak_after_ours(jar: JarRealm) -> None:
    user, browser = jar.user(actions=["kcb-charter", "CONFIGURE_TOTP"]), Browser(jar)
    page = browser.login(user["username"])
    assert (
        "totp" in page.text
    )  # lower priority number: Keycloak's own comes first here, and ours is no way around it
    assert jar.pending(user["id"]) == ["CONFIGURE_TOTP", "kcb-charter"]


def test_touch_prolongs_within_the_hour(jar: JarRealm) -> None:
    ticket = Browser(jar).enter(jar.user(actions=BOTH)["username"]).ticket
    answer = jar.web.call("POST", f"tickets/{ticket}/touch")
    assert answer.status_code == 200
    assert 0 < answer.json()["expires_in"] <= 1800


def test_delete_ends_this_login_only(jar: JarRealm) -> None:
    user, browser = jar.user(actions=BOTH), Browser(jar)
    handoff = browser.enter(user["username"])
    assert jar.web.call("DELETE", f"tickets/{handoff.ticket}").status_code == 204
    assert jar.web.complete(handoff.ticket, BOTH, password=GOOD).json() == {"error": "ticket_gone"}
    assert "bridge.test" not in browser.back(handoff).headers.get("Location", "")
    assert jar.pending(user["id"]) == sorted(BOTH)
    assert jar.web.call("DELETE", f"tickets/{handoff.ticket}").status_code == 204


@pytest.mark.parametrize("ticket", ["unknown", "A" * 43, "..%2f..", "%00"])
def test_unknown_ticket(jar: JarRealm, ticket: str) -> None:
    refused = jar.web.call("POST", f"tickets/{ticket}/touch")
    assert refused.status_code in (400, 404, 410)
