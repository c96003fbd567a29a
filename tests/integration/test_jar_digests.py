"""All users as a stream: who is in it, what it tells, and that a torn one shows (docs/protocol.md)."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.domain.buckets import Buckets, Sums, bucket
from kc_bridge.ports import DirectoryUser
from tests.integration.batch_rows import row, write
from tests.integration.jar_realm import JarRealm

VECTORS = json.loads((Path(__file__).parents[2] / "docs/vectors/digest.json").read_text("utf-8"))["vectors"]
A_PAGES_LEAST = 4096
"""Bytes, however little there is to tell."""
NASTY = "« é » \"\\\n\t\x01\x7f \U0001f600 ﬀ O'Connor"


def told(jar: JarRealm, path: str) -> list[dict[str, Any]]:
    """All lines but the last one, which must count them, and those of blanks."""
    answer = jar.sync.call("GET", f"users/{path}")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "application/x-ndjson")
    assert len(answer.content) > A_PAGES_LEAST
    *said, end = [json.loads(line) for line in answer.content.decode().splitlines() if line.strip()]
    assert end == {"end": len(said)}
    return said


def lines(jar: JarRealm, path: str) -> dict[str, dict[str, Any]]:
    """Users by id."""
    return {user["id"]: user for user in told(jar, path)}


def as_the_sync_wants(user: DirectoryUser) -> dict[str, Any]:
    return {
        "do": "create",
        "key": user.key,
        "username": user.username,
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "attributes": {name: list(values) for name, values in user.attributes.items()},
        "digest": user.digest,
        "enabled": user.enabled,
    }


@pytest.mark.parametrize("email", ["zoe@etu.univ-demo.fr", ""])
def test_the_digest_of_what_is_there_is_the_syncs_own(jar: JarRealm, email: str) -> None:
    attributes = {
        "uid": ("u1",),
        "displayName": (NASTY,),
        "eduPersonAffiliation": ("student", "\uff5e", "\U0001f600", "member"),
        "supannEtablissement": ("x" * 300,),
        "accountEnd": (),
    }
    name = f"d{uuid.uuid4().hex[:8]}"
    user = DirectoryUser(f"key:{name}", name, email and f"{name}{email}", "Zoé", "N'Guyen", True, attributes)
    (made,) = write(jar, as_the_sync_wants(user))
    assert made["status"] == "created", made
    names = ",".join(attributes)
    said = lines(jar, f"digests?attributes={names}")[made["id"]]
    assert said == {
        "id": made["id"],
        "key": user.key,
        "username": name,
        "enabled": True,
        "digest": user.digest,
        "current": user.digest,
    }
    present = jar.call("GET", f"users/{made['id']}")["attributes"]
    jar.update_user(made["id"], attributes=present | {"locale": ["en"]})  # not asked for
    assert lines(jar, f"digests?attributes={names}")[made["id"]]["current"] == user.digest
    jar.update_user(made["id"], attributes=present | {"displayName": ["by hand"]})
    by_hand = lines(jar, f"digests?attributes={names}")[made["id"]]
    assert by_hand["digest"] == user.digest != by_hand["current"]
    assert "current" not in lines(jar, "digests")[made["id"]]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vectors_of_the_protocol(jar: JarRealm, vector: dict[str, Any]) -> None:
    said = vector["user"]
    made_id = write(jar, said | {"do": "create", "digest": vector["digest"]})[0]["id"]
    asked = ",".join(said["attributes"])
    assert lines(jar, f"digests?attributes={asked}")[made_id]["current"] == vector["digest"]


def summary(jar: JarRealm, seed: str = "s") -> Buckets:
    """Of what is there now, over ``uid``; the last line must count the others."""
    said = told(jar, f"digests/summary?attributes=uid&seed={seed}")
    found = {line["bucket"]: (line["count"], int(line["sum"], 16)) for line in said if "bucket" in line}
    assert sum(line.get("read", 0) for line in said) == sum(count for count, _ in found.values())
    return found


def test_the_summary_is_that_of_the_lines(jar: JarRealm) -> None:
    write(jar, row(), row(enabled=False), row(attributes={}))
    jar.user()  # no digest
    for seed in ("s", "aZ9"):
        sums = Sums(seed)
        for user in lines(jar, "digests?attributes=uid").values():
            sums.add(user["id"], user["key"], user["enabled"], user["digest"], user["current"])
        assert summary(jar, seed) == sums.buckets()


def test_a_hand_shows_in_the_sum_of_its_bucket_alone(jar: JarRealm) -> None:
    results = write(jar, *[row() for _ in range(4)])
    first = results[0]["id"]
    user = jar.call("GET", f"users/{first}")
    names = user["attributes"]
    changes: list[dict[str, Any]] = [
        {"attributes": names | {"uid": ["by hand"]}},
        {"lastName": "By Hand"},
        {"enabled": False},
        {"attributes": {name: values for name, values in names.items() if name != "kcbDigest"}},
        {"attributes": names | {"kcbKey": ["by hand"]}},
        {"attributes": {}},
    ]
    before = summary(jar)
    for change in changes:
        jar.call("PUT", f"users/{first}", user | change)
        now = summary(jar)
        assert {b for b in before.keys() | now.keys() if before.get(b) != now.get(b)} == {bucket(first)}
        jar.call("PUT", f"users/{first}", user)
        assert summary(jar) == before
    jar.call("DELETE", f"users/{first}")
    assert summary(jar).get(bucket(first), (0, 0))[0] == before[bucket(first)][0] - 1
    other = results[1]["id"]
    present = jar.call("GET", f"users/{other}")["attributes"]
    jar.update_user(other, attributes=present | {"locale": ["en"]})  # not asked for
    assert summary(jar)[bucket(other)] == before[bucket(other)]


@pytest.mark.parametrize("what", ["digests", "directory"])
def test_users_of_some_buckets(jar: JarRealm, what: str) -> None:
    ids = [result["id"] for result in write(jar, *[row() for _ in range(5)])]
    everybody = lines(jar, f"{what}?attributes=uid")
    chosen = {bucket(ids[0]), bucket(ids[3])}
    some = ",".join(map(str, chosen))
    found = lines(jar, f"{what}?attributes=uid&buckets={some}")
    assert found == {user_id: user for user_id, user in everybody.items() if bucket(user_id) in chosen}
    assert {ids[0], ids[3]} <= found.keys()
    empty = next(number for number in range(4096) if number not in {bucket(user_id) for user_id in everybody})
    assert lines(jar, f"{what}?buckets={empty}") == {}


def test_sums_and_buckets_are_refused_unless_well_formed(jar: JarRealm) -> None:
    many = ",".join(map(str, range(501)))
    for path, field in [
        ("digests/summary", "seed"),
        ("digests/summary?seed=a%0Ab", "seed"),
        (f"digests/summary?seed={'x' * 65}", "seed"),
        ("digests?buckets=4096", "buckets"),
        ("digests?buckets=-1", "buckets"),
        ("digests?buckets=1,x", "buckets"),
        (f"directory?buckets={many}", "buckets"),
    ]:
        refused = jar.sync.call("GET", f"users/{path}")
        assert (refused.status_code, refused.json()) == (400, {"error": "bad_request", "field": field}), path


def test_owned_users_only(jar: JarRealm) -> None:
    closed = row(enabled=False)
    made_id = write(jar, closed)[0]["id"]
    administrator, stranger = jar.user(), jar.user(owned=False)
    jar.grant(administrator["id"], "realm-management", "view-users")
    web = jar.call("GET", "clients", params={"clientId": "kc-bridge-web"})[0]["id"]
    account = jar.call("GET", f"clients/{web}/service-account-user")
    jar.update_user(account["id"], attributes={"kcbKey": ["stolen"]})
    told = lines(jar, "digests")
    assert told[made_id]["enabled"] is False
    assert not {administrator["id"], stranger["id"], account["id"]} & told.keys()
    without_digest = jar.user()
    assert lines(jar, "digests")[without_digest["id"]]["digest"] is None


def test_the_directory_tells_who_they_may_be(jar: JarRealm) -> None:
    wanted = row()
    made_id = write(jar, wanted)[0]["id"]
    group = jar.call("POST", "groups", {"name": f"admins-{uuid.uuid4().hex[:6]}"})
    management = jar.call("GET", "clients", params={"clientId": "realm-management"})[0]["id"]
    role = jar.call("GET", f"clients/{management}/roles/manage-users")
    jar.call("POST", f"groups/{group}/role-mappings/clients/{management}", [role])
    by_hand = jar.user(owned=False, attributes={"uid": ["hand"], "displayName": ["Camille"]})
    bare = jar.user(owned=False, password=None, email=None, firstName=None, lastName=None)
    jar.call("PUT", f"users/{by_hand['id']}/groups/{group}")
    told = lines(jar, "directory?attributes=uid,supannEtuId")
    assert told[made_id] == {
        "id": made_id,
        "username": wanted["username"],
        "email": wanted["email"],
        "firstName": wanted["firstName"],
        "lastName": wanted["lastName"],
        "enabled": True,
        "federated": False,
        "hasPassword": False,
        "administrator": False,
        "key": wanted["key"],
        "attributes": {"uid": wanted["attributes"]["uid"]},
    }
    assert told[by_hand["id"]]["attributes"] == {"uid": ["hand"]}
    flags = {name: told[by_hand["id"]][name] for name in ("administrator", "hasPassword", "key")}
    assert flags == {"administrator": True, "hasPassword": True, "key": None}
    unset = {name: told[bare["id"]][name] for name in ("email", "firstName", "lastName")}
    assert unset == {"email": None, "firstName": None, "lastName": None}
    assert not any(user["username"].startswith("service-account-") for user in told.values())


def test_other_realms_are_not_in_it(jar: JarRealm) -> None:
    other = JarRealm(jar.admin, f"jar-{uuid.uuid4().hex[:8]}")
    try:
        theirs = other.user()["id"]
        assert theirs in lines(other, "directory")
        assert theirs not in lines(jar, "directory") | lines(jar, "digests")
    finally:
        other.delete()


def test_who_may_read_it(jar: JarRealm) -> None:
    for path in ("users/digests", "users/digests/summary?seed=s", "users/directory?attributes=uid"):
        refused = jar.web.call("GET", path)
        assert (refused.status_code, refused.json()) == (403, {"error": "forbidden"})
        assert jar.sync.call("GET", path, token="x").status_code == 401
    many = ",".join(f"a{n}" for n in range(51))
    too_many = jar.sync.call("GET", f"users/digests?attributes={many}")
    assert (too_many.status_code, too_many.json()) == (400, {"error": "bad_request", "field": "attributes"})
