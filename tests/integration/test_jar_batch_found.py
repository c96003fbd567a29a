"""Whom a row is about: by id, else by key, and nobody the bridge has nothing to do with."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.batch_rows import row, statuses, write
from tests.integration.jar_realm import JarRealm


@pytest.fixture(scope="module")
def other(jar: JarRealm) -> Iterator[JarRealm]:
    realm = JarRealm(jar.admin, f"jar-{uuid.uuid4().hex[:8]}")
    yield realm
    realm.delete()


def made(jar: JarRealm, **fields: Any) -> tuple[dict[str, Any], str]:
    """A row that was created, and the id of its user."""
    wanted = row(**fields)
    (result,) = write(jar, wanted)
    assert result["status"] == "created", result
    return wanted, result["id"]


def test_found_by_id_else_by_key(jar: JarRealm) -> None:
    wanted, made_id = made(jar)
    assert write(jar, wanted | {"do": "update", "id": str(uuid.uuid4())})[0]["id"] == made_id
    nobody = row("update", id=str(uuid.uuid4()))
    assert write(jar, nobody) == [{"status": "absent", "id": nobody["id"], "reason": ""}]
    assert statuses(write(jar, row("enable"), row("disable"), row("delete"))) == ["absent"] * 3


def test_user_of_another_realm_is_absent(jar: JarRealm, other: JarRealm) -> None:
    stranger = other.user()
    (result,) = write(jar, row("update", id=stranger["id"], key=stranger["attributes"]["kcbKey"][0]))
    assert result["status"] == "absent"


def test_the_same_key_in_another_realm_is_nobody_here(jar: JarRealm, other: JarRealm) -> None:
    wanted = row()
    theirs = other.user(attributes={"kcbKey": [wanted["key"]]})
    assert statuses(write(jar, wanted | {"do": "disable"})) == ["absent"]
    (created,) = write(jar, wanted)
    assert created["status"] == "created"
    changed = wanted | {"lastName": "Durand"}
    assert write(jar, changed) == [{"status": "updated", "id": created["id"], "reason": ""}]
    assert other.call("GET", f"users/{theirs['id']}")["lastName"] == theirs["lastName"]


def test_found_by_key_under_another_name(jar: JarRealm) -> None:
    """The answer to its creation was lost, and somebody has renamed the user since, or taken the name for another."""
    jar.set_realm(editUsernameAllowed=True)
    (first, first_id), (second, second_id) = made(jar), made(jar)
    jar.update_user(first_id, username=f"x{first['username']}", email=f"x{first['email']}")
    jar.update_user(second_id, username=f"x{second['username']}", email=f"x{second['email']}")
    heir = jar.user(owned=False, username=second["username"])
    assert [(r["status"], r["id"]) for r in write(jar, first, second)] == [
        ("updated", first_id),
        ("conflict", second_id),
    ]
    assert jar.call("GET", f"users/{first_id}")["username"] == first["username"]
    assert jar.call("GET", f"users/{heir['id']}")["username"] == second["username"]


def test_a_key_is_found_whole(jar: JarRealm) -> None:
    name = uuid.uuid4().hex
    longest = (f"Key:{name}" * 9)[:255]
    wanted, made_id = made(jar, key=longest)
    assert write(jar, wanted) == [{"status": "unchanged", "id": made_id, "reason": ""}]
    for another in (longest.lower(), longest[:-1], f"{longest[:-1]} "):
        assert statuses(write(jar, row("update", key=another))) == ["absent"]


def test_two_users_with_one_key_are_left_alone(jar: JarRealm) -> None:
    wanted, made_id = made(jar)
    copied = jar.user(attributes={"kcbKey": [wanted["key"]]})
    (result,) = write(jar, wanted | {"lastName": "Durand"})
    assert result["status"] == "conflict"
    assert made_id in result["reason"]
    assert copied["id"] in result["reason"]


def strangers(jar: JarRealm) -> list[tuple[str, str]]:
    """Ids and keys of users the bridge must never touch, all bearing a mark but one."""
    web = jar.call("GET", "clients", params={"clientId": "kc-bridge-web"})[0]["id"]
    account = jar.call("GET", f"clients/{web}/service-account-user")
    jar.update_user(account["id"], attributes={"kcbKey": ["key:stolen"]})
    management = jar.call("GET", "clients", params={"clientId": "realm-management"})[0]["id"]
    role = jar.call("GET", f"clients/{management}/roles/manage-users")
    marked = [jar.user() for _ in range(3)]
    jar.grant(marked[0]["id"], "realm-management", "view-users")
    parent = jar.call("POST", "groups", {"name": f"admins-{uuid.uuid4().hex[:6]}"})
    jar.call("POST", f"groups/{parent}/role-mappings/clients/{management}", [role])
    group = jar.call("POST", f"groups/{parent}/children", {"name": "some"})["id"]
    jar.call("PUT", f"users/{marked[1]['id']}/groups/{group}")
    name = f"desk-{uuid.uuid4().hex[:6]}"
    jar.call("POST", "roles", {"name": name})
    jar.call("POST", f"roles/{name}/composites", [role])
    jar.call("POST", f"users/{marked[2]['id']}/role-mappings/realm", [jar.call("GET", f"roles/{name}")])
    found = [(one["id"], one["attributes"]["kcbKey"][0]) for one in marked]
    return [*found, (account["id"], "key:stolen"), (jar.user(owned=False)["id"], "key:none")]


def test_users_of_others_are_untouched(jar: JarRealm) -> None:
    theirs = strangers(jar)
    before = [jar.call("GET", f"users/{one}") for one, _ in theirs]
    for do in ("create", "update", "enable", "disable", "delete"):
        results = write(jar, *(row(do, id=one, key=key) for one, key in theirs))
        assert statuses(results) == ["not_owned"] * len(theirs)
    by_key = write(jar, *(row("disable", key=key) for _, key in theirs[:-1]))
    assert statuses(by_key) == ["not_owned"] * (len(theirs) - 1)
    ours, _ = made(jar)
    (another,) = write(jar, row("update", id=write(jar, ours)[0]["id"]))
    assert (another["status"], another["reason"]) == ("not_owned", "the mark of somebody else")
    assert [jar.call("GET", f"users/{one}") for one, _ in theirs] == before
