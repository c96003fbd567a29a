"""The steps in Keycloak's console: every switch and field does what it says.

=============================  =====================================================================================
what the console has           proved by
=============================  =====================================================================================
name, help of every field      here, and ``test_jar_aia::test_console_explains_every_field``
« Enabled »                    ``test_jar_handoff::test_steps_the_realm_has_switched_off_are_never_handed_over``
« Set as default action »      here
order of the list              here
assigned on a user's page      ``test_entrance_console``
``step_url``                   here; without one, ``test_jar_handoff::test_step_without_address_says_so``
``ticket_ttl``                 here (``make soak``)
``attributes``                 ``test_jar_completion::test_only_allow_listed_attributes``
``max_auth_age``               ``test_jar_aia::test_old_authentication_is_asked_for_again``
``replace_update_password``    ``test_jar_completion::test_provisional_password_leads_to_our_step``, and the next one
``required_version``           ``test_jar_charter_version``; from the profile to the login, ``test_charter_versions``
values that make no sense      ``test_jar_aia::test_gear_refuses_nonsense``
=============================  =====================================================================================
"""

from __future__ import annotations

import time

import pytest

from tests.integration.jar_browser import Browser
from tests.integration.jar_realm import JarRealm
from tests.integration.kcb_realm import KcbRealm
from tests.support.counts import SOAK

ACTIONS = "authentication/required-actions"


def test_every_step_is_listed_with_a_name_people_understand(realm: KcbRealm) -> None:
    listed = realm.call("GET", ACTIONS)
    names = {a["alias"]: a["name"] for a in listed if a["alias"].startswith("kcb-")}
    assert len(names) == len(set(names.values())) == 9
    assert not [name for name in names.values() if not name.startswith("kc-bridge : ")]
    assert [a["alias"] for a in listed if a["alias"].startswith("kcb-") and a["defaultAction"]] == []


def test_moving_a_step_in_the_list_moves_it_in_the_login(jar: JarRealm) -> None:
    def asked() -> list[str]:
        user = jar.user(actions=["kcb-charter", "kcb-backup-mail"])
        acts: list[str] = Browser(jar).enter(user["username"]).claims["acts"]
        return acts

    assert asked() == ["kcb-charter", "kcb-backup-mail"]
    jar.call("POST", f"{ACTIONS}/kcb-charter/lower-priority")
    try:
        assert asked() == ["kcb-backup-mail", "kcb-charter"]
    finally:
        jar.call("POST", f"{ACTIONS}/kcb-charter/raise-priority")


def test_a_default_action_is_asked_of_everybody_new(jar: JarRealm) -> None:
    action = jar.call("GET", f"{ACTIONS}/kcb-photo-use")
    jar.call("PUT", f"{ACTIONS}/kcb-photo-use", action | {"defaultAction": True})
    try:
        new = jar.user(requiredActions=None)
        assert Browser(jar).enter(new["username"]).claims["acts"] == ["kcb-photo-use"]
    finally:
        jar.call("PUT", f"{ACTIONS}/kcb-photo-use", action)


def test_the_address_of_a_step_is_where_people_are_sent(jar: JarRealm) -> None:
    jar.configure("kcb-extra", step_url="http://elsewhere.test/step")
    try:
        sent = Browser(jar).login(jar.user(actions=["kcb-extra"])["username"])
        assert sent.headers["Location"].startswith("http://elsewhere.test/step?handoff=")
    finally:
        jar.configure("kcb-extra", step_url="http://bridge.test/activation/enter")


@pytest.mark.skipif(not SOAK, reason="soak: the shortest life of a ticket is a minute")
def test_a_ticket_lives_as_long_as_its_step_says(jar: JarRealm) -> None:
    jar.configure("kcb-extra", ticket_ttl="60")
    try:
        short, long = (
            Browser(jar).enter(jar.user(actions=[step])["username"]).ticket
            for step in ("kcb-extra", "kcb-charter")
        )
        until = time.monotonic() + 120
        while jar.web.call("GET", f"tickets/{short}").ok:
            assert time.monotonic() < until, "still alive after two minutes"
            time.sleep(1)
        assert jar.web.call("GET", f"tickets/{long}").ok
    finally:
        jar.configure("kcb-extra", ticket_ttl="3600")
