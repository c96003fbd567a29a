"""Admin events of a batch: those of the Admin API, and none where nothing changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.batch_rows import row, write
from tests.integration.jar_browser import Browser, landed
from tests.integration.jar_realm import GOOD, JarRealm


@pytest.fixture(scope="module", autouse=True)
def kept(jar: JarRealm) -> Iterator[None]:
    jar.set_realm(adminEventsEnabled=True, adminEventsDetailsEnabled=True)
    yield
    jar.set_realm(adminEventsEnabled=False)


def events(jar: JarRealm, user_id: str) -> list[dict[str, Any]]:
    """By the sync's service account, oldest first."""
    found = jar.call("GET", "admin-events", params={"resourcePath": f"users/{user_id}*", "max": 100})
    client = jar.call("GET", "clients", params={"clientId": "kc-bridge-sync"})[0]["id"]
    ours = [event for event in found if event["authDetails"]["clientId"] == client]
    return sorted(ours, key=lambda event: event["time"])


def test_one_event_a_change(jar: JarRealm) -> None:
    wanted = row(firstAttributes={"locale": ["fr"]}, requiredActions=["kcb-charter"])
    made_id = write(jar, wanted, row())[0]["id"]
    (created,) = events(jar, made_id)
    said = (created["operationType"], created["resourceType"], created["resourcePath"])
    assert said == ("CREATE", "USER", f"users/{made_id}")
    told = json.loads(created["representation"])
    assert (told["username"], told["requiredActions"]) == (wanted["username"], ["kcb-charter"])
    assert told["attributes"]["locale"] == ["fr"]
    client = jar.call("GET", "clients", params={"clientId": "kc-bridge-sync"})[0]["id"]
    account = jar.call("GET", f"clients/{client}/service-account-user")["id"]
    assert created["authDetails"]["userId"] == account

    wanted |= {"id": made_id, "requiredActions": [], "firstAttributes": {}}
    write(jar, wanted)  # unchanged
    assert len(events(jar, made_id)) == 1

    jar.call("PUT", f"users/{made_id}/reset-password", {"type": "password", "value": GOOD})
    jar.update_user(made_id, requiredActions=[])
    landed(Browser(jar).login(wanted["username"], GOOD))
    for change in (
        {"do": "update", "lastName": "Durand"},
        {"do": "disable"},
        {"do": "enable"},
        {"do": "disable"},
    ):
        write(jar, wanted | {"lastName": "Durand"} | change)
    write(jar, wanted | {"do": "delete"})
    told_now = [(event["operationType"], event["resourcePath"]) for event in events(jar, made_id)[1:]]
    place = f"users/{made_id}"
    assert sorted(told_now[:3]) == [("ACTION", f"{place}/logout"), ("UPDATE", place), ("UPDATE", place)]
    assert told_now[3:] == [("UPDATE", place), ("UPDATE", place), ("DELETE", place)]
    assert "logout" not in json.dumps([event.get("representation") for event in events(jar, made_id)])


def test_what_is_refused_leaves_no_event(jar: JarRealm) -> None:
    wanted = row()
    made_id = write(jar, wanted)[0]["id"]
    write(jar, wanted | {"do": "update", "id": made_id, "email": "no mail"})
    write(jar, row("disable", id=made_id, key="another"))
    assert len(events(jar, made_id)) == 1


def test_details_only_where_the_realm_keeps_them(jar: JarRealm) -> None:
    jar.set_realm(adminEventsDetailsEnabled=False)
    try:
        made_id = write(jar, row())[0]["id"]
    finally:
        jar.set_realm(adminEventsDetailsEnabled=True)
    (created,) = events(jar, made_id)
    assert "representation" not in created
