"""A new version of the charter is asked for at the next login (gear ``required_version``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import JarRealm

OLD = "2025-09 2025-09-03T08:00:00Z fr"
NEW = "2026-09 2026-11-22T08:00:00Z fr"


@pytest.fixture(autouse=True)
def version_in_force(jar: JarRealm) -> Iterator[None]:
    jar.configure("kcb-charter", required_version="2026-09")
    yield
    jar.configure("kcb-charter", required_version="")


def accepted(jar: JarRealm, *values: str, **more: Any) -> dict[str, Any]:
    attributes = {"kcbKey": ["k"]} | ({"kcbCharter": list(values)} if values else {})
    return jar.user(**({"attributes": attributes} | more))


def test_whoever_accepted_an_older_one_accepts_again(jar: JarRealm) -> None:
    user, browser = accepted(jar, OLD), Browser(jar)
    handoff = browser.enter(user["username"])
    assert handoff.claims["acts"] == ["kcb-charter"]
    answer = jar.web.complete(handoff.ticket, ["kcb-charter"], attributes={"kcbCharter": [OLD, NEW]}).json()
    landed(browser.back(handoff, answer["proof"]))
    landed(Browser(jar).login(user["username"]))


@pytest.mark.parametrize("values", [(NEW,), (OLD, NEW)])
def test_whoever_accepted_this_one_is_left_in_peace(jar: JarRealm, values: tuple[str, ...]) -> None:
    landed(Browser(jar).login(accepted(jar, *values)["username"]))


@pytest.mark.parametrize("value", ["2026-09", "2026-09bis 2026-11-22", "v2026-09 2026-11-22"])
def test_only_the_exact_version_counts(jar: JarRealm, value: str) -> None:
    assert Browser(jar).enter(accepted(jar, value)["username"]).claims["act"] == "kcb-charter"


def test_whoever_accepted_none_is_not_concerned(jar: JarRealm) -> None:
    landed(Browser(jar).login(accepted(jar)["username"]))


def test_users_the_bridge_does_not_own_are_not_concerned(jar: JarRealm) -> None:
    stranger = accepted(jar, attributes={"kcbCharter": [OLD]})
    administrator = accepted(jar, OLD)
    jar.grant(administrator["id"], "realm-management", "view-users")
    for user in (stranger, administrator):
        landed(Browser(jar).login(user["username"]))
        assert jar.pending(user["id"]) == []


def test_no_version_asks_nobody(jar: JarRealm) -> None:
    jar.configure("kcb-charter", required_version="")
    landed(Browser(jar).login(accepted(jar, OLD)["username"]))


def test_step_switched_off_asks_nobody(jar: JarRealm) -> None:
    jar.enable("kcb-charter", False)
    try:
        landed(Browser(jar).login(accepted(jar, OLD)["username"]))
    finally:
        jar.enable("kcb-charter", True)


def test_session_that_was_there_before_is_asked_too(jar: JarRealm) -> None:
    jar.configure("kcb-charter", required_version="")
    user, browser = accepted(jar, OLD), Browser(jar)
    landed(browser.login(user["username"]))
    jar.configure("kcb-charter", required_version="2026-09")
    assert browser.handoff(browser.authorize()).claims["act"] == "kcb-charter"


def test_done_without_its_attribute_does_not_go_round_in_circles(jar: JarRealm) -> None:
    user, browser = accepted(jar, OLD), Browser(jar)
    handoff = browser.enter(user["username"])
    landed(browser.back(handoff, jar.web.complete(handoff.ticket, ["kcb-charter"]).json()["proof"]))
    assert Browser(jar).enter(user["username"]).claims["act"] == "kcb-charter"


def test_gear_refuses_a_version_nobody_could_have_accepted(jar: JarRealm) -> None:
    response = requests.put(
        f"{jar.url}/admin/realms/{jar.name}/authentication/required-actions/kcb-charter/config",
        json={"config": {"required_version": "septembre 2026"}},
        headers={"Authorization": f"Bearer {jar.admin.token()}"},
        timeout=30,
    )
    assert response.status_code == 400
    assert "required_version" in response.text
