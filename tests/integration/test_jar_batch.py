"""Many users written by one request: what is written, what stays, what is refused (design §6, scenarios 37, 38)."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.batch_rows import fence, row, statuses, write
from tests.integration.jar_realm import JarRealm
from tests.support.counts import count


def made(jar: JarRealm, **fields: Any) -> tuple[dict[str, Any], str]:
    """A row that was created, and the id of its user."""
    wanted = row(**fields)
    (result,) = write(jar, wanted)
    assert result["status"] == "created", result
    return wanted, result["id"]


@pytest.fixture(scope="module", autouse=True)
def renaming(jar: JarRealm) -> None:
    jar.set_realm(editUsernameAllowed=True)


def user(jar: JarRealm, user_id: str) -> dict[str, Any]:
    found: dict[str, Any] = jar.call("GET", f"users/{user_id}")
    return found


def test_created_as_the_admin_api_would(jar: JarRealm) -> None:
    group = jar.call("POST", "groups", {"name": f"everybody-{uuid.uuid4().hex[:6]}"})
    jar.call("PUT", f"default-groups/{group}")
    try:
        wanted, made_id = made(
            jar,
            firstAttributes={"locale": ["fr"], "uid": ["never"]},
            requiredActions=["kcb-charter", "kcb-new-password"],
        )
    finally:
        jar.call("DELETE", f"default-groups/{group}")
    found = user(jar, made_id)
    for same in ("username", "email", "firstName", "lastName"):
        assert found[same] == wanted[same]
    assert (found["enabled"], found["emailVerified"]) == (True, True)
    assert sorted(found["requiredActions"]) == ["kcb-charter", "kcb-new-password"]
    attributes = {name: sorted(values) for name, values in found["attributes"].items()}
    assert attributes == {
        "uid": [wanted["username"]],
        "eduPersonAffiliation": ["member", "student"],
        "locale": ["fr"],
        "kcbKey": [wanted["key"]],
        "kcbDigest": [wanted["digest"]],
    }
    roles = jar.call("GET", f"users/{made_id}/role-mappings/realm")
    assert [role["name"] for role in roles] == [f"default-roles-{jar.name}"]
    assert [g["id"] for g in jar.call("GET", f"users/{made_id}/groups")] == [group]


def test_created_closed(jar: JarRealm) -> None:
    _, made_id = made(jar, enabled=False)
    assert user(jar, made_id)["enabled"] is False


def test_an_answer_that_was_lost_is_asked_for_again(jar: JarRealm) -> None:
    wanted, made_id = made(jar, requiredActions=["kcb-charter"])
    jar.update_user(made_id, requiredActions=[])  # done meanwhile
    assert write(jar, wanted) == [{"status": "unchanged", "id": made_id, "reason": ""}]
    changed = wanted | {"lastName": "Durand", "digest": "another"}
    assert statuses(write(jar, changed)) == ["updated"]
    assert statuses(write(jar, changed)) == ["unchanged"]
    assert jar.pending(made_id) == []  # asked for at creation only
    jar.update_user(made_id, enabled=False)
    assert statuses(write(jar, changed)) == ["enabled"]
    for do in ("update", "enable"):
        assert statuses(write(jar, changed | {"do": do, "id": made_id})) == ["unchanged"]
    for expected in ("disabled", "unchanged"):
        assert statuses(write(jar, changed | {"do": "disable", "id": made_id})) == [expected]
    for expected in ("deleted", "absent"):
        assert statuses(write(jar, row("delete", key=wanted["key"], id=made_id, username=None))) == [expected]


def test_what_others_wrote_stays(jar: JarRealm) -> None:
    wanted, made_id = made(
        jar, attributes={"uid": ["u1"], "displayName": ["Zoé"], "accountEnd": ["2027-12-31"]}
    )
    present = user(jar, made_id)["attributes"] | {
        "supannMailPrive": ["{SECOURS}zoe@example.org", "{PERSO}z@example.org"]
    }
    jar.update_user(made_id, attributes=present)
    attributes = {
        "uid": ["u1"],
        "displayName": ["Zoé O."],
        "accountEnd": [],
        "eduPersonAffiliation": ["a", "b", "c"],
    }
    changed = wanted | {"do": "update", "id": made_id, "attributes": attributes, "digest": "second"}
    assert statuses(write(jar, changed)) == ["updated"]
    found = user(jar, made_id)
    assert {name: sorted(values) for name, values in found["attributes"].items()} == {
        "uid": ["u1"],
        "displayName": ["Zoé O."],
        "eduPersonAffiliation": ["a", "b", "c"],
        "supannMailPrive": ["{PERSO}z@example.org", "{SECOURS}zoe@example.org"],
        "kcbKey": [wanted["key"]],
        "kcbDigest": ["second"],
    }
    fewer = changed | {"attributes": {"eduPersonAffiliation": ["b"]}, "digest": "third"}
    assert statuses(write(jar, fewer)) == ["updated"]
    assert user(jar, made_id)["attributes"]["eduPersonAffiliation"] == ["b"]


def test_names_and_mail_change_and_are_found_again(jar: JarRealm) -> None:
    wanted, made_id = made(jar)
    fresh = f"n{uuid.uuid4().hex[:8]}"
    for params in ({"username": wanted["username"]}, {"email": wanted["email"]}):
        assert [u["id"] for u in jar.call("GET", "users", params=params | {"exact": True})] == [made_id]
    renamed = wanted | {
        "do": "update",
        "username": fresh.upper(),
        "email": f"{fresh}@Etu.fr",
        "firstName": "Léa",
    }
    jar.set_realm(editUsernameAllowed=False)
    (refused,) = write(jar, renamed)
    jar.set_realm(editUsernameAllowed=True)
    assert (refused["status"], refused["reason"]) == ("invalid", "username error-user-attribute-read-only")
    assert user(jar, made_id)["email"] == wanted["email"]
    assert statuses(write(jar, renamed)) == ["updated"]
    found = user(jar, made_id)
    assert (found["username"], found["email"], found["firstName"]) == (fresh, f"{fresh}@etu.fr", "Léa")
    for params in ({"username": wanted["username"]}, {"email": wanted["email"]}):
        assert jar.call("GET", "users", params=params | {"exact": True}) == []
    assert [u["id"] for u in jar.call("GET", "users", params={"username": fresh, "exact": True})] == [made_id]
    assert statuses(write(jar, renamed)) == ["unchanged"]


def test_mail_is_optional_and_verified(jar: JarRealm) -> None:
    wanted, made_id = made(jar, email=None)
    assert "email" not in user(jar, made_id)
    jar.update_user(made_id, email="by.hand@example.org", emailVerified=False)
    with_mail = wanted | {"do": "update", "email": "by.hand@example.org"}
    assert statuses(write(jar, with_mail)) == ["updated"]
    assert user(jar, made_id)["emailVerified"] is True
    assert statuses(write(jar, wanted)) == ["updated"]
    assert "email" not in user(jar, made_id)


def test_conflicts_say_whose_the_name_is(jar: JarRealm) -> None:
    stranger = jar.user(owned=False)
    ours, ours_id = made(jar)
    taken_name, taken_mail = row(username=stranger["username"]), row(email=stranger["email"])
    by_ours = row(email=ours["email"])
    as_login = row(username=stranger["email"])  # Keycloak logs in by either
    results = write(jar, taken_name, taken_mail, by_ours, as_login, row())
    assert statuses(results) == ["conflict"] * 4 + ["created"]
    assert results[0]["reason"] == f"username taken by a user that is not ours, {stranger['id']}"
    assert results[1]["reason"] == f"email taken by a user that is not ours, {stranger['id']}"
    assert results[2]["reason"] == f"email taken by another user of ours, {ours_id}"
    moved = ours | {"do": "update", "username": stranger["username"]}
    assert statuses(write(jar, moved)) == ["conflict"]


def test_two_rows_of_one_batch_want_one_name(jar: JarRealm) -> None:
    name = f"d{uuid.uuid4().hex[:8]}"
    results = write(
        jar, row(username=name), row(username=name), row(email=f"{name}@x.fr"), row(email=f"{name}@x.fr")
    )
    assert statuses(results) == ["created", "conflict", "created", "conflict"]


def test_a_name_given_up_can_be_taken_in_the_same_batch(jar: JarRealm) -> None:
    old, _ = made(jar)
    renamed = old | {"do": "update", "username": old["username"] + "x", "email": f"x{old['email']}"}
    heir = row(username=old["username"], email=old["email"])
    assert statuses(write(jar, renamed, heir)) == ["updated", "created"]


def test_invalid_rows_spoil_nobody_elses(jar: JarRealm) -> None:
    good, made_id = made(jar)
    results = write(
        jar,
        row(email="no mail"),
        row(username="a<b"),
        row(firstName="<script>"),
        row(lastName="x" * 256),
        row(lastName="a\0b"),
        row(requiredActions=["kcb-unheard-of"]),
        good | {"do": "update", "email": "neither"},
        row(),
    )
    assert statuses(results) == ["invalid"] * 7 + ["created"]
    assert results[0]["reason"] == "email error-invalid-email"
    assert results[1]["reason"] == "username error-username-invalid-character"
    assert results[4]["reason"] == "NUL character"
    assert results[5]["reason"] == "requiredActions kcb-unheard-of"
    assert user(jar, made_id)["email"] == good["email"]


def test_what_the_profile_does_not_declare_is_said(jar: JarRealm) -> None:
    profile = jar.call("GET", "users/profile")
    jar.call("PUT", "users/profile", {k: v for k, v in profile.items() if k != "unmanagedAttributePolicy"})
    try:
        first, second = write(jar, row(), row())
    finally:
        jar.call("PUT", "users/profile", profile)
    for refused in (first, second):
        assert refused["status"] == "invalid"
        assert refused["reason"].endswith(": eduPersonAffiliation, kcbDigest, kcbKey, uid")


def test_closing_does_not_wait_for_good_content(jar: JarRealm) -> None:
    wanted, made_id = made(jar)
    (result,) = write(jar, wanted | {"do": "disable", "email": "no mail", "lastName": "Durand"})
    assert result == {
        "status": "disabled",
        "id": made_id,
        "reason": "content not written: email error-invalid-email",
    }
    assert user(jar, made_id)["lastName"] == wanted["lastName"]


def test_only_the_disabled_are_deleted(jar: JarRealm) -> None:
    wanted, made_id = made(jar)
    (refused,) = write(jar, wanted | {"do": "delete"})
    assert refused == {"status": "invalid", "id": made_id, "reason": "enabled"}
    assert statuses(write(jar, wanted | {"do": "disable"}, row())) == ["disabled", "created"]
    assert statuses(write(jar, wanted | {"do": "delete", "id": made_id})) == ["deleted"]
    assert jar.call("GET", "users", params={"username": wanted["username"], "exact": True}) == []


def test_enabling_opens_what_too_many_tries_had_locked(jar: JarRealm) -> None:
    wanted, made_id = made(jar)
    write(jar, wanted | {"do": "disable"})
    jar.call("PUT", f"users/{made_id}/reset-password", {"type": "password", "value": "Printemps-2026!"})
    assert statuses(write(jar, wanted | {"do": "enable", "id": made_id})) == ["enabled"]
    assert user(jar, made_id)["enabled"] is True


def test_batches_in_parallel_on_the_same_users(jar: JarRealm) -> None:
    """Nobody is written twice, nothing is lost, nobody waits for each other for ever."""
    people = count(60, 500)
    rows = [row(attributes={"uid": ["0"]}, digest="0") for _ in range(people)]
    with ThreadPoolExecutor(4) as pool:
        number = fence()
        every = list(
            pool.map(lambda part: write(jar, *part, number=number), [rows, rows[::-1], rows, rows[::-1]])
        )
    ids = {result["id"] for results in every for result in results if result["id"]}
    assert len(ids) == people
    assert sum(statuses(results).count("created") for results in every) == people
    assert {s for results in every for s in statuses(results)} <= {"created", "unchanged", "conflict"}

    def wave(n: int) -> list[dict[str, Any]]:
        order = rows if n % 2 else rows[::-1]
        name = f"mine{n}"
        return write(
            jar,
            *(r | {"do": "update", "digest": "1", "attributes": {"uid": ["1"], name: ["x"]}} for r in order),
            number=number,
        )

    with ThreadPoolExecutor(4) as pool:
        waves = list(pool.map(wave, range(4)))
    assert {s for results in waves for s in statuses(results)} == {"updated"}
    for made_id in list(ids)[::17]:
        attributes = user(jar, made_id)["attributes"]
        assert attributes["uid"] == ["1"]
        assert {f"mine{n}" for n in range(4)} <= set(attributes)
