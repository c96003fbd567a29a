"""Another name on a real Keycloak: the login people type changes, what applications know them by does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from kc_bridge.adapters.directories import open_directory
from sync.persons import commands
from tests.integration.kcb_realm import KcbRealm
from tests.support.sync_world import World, student

PASSWORD = "Printemps-2026!"
APPLICATION = "rename-test-app"
BEFORE, AFTER = "marie.martin@etu.univ-demo.fr", "camille.roy@etu.univ-demo.fr"
FENCES = count(4 * 10**12, 10**6)


@pytest.fixture(scope="module")
def realm(realms: Callable[..., KcbRealm]) -> KcbRealm:
    realm = realms(directory="admin")
    client = {"clientId": APPLICATION, "publicClient": True, "directAccessGrantsEnabled": True}
    realm.call("POST", "clients", client)
    return realm


@pytest.fixture(params=["batch", "admin"])
def world(
    request: pytest.FixtureRequest, realm: KcbRealm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    database = f"sqlite:///{tmp_path / 'sync.db'}"
    settings = realm.settings.model_copy(update={"database_url": database, "directory": request.param})
    world = World(tmp_path, open_directory(settings), settings)
    world.begin_fences_at(next(FENCES))
    monkeypatch.setattr(commands, "load", lambda: world.settings)
    monkeypatch.setattr(commands, "system_clock", lambda: world.now)
    yield world
    for user in realm.call("GET", "users", params={"max": 100}):
        realm.call("DELETE", f"users/{user['id']}")


def log_in(realm: KcbRealm, username: str) -> requests.Response:
    form = {"client_id": APPLICATION, "grant_type": "password", "username": username, "password": PASSWORD}
    return requests.post(f"{realm.settings.issuer}/protocol/openid-connect/token", data=form, timeout=30)


def test_a_rename_changes_login_and_mail_and_keeps_the_rest(realm: KcbRealm, world: World) -> None:
    world.students([student(1)])
    world.run()
    user_id = world.person("apogee:1").keycloak_id
    user = realm.call("GET", f"users/{user_id}")
    realm.call("PUT", f"users/{user_id}", user | {"requiredActions": []})
    password = {"type": "password", "value": PASSWORD, "temporary": False}
    realm.call("PUT", f"users/{user_id}/reset-password", password)
    assert log_in(realm, BEFORE).ok

    asked = ["rename", BEFORE, "--first", "Camille", "--last", "Roy", "--reason", "mariage", "--yes"]
    result = CliRunner().invoke(commands.person, asked)
    assert result.exit_code == 0, result.output
    report = world.run()
    assert (report.status, report.plan.counts["update"]) == ("ok", 1)
    assert world.quarantine() == []

    renamed = realm.call("GET", f"users/{user_id}")
    assert (renamed["username"], renamed["email"], renamed["firstName"], renamed["lastName"]) == (
        AFTER, AFTER, "Camille", "Roy",
    )  # fmt: skip
    kept = ("uid", "eduPersonPrincipalName", "kcbKey")
    assert {n: renamed["attributes"][n] for n in kept} == {n: user["attributes"][n] for n in kept}
    assert renamed["attributes"]["mailAlternateAddress"] == [BEFORE]
    assert log_in(realm, AFTER).ok
    assert not log_in(realm, BEFORE).ok
    assert sum(world.run().plan.counts.values()) == 0
