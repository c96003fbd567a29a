"""The events an administrator reads on a user's page: one for each step, telling what was done and no secret."""

from __future__ import annotations

from typing import Any

from kc_bridge.realm.actions import used_actions
from tests.support.activation import activate
from tests.support.entrances import ANSWERS, active_person, assign, begin, walk
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

TYPES = ["CUSTOM_REQUIRED_ACTION", "UPDATE_PASSWORD"]
LINES = {"username", "custom_required_action", "kcb_attributes"}
"""What any step's event may say of itself; the rest is what the step tells."""


def step_events(stack: Stack, user: str | None) -> dict[str, dict[str, Any]]:
    """Details of each step's event, as the events API of the console gives them."""
    found = stack.realm.call("GET", "events", params={"user": user, "type": TYPES, "max": 50})
    details = [event["details"] for event in found]
    by_step = {each["custom_required_action"]: each for each in details}
    assert len(by_step) == len(details), "one event a step"
    return by_step


def test_an_activation_leaves_one_event_a_step_with_what_was_done(stack: Stack) -> None:
    person = stack.person()
    activate(stack, Walker(), stack.mail_link(person))

    events = step_events(stack, person.keycloak_id)

    assert events.keys() == {"kcb-charter", "kcb-new-password"}
    assert events["kcb-charter"] == {
        "username": person.login,
        "custom_required_action": "kcb-charter",
        "kcb_version": stack.services.profile.charter.version,
        "kcb_language": "fr",
        "kcb_attributes": "kcbCharter",
    }
    assert "kcb_attributes" not in events["kcb-new-password"]


def test_every_step_tells_what_was_done_and_nothing_personal(stack: Stack) -> None:
    """Events are read by more people, and kept longer, than what they tell of."""
    person = active_person(stack)
    actions = used_actions(stack.services.profile)
    assign(stack, person.keycloak_id, *actions)
    walker = Walker()
    assert walk(stack, walker, begin(stack, walker, person)).url.startswith(stack.ent_url)

    events = step_events(stack, person.keycloak_id)

    assert events.keys() == set(actions)
    told = {step: details.keys() - LINES for step, details in events.items()}
    assert all(name.startswith("kcb_") for names in told.values() for name in names)
    assert [step for step, names in told.items() if not names] == []
    assert told["kcb-new-password"] == {"kcb_other_sessions"}
    given = {
        answer for name, answer in ANSWERS.items() if name not in {"accept", "forwarding"} and len(answer) > 3
    }
    assert not [answer for answer in given | {GOOD_PASSWORD, "639980000"} if answer in repr(events)]


def test_events_are_kept_for_an_investigation(stack: Stack) -> None:
    realm = stack.realm.call("GET")
    assert realm["eventsEnabled"] is True
    assert set(TYPES) <= set(realm["enabledEventTypes"])
    assert realm["eventsExpiration"] == 180 * 24 * 3600
