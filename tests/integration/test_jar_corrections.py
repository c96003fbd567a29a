"""Going back to correct, and what the events of the steps tell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, JarRealm

MAIL, PHOTO = "supannMailPrive", "kcbPhotoUse"
TWO = ["kcb-backup-mail", "kcb-photo-use"]


def test_an_earlier_answer_can_be_corrected(jar: JarRealm) -> None:
    user, browser = jar.user(actions=TWO), Browser(jar)
    handoff = browser.enter(user["username"])
    jar.web.complete(handoff.ticket, ["kcb-backup-mail"], attributes={MAIL: ["{SECOURS}typo@b.fr"]})
    corrected = {MAIL: ["{SECOURS}a@b.fr"], PHOTO: ["true"]}
    answer = jar.web.complete(handoff.ticket, TWO, attributes=corrected).json()
    assert answer["ignored"] == []
    assert (jar.attribute(user["id"], MAIL), jar.attribute(user["id"], PHOTO)) == (
        corrected[MAIL],
        corrected[PHOTO],
    )
    landed(browser.back(handoff, answer["proof"]))
    late = jar.web.complete(handoff.ticket, ["kcb-backup-mail"], attributes={MAIL: ["{SECOURS}late@b.fr"]})
    assert late.status_code == 410
    assert jar.attribute(user["id"], MAIL) == corrected[MAIL]


def test_without_naming_its_step_again(jar: JarRealm) -> None:
    user = jar.user(actions=TWO)
    ticket = Browser(jar).enter(user["username"]).ticket
    jar.web.complete(ticket, ["kcb-backup-mail"], attributes={MAIL: ["{SECOURS}typo@b.fr"]})
    answer = jar.web.complete(ticket, [], attributes={MAIL: ["{SECOURS}a@b.fr"], PHOTO: ["true"]}).json()
    assert answer["ignored"] == [PHOTO]
    assert (jar.attribute(user["id"], MAIL), jar.attribute(user["id"], PHOTO)) == (["{SECOURS}a@b.fr"], [])


def test_no_values_remove_the_attribute(jar: JarRealm) -> None:
    attributes = {"kcbKey": ["k"], MAIL: ["{SECOURS}old@b.fr"]}
    user = jar.user(actions=["kcb-backup-mail"], attributes=attributes)
    ticket = Browser(jar).enter(user["username"]).ticket
    jar.web.complete(ticket, ["kcb-backup-mail"], attributes={MAIL: []})
    assert MAIL not in jar.call("GET", f"users/{user['id']}")["attributes"]


def test_somebody_elses_ticket_corrects_nothing(jar: JarRealm) -> None:
    user = jar.user(actions=TWO)
    first, second = (Browser(jar).enter(user["username"]).ticket for _ in range(2))
    jar.web.complete(first, ["kcb-backup-mail"], attributes={MAIL: ["{SECOURS}a@b.fr"]})
    refused = jar.web.complete(second, [], attributes={MAIL: ["{SECOURS}evil@b.fr"]})
    assert (refused.status_code, refused.json()) == (410, {"error": "superseded"})
    assert jar.attribute(user["id"], MAIL) == ["{SECOURS}a@b.fr"]


def steps_told(jar: JarRealm, user: dict[str, Any]) -> list[dict[str, str]]:
    """Our details of the user's events, oldest first."""
    return [
        {name: text for name, text in event["details"].items() if name.startswith(("kcb_", "custom_"))}
        for event in jar.events(user["id"], "CUSTOM_REQUIRED_ACTION", "UPDATE_PASSWORD")
    ]


def test_events_tell_version_and_names_never_values(jar: JarRealm) -> None:
    user = jar.user(actions=["kcb-charter", *TWO, "kcb-new-password"])
    ticket = Browser(jar).enter(user["username"]).ticket
    sent = {"kcbCharter": ["2026-09 2026-11-22 fr"], MAIL: ["{SECOURS}a@b.fr"], "uid": ["x"]}
    details = {
        "kcb-charter": {"version": "2026-09", "language": "fr"},
        "kcb-backup-mail": {"verified": "link"},
    }
    done = ["kcb-charter", "kcb-backup-mail", "kcb-new-password"]
    jar.web.complete(ticket, done, attributes=sent, details=details, password=GOOD)
    told = {event["custom_required_action"]: event for event in steps_told(jar, user)}
    assert told == {
        "kcb-charter": {
            "custom_required_action": "kcb-charter",
            "kcb_version": "2026-09",
            "kcb_language": "fr",
            "kcb_attributes": "kcbCharter",
        },
        "kcb-backup-mail": {
            "custom_required_action": "kcb-backup-mail",
            "kcb_verified": "link",
            "kcb_attributes": MAIL,
        },
        "kcb-new-password": {"custom_required_action": "kcb-new-password"},
    }
    assert "a@b.fr" not in str(jar.events(user["id"]))


def test_a_correction_is_an_event_and_a_repeated_call_is_none(jar: JarRealm) -> None:
    user = jar.user(actions=TWO)
    ticket = Browser(jar).enter(user["username"]).ticket
    typo, right = ["{SECOURS}typo@b.fr", "{PERSO}c@d.fr"], ["{SECOURS}a@b.fr", "{PERSO}c@d.fr"]
    for values in (typo, typo[::-1], right, right[::-1]):
        jar.web.complete(ticket, ["kcb-backup-mail"], attributes={MAIL: values})
    assert [e["custom_required_action"] for e in steps_told(jar, user)] == ["kcb-backup-mail"] * 2


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ([], "details"),
        ({"kcb-charter": "2026-09"}, "details.kcb-charter"),
        ({"kcb-charter": {"version": 2026}}, "details.kcb-charter.version"),
        ({"kcb-charter": {"version": "x" * 201}}, "details.kcb-charter.version"),
        ({"kcb-charter": {"version": "1\n2026 LOGIN"}}, "details.kcb-charter.version"),
        ({"kcb-charter": {"Version": "1"}}, "details.kcb-charter.Version"),
        ({"kcb-charter": {"": "1"}}, "details.kcb-charter."),
        ({"kcb-charter": {"attributes": "email"}}, "details.kcb-charter.attributes"),
        ({"kcb-charter": {"a" * 33: "1"}}, f"details.kcb-charter.{'a' * 33}"),
        ({"kcb-charter": dict.fromkeys("abcdefg", "1")}, "details.kcb-charter"),
        ({"kcb-photo-use": {"version": "1"}}, "details.kcb-photo-use"),
    ],
)
def test_details_an_event_should_not_hold(jar: JarRealm, details: Any, field: str) -> None:
    refused = jar.web.complete("any", ["kcb-charter"], details=details)
    assert (refused.status_code, refused.json()) == (400, {"error": "bad_request", "field": field})
