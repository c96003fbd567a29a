"""``kcb sync drift`` on a real Keycloak: what an administrator changes in the console, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kc_bridge.adapters.directories import open_directory
from kc_bridge.cli import cli
from kc_bridge.domain.drift import OWNED, Drift
from kc_bridge.ports import Directory
from sync.drift.check import check, repair
from sync.drift.differences import Difference, Found
from tests.integration.kcb_realm import KcbRealm
from tests.support.sync_world import World, student

REALM_SETTINGS = {"directory": "admin"}
"""Rights for both ways of writing users."""

PEOPLE = [student(22600001), student(22600002, last="Müller"), student(22600003, last="N'Guyen « x »")]
DAYS = count(1, 3)
"""Each test begins later than the one before has ended: the realm remembers the highest fence."""


@pytest.fixture(params=["batch", "admin"])
def world(realm: KcbRealm, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """Three people in Keycloak, written and looked at in either way."""
    changed = {"database_url": f"sqlite:///{tmp_path / 'sync.db'}", "directory": request.param}
    settings = realm.settings.model_copy(update=changed)
    world = World(tmp_path, open_directory(settings), settings).on(2026, 9, next(DAYS))
    world.students(PEOPLE)
    world.run()
    yield world
    for user in realm.call("GET", "users", params={"max": 100}):
        realm.call("DELETE", f"users/{user['id']}")


def look(world: World, directory: Directory | None = None) -> list[Difference]:
    return check(world.sessions, directory or world.used, world.profile, world.now.date())


def change(realm: KcbRealm, world: World, key: str, **fields: Any) -> str:
    """As an administrator does in the console."""
    path = f"users/{world.person(key).keycloak_id}"
    user = realm.call("GET", path)
    user["attributes"] |= fields.pop("attributes", {})
    realm.call("PUT", path, user | fields)
    return str(user["id"])


def test_nothing_differs_after_a_run_and_their_own_attributes_never_count(
    realm: KcbRealm, world: World
) -> None:
    assert look(world) == []
    change(realm, world, "apogee:22600002", attributes={"kcbCharter": ["2026"], "locale": ["en"]})
    assert look(world) == []
    current = {held.key: held for held in world.used.digests(OWNED)}
    assert len(current) == 4, "three students, one member of staff"
    assert all(held.current == held.digest for held in current.values())


def test_an_edit_is_found_with_its_values_and_undone_only_where_wanted(realm: KcbRealm, world: World) -> None:
    user_id = change(
        realm, world, "apogee:22600002", firstName="Maria", attributes={"displayName": ["M. Müller"]}
    )
    (found,) = look(world)
    assert (found.found, found.user_id) == (Found.CHANGED, user_id)
    assert found.attributes == (
        ("firstName", "Marie", "Maria"),
        ("displayName", "Marie Müller", "M. Müller"),
    )
    assert repair(world.sessions, [found], world.profile, world.now, "op") == 0
    forced = world.profile.model_copy(update={"drift": Drift(attributes={"displayName": "force"})})
    assert repair(world.sessions, [found], forced, world.now, "op") == 1
    assert world.run().plan.counts["update"] == 1
    assert realm.call("GET", f"users/{user_id}")["attributes"]["displayName"] == ["Marie Müller"]
    assert look(world) == []


def test_opened_closed_deleted_and_copied_by_hand(realm: KcbRealm, world: World) -> None:
    world.students([student(22600001, status="A"), *PEOPLE[1:]])
    world.now += timedelta(days=1)
    world.run()
    opened = change(realm, world, "apogee:22600001", enabled=True)
    closed = change(realm, world, "apogee:22600002", enabled=False)
    gone = world.person("apogee:22600003").keycloak_id
    realm.call("DELETE", f"users/{gone}")
    copied = realm.create_user("copie", attributes=realm.call("GET", f"users/{opened}")["attributes"])
    stranger = realm.create_user("inconnu")
    found = look(world)
    assert {d.user_id: d.found for d in found} == {
        opened: Found.OPENED,
        closed: Found.CLOSED,
        gone: Found.MISSING,
        copied: Found.UNKNOWN,
        stranger: Found.UNKNOWN,
    }
    assert repair(world.sessions, found, world.profile, world.now, "op") == 1
    assert world.run().plan.counts["disable"] == 1
    assert realm.call("GET", f"users/{opened}")["enabled"] is False
    assert realm.call("GET", f"users/{closed}")["enabled"] is False
    assert realm.call("GET", f"users/{copied}")["enabled"] is True


def test_an_older_database_of_the_bridge_is_seen(world: World) -> None:
    file = Path(world.database.url.database or "")
    world.database.dispose()
    before = file.read_bytes()
    world.students([student(22600001, usual="Durand"), *PEOPLE[1:]])
    world.run()
    world.database.dispose()
    file.write_bytes(before)
    (found,) = look(world)
    assert found.found is Found.UNTOLD


def test_the_command(realm: KcbRealm, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = world.settings
    monkeypatch.setenv("KCB_CONFIG", "none.toml")
    for name in ("database_url", "realm", "keycloak_public_url", "keys_dir", "directory"):
        monkeypatch.setenv(f"KCB_{name.upper()}", str(getattr(settings, name)))
    run = CliRunner().invoke
    assert run(cli, ["sync", "drift"]).output.strip() == "Keycloak holds every user as it was told."
    change(realm, world, "apogee:22600002", email="elle@ailleurs.example")
    told = run(cli, ["sync", "drift", "--json"])
    document = json.loads(told.stdout)
    assert (told.exit_code, document["counts"]["changed"], document["owed"]) == (4, 1, 0)
    (user,) = document["users"]
    assert user["attributes"] == {"email": {"ours": user["login"], "theirs": "elle@ailleurs.example"}}
    assert "changed by hand" in run(cli, ["sync", "drift", "--repair"]).output
