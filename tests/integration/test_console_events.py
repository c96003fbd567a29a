"""The events an administrator reads on a user's page: one for each step, telling what was done and no secret."""

from __future__ import annotations

from typing import Any

from tests.support.activation import activate
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker


def step_events(stack: Stack, user: str | None) -> dict[str, dict[str, Any]]:
    """Details of each step's event, as the events API of the console gives them."""
    found = stack.realm.call(
        "GET",
        "events",
        params={"user": user, "type": ["CUSTOM_REQUIRED_ACTION", "UPDATE_PASSWORD"], "max": 50},
    )
    details = [event["details"] for event in found]
    by_step = {each["custom_required_action"]: each for each in details if "custom_required_action" in each}
    assert len(by_step) == len(details), "one event a step"
    return by_step


def test_a_journey_leaves_one_event_a_step_with_what_was_done(stack: Stack) -> None:
    person = stack.person()
    activate(stack, Walker(), stack.mail_link(person))

    events = step_events(stack, person.keycloak_id)

    assert events.keys() == {"kcb-charter", "kcb-new-password"}
    charter = events["kcb-charter"]
    assert charter["username"] == person.login
    assert charter["kcb_version"] == stack.services.profile.charter.version
    assert charter["kcb_language"] == "fr"
    assert charter["kcb_attributes"] == "kcbCharter"
    assert "kcb_attributes" not in events["kcb-new-password"]
    assert GOOD_PASSWORD not in repr(events)


def test_events_are_kept_for_an_investigation(stack: Stack) -> None:
    realm = stack.realm.call("GET")
    assert realm["eventsEnabled"] is True
    assert {"CUSTOM_REQUIRED_ACTION", "UPDATE_PASSWORD"} <= set(realm["enabledEventTypes"])
    assert realm["eventsExpiration"] == 180 * 24 * 3600
