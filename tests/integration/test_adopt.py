"""kcb adopt on a real Keycloak: users it had before the bridge, with their passwords."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from kc_bridge.adapters.directories import open_directory
from kc_bridge.domain.person import key_digest
from kc_bridge.store.models import OutboxMessage
from sync.adopting import commands
from sync.adopting.details import Marker
from tests.integration.kcb_realm import KcbRealm
from tests.support.federation import Federation
from tests.support.slapd import Slapd
from tests.support.sync_world import World, student

REALM_SETTINGS = {"directory": "admin"}
"""Rights for both ways of writing users."""

PASSWORD = "Printemps-2026!"
APPLICATION = "adopt-test-app"
FENCES = count(4 * 10**12, 10**6)
"""The realm remembers the last run of the test before."""
PEOPLE = 30
WITHOUT_PASSWORD = {4, 9}
CLOSED_BY_HAND = 12
ENDED = 15
"""The student whose enrolment has ended."""


@pytest.fixture(scope="module")
def application(realm: KcbRealm) -> str:
    client = {"clientId": APPLICATION, "publicClient": True, "directAccessGrantsEnabled": True}
    realm.call("POST", "clients", client)
    return APPLICATION


@pytest.fixture(scope="module")
def realm(realms: Callable[..., KcbRealm]) -> KcbRealm:
    """Where the sync may write by the plain Admin API too, and users have attributes nobody declared."""
    realm = realms(directory="admin")
    declared = realm.call("GET", "users/profile")
    realm.call("PUT", "users/profile", declared | {"unmanagedAttributePolicy": "ADMIN_EDIT"})
    return realm


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    realm: KcbRealm,
    keycloak: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    way = getattr(request, "param", "batch")
    settings = realm.settings.model_copy(
        update={"database_url": f"sqlite:///{tmp_path / 'sync.db'}", "directory": way}
    )
    world = World(tmp_path, open_directory(settings), settings)
    world.begin_fences_at(next(FENCES))
    monkeypatch.setattr(commands, "load", lambda: world.settings)
    monkeypatch.setattr(commands, "engine_of", lambda *_: world.engine())
    monkeypatch.setattr(commands, "system_clock", lambda: world.now)
    monkeypatch.setenv("KCB_ADMIN_USERNAME", keycloak.admin_user)
    monkeypatch.setenv("KCB_ADMIN_PASSWORD", keycloak.admin_password)
    yield world
    for user in users(realm).values():
        realm.call("DELETE", f"users/{user['id']}")


def users(realm: KcbRealm) -> dict[str, dict[str, Any]]:
    found = realm.call("GET", "users", params={"max": 500, "briefRepresentation": "false"})
    return {user["username"]: user for user in found}


def kcb(*args: str, fails: bool = False) -> Result:
    result = CliRunner().invoke(commands.adopt, list(args))
    assert (result.exit_code != 0) == fails, result.output + repr(result.exception)
    return result


def plan(*args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kcb("plan", "--json", *args).stdout)
    return found


def logs_in(realm: KcbRealm, username: str) -> requests.Response:
    form = {"client_id": APPLICATION, "grant_type": "password", "username": username, "password": PASSWORD}
    return requests.post(f"{realm.settings.issuer}/protocol/openid-connect/token", data=form, timeout=30)


def old_users(realm: KcbRealm, numbers: range) -> None:
    """As an earlier tool made them: the student number is the username, and the names are in capitals."""
    password = {"type": "password", "value": PASSWORD, "temporary": False}
    for number in numbers:
        realm.call(
            "POST",
            "users",
            {
                "username": f"2260{number:04}",
                "enabled": number != CLOSED_BY_HAND,
                "email": f"e{number}@ancien.univ-demo.fr",
                "firstName": "MARIE",
                "lastName": "MARTIN",
                "attributes": {
                    "locale": ["en"],
                    "uid": [f"mmartin{number}"],
                    "numeroSI": [f" 2260{number:04}"],
                },
                "credentials": [] if number in WITHOUT_PASSWORD else [password],
            },
        )


def lines(numbers: range) -> list[str]:
    return [student(int(f"2260{n:04}"), year=2024 if n == ENDED else 2026) for n in numbers]


def test_thirty_users_keep_their_passwords_and_are_asked_nothing(
    realm: KcbRealm, world: World, application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_users(realm, range(PEOPLE))
    realm.call("POST", "users", {"username": "professeur.emerite", "enabled": True})
    world.students([*lines(range(PEOPLE)), student(22609999, first="Nouvelle")])
    before = users(realm)
    found = plan()
    assert found["counts"] == {
        "adopt": PEOPLE,
        "active": PEOPLE - len(WITHOUT_PASSWORD),
        "closed by the next run": 1,
        "ambiguous": 0,
        "refused": 0,
        "left alone": 1,
        "without a user": 2,  # the new student, and the one member of staff
    }
    assert users(realm) == before, "a plan writes nothing"

    real, marked = Marker.mark, []

    def killed(self: Marker, user_id: str, username: str, mark: str) -> str | None:
        if len(marked) == 11:
            raise KeyboardInterrupt
        marked.append(username)
        return real(self, user_id, username, mark)

    with monkeypatch.context() as patched:
        patched.setattr(Marker, "mark", killed)
        assert "Aborted" in kcb("apply", found["digest"], fails=True).output
    assert sum("kcbKey" in user["attributes"] for user in users(realm).values() if "attributes" in user) == 11
    assert plan()["digest"] == found["digest"]
    result = kcb("apply", found["digest"], "--reason", "mise en service")
    assert f"{PEOPLE} adopted" in result.stdout
    after = users(realm)
    assert after.pop("professeur.emerite") == before.pop("professeur.emerite")
    for name, user in after.items():
        assert user["attributes"].pop("kcbKey") == [key_digest(f"apogee:{name}")]
        assert user == before[name], "nothing but the mark"

    assert world.person("apogee:22600000").language == "en"
    report = world.run()
    counts = {kind: n for kind, n in report.plan.counts.items() if n}
    assert counts == {"create": 2, "update": PEOPLE - 1, "disable": 1}
    owned = users(realm)
    announced = {a["username"]: {c["what"]: c["after"] for c in a["changes"]} for a in found["adoptions"]}
    for name, expected in announced.items():
        user = owned[name]
        written = {n: ", ".join(sorted(values)) for n, values in user["attributes"].items()}
        written |= {n: user[n] for n in ("email", "firstName", "lastName")}
        assert {what: written.get(what, "") for what in expected} == expected
        untouched = written.keys() - expected.keys() - {"kcbKey", "kcbDigest"}
        was = before[name]["attributes"] | {n: [before[name][n]] for n in ("email", "firstName", "lastName")}
        assert {n: written[n] for n in untouched} == {n: ", ".join(was[n]) for n in untouched}
        assert user["requiredActions"] == []
        assert user["enabled"] == (name not in {f"2260{ENDED:04}", f"2260{CLOSED_BY_HAND:04}"})
    for number in (0, PEOPLE - 1):
        assert logs_in(realm, f"2260{number:04}").ok
    with world.sessions() as session:
        mailed = {message.person.login for message in session.query(OutboxMessage)}
    assert not mailed & announced.keys()
    assert sum(world.run().plan.counts.values()) == 0
    assert plan()["counts"]["adopt"] == 0


def test_who_is_never_adopted(realm: KcbRealm, world: World, tmp_path: Path) -> None:
    old_users(realm, range(3))
    before = users(realm)
    management = realm.client_id("realm-management")
    role = realm.call("GET", f"clients/{management}/roles/manage-realm")
    group = realm.call("POST", "groups", {"name": "exploitation"})
    realm.call("POST", f"groups/{group}/role-mappings/clients/{management}", [role])
    realm.call("PUT", f"users/{before['22600000']['id']}/groups/{group}")
    other = before["22600001"]
    realm.call(
        "PUT", f"users/{other['id']}", other | {"attributes": other["attributes"] | {"kcbKey": ["f" * 64]}}
    )
    world.students(
        [student(22600000), student(22600001), student(22600002, mail="e2@perso.example"), student(22600003)]
    )
    directory = Slapd()
    try:
        directory.start()
        directory.add_person("22600003", PASSWORD, givenName="Marie", sn="Martin", mail="ldap@univ-demo.fr")
        federation = Federation.of(SimpleNamespace(realm=realm), directory)  # type: ignore[arg-type]
        realm.call(
            "POST", f"user-storage/{federation.component['id']}/sync", params={"action": "triggerFullSync"}
        )
        untouched = users(realm)
        found = plan()
        assert sorted((left["who"], left["why"].split()[0]) for left in found["refused"]) == [
            ("22600000", "has"),
            ("22600001", "bears"),
            ("22600003", "comes"),
        ]
        assert [adoption["username"] for adoption in found["adoptions"]] == ["22600002"]
        kcb("apply", found["digest"])
        held = users(realm)
        assert {name for name in held if held[name] != untouched[name]} == {"22600002"}
        realm.call("DELETE", f"components/{federation.component['id']}")
    finally:
        directory.stop()
    realm.call("DELETE", f"groups/{group}")


@pytest.mark.parametrize("world", ["admin"], indirect=True)
def test_without_the_jar_an_administrator_looks_at_each(realm: KcbRealm, world: World) -> None:
    old_users(realm, range(3, 5))
    management = realm.client_id("realm-management")
    role = realm.call("GET", f"clients/{management}/roles/view-users")
    power = realm.create_user("22600005", attributes={})
    realm.call("POST", f"users/{power}/role-mappings/clients/{management}", [role])
    world.students(lines(range(3, 6)))
    found = plan("--by", "attribute=numeroSI", "--by", "username")
    assert [(a["username"], a["active"]) for a in found["adoptions"]] == [
        ("22600003", True),
        ("22600004", False),
    ]
    assert [left["who"] for left in found["refused"]] == ["22600005"]
    kcb("apply", found["digest"], "--by", "attribute=numeroSI", "--by", "username")
    assert world.run().plan.counts["update"] == 2


def test_what_is_ambiguous_waits_for_a_file(realm: KcbRealm, world: World, tmp_path: Path) -> None:
    old_users(realm, range(2))
    before = users(realm)
    world.students([student(22600000, mail="e1@ancien.example"), student(22600001)])
    shared = before["22600001"]
    realm.call("PUT", f"users/{shared['id']}", shared | {"email": "e1@ancien.example"})
    found = plan("--by", "email", "--by", "username")
    assert (found["adoptions"], [left["who"] for left in found["ambiguous"]]) == (
        [],
        ["22600001", "apogee:22600000"],
    )
    table = tmp_path / "who.csv"
    table.write_text(
        f"key,id\napogee:22600000,{before['22600000']['id']}\napogee:22600001,22600001\n", "utf-8"
    )
    settled = plan("--by", str(table))
    assert [(a["key"], a["username"]) for a in settled["adoptions"]] == [
        ("apogee:22600000", "22600000"),
        ("apogee:22600001", "22600001"),
    ]
    problem = str(kcb("apply", settled["digest"], fails=True).exception)
    assert "not the plan any more" in problem, "without --by it is another"
    kcb("apply", settled["digest"][:12], "--by", str(table))
    assert all("kcbKey" in user["attributes"] for user in users(realm).values())
