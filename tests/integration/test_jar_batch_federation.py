"""Batches in a realm with a user federation: the same answers, through Keycloak's own user model."""

from __future__ import annotations

import uuid
from typing import Any

from tests.integration.batch_rows import row, statuses, write
from tests.integration.jar_realm import JarRealm
from tests.integration.test_jar_password_store import change, federated, federation

__all__ = ["federation"]


def test_users_of_keycloaks_own(jar: JarRealm, federation: dict[str, Any]) -> None:
    change(jar, federation, enabled="false")  # there is no server to ask for unknown names
    wanted = row(requiredActions=["kcb-charter"], firstAttributes={"locale": ["fr"]})
    stranger = jar.user(owned=False)
    results = write(
        jar, wanted, row(email="no mail"), row(username=stranger["username"]), row(lastName="a\0b")
    )
    assert statuses(results) == ["created", "invalid", "conflict", "invalid"]
    made_id = results[0]["id"]
    assert [r["name"] for r in jar.call("GET", f"users/{made_id}/role-mappings/realm")] == [
        f"default-roles-{jar.name}"
    ]
    present = jar.call("GET", f"users/{made_id}")["attributes"]
    assert present["locale"] == ["fr"]
    jar.update_user(made_id, attributes=present | {"displayName": ["by hand"]})

    assert statuses(write(jar, wanted)) == ["unchanged"]
    changed = wanted | {
        "do": "update",
        "attributes": {"uid": [], "accountEnd": ["2027-12-31"]},
        "digest": "second",
    }
    assert statuses(write(jar, changed)) == ["updated"]
    assert statuses(write(jar, row("update", id=made_id))) == ["not_owned"]
    attributes = jar.call("GET", f"users/{made_id}")["attributes"]
    assert "uid" not in attributes
    assert (attributes["accountEnd"], attributes["displayName"]) == (["2027-12-31"], ["by hand"])

    for do, expected in (("disable", "disabled"), ("disable", "unchanged"), ("enable", "enabled")):
        assert statuses(write(jar, changed | {"do": do})) == [expected]
    write(jar, changed | {"do": "disable"})
    assert statuses(write(jar, changed | {"do": "delete"}, row("update"))) == ["deleted", "absent"]


def test_the_same_key_in_another_realm_is_nobody_here(jar: JarRealm, federation: dict[str, Any]) -> None:
    change(jar, federation, enabled="false")
    other = JarRealm(jar.admin, f"jar-{uuid.uuid4().hex[:8]}")
    try:
        wanted = row()
        other.user(attributes={"kcbKey": [wanted["key"]]})
        assert statuses(write(jar, wanted | {"do": "disable"})) == ["absent"]
        assert statuses(write(jar, wanted)) == ["created"]
        assert statuses(write(jar, wanted)) == ["unchanged"]
    finally:
        other.delete()


def test_a_read_only_user_spoils_nobody_elses(jar: JarRealm, federation: dict[str, Any]) -> None:
    user_id = federated(jar, federation)
    before = jar.call("GET", f"users/{user_id}")
    change(jar, federation, enabled="false")
    theirs = row("update", id=user_id, key="k", username=before["username"], email=before["email"])
    results = write(jar, row(), theirs, row())
    assert statuses(results)[::2] == ["created", "created"]
    reason = "read-only in the user federation"
    assert results[1] == {"status": "invalid", "id": user_id, "reason": reason}
    assert jar.call("GET", f"users/{user_id}")["lastName"] == before["lastName"]
