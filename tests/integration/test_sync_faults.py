"""Scenario 31: Keycloak fails in the middle of a run, in every way servers do. Nothing is lost or doubled, the run ends
« partial », the next one repairs; and what passes by itself stops nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.adapters.directories import open_directory
from sync.writing import pace
from tests.integration.kcb_realm import KcbRealm
from tests.support.counts import count as count_of
from tests.support.fault_proxy import FAULTS, FaultProxy
from tests.support.ports import free_port
from tests.support.sync_world import World, student

REALM_SETTINGS = {"directory": "admin"}
"""Rights for both ways of writing users."""

PEOPLE = 14
"""Students; with the member of staff, five requests of three."""
EVERYBODY = PEOPLE + 1
BATCH = "users/batch"
TOKEN = "openid-connect/token"
PATIENCE = timedelta(seconds=0.7)
"""For a Keycloak that never answers; the real one may take its time."""
FENCES = count(4 * 10**12, 10**6)


def some(*faults: str) -> tuple[str, ...]:
    """The most telling of them; all of them in a soak."""
    return faults[: count_of(2, len(faults))]


@pytest.fixture(scope="module")
def proxy(keycloak: Any) -> Iterator[FaultProxy]:
    proxy = FaultProxy(free_port(), keycloak.url)
    yield proxy
    proxy.stop()


@pytest.fixture
def world(
    realm: KcbRealm, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setattr(pace, "FIRST_WAIT", 0.01)
    database = f"sqlite:///{tmp_path / 'sync.db'}"
    settings = realm.settings.model_copy(
        update={"database_url": database, "keycloak_internal_url": proxy.url, "directory": "batch"}
    )
    world = World(tmp_path, settings=settings)
    world.begin_fences_at(next(FENCES))
    world.students([student(n, first=f"Prénom{chr(96 + n)}") for n in range(1, PEOPLE + 1)])
    writes_by(world)
    yield world
    for user in realm.call("GET", "users", params={"max": 500}):
        realm.call("DELETE", f"users/{user['id']}")


def writes_by(world: World, way: str = "batch", patience: timedelta | None = None) -> None:
    """The world's runs write that way, three users a request."""
    timeout = patience or world.settings.keycloak_timeout
    world.used = open_directory(
        world.settings.model_copy(update={"directory": way, "keycloak_timeout": timeout})
    )
    world.used.batch = 3


def usernames(realm: KcbRealm) -> Counter[str]:
    users = realm.call("GET", "users", params={"max": 500, "briefRepresentation": False})
    return Counter(user["attributes"]["kcbKey"][0] for user in users)


def nothing_doubled(realm: KcbRealm, world: World) -> None:
    """One user a person, one mail at most."""
    assert max(usernames(realm).values(), default=1) == 1
    assert max(Counter(world.mails()).values(), default=1) == 1


def repaired(realm: KcbRealm, world: World) -> None:
    """The next run leaves every person with one user and one mail, the one after has nothing to do."""
    assert world.run().status == "ok"
    assert set(usernames(realm).values()) == {1}
    assert len(usernames(realm)) == len(world.mails()) == EVERYBODY
    nothing_doubled(realm, world)
    report = world.run()
    assert (report.plan.writes, report.status) == (0, "ok")


@pytest.mark.parametrize("fault", FAULTS)
def test_it_fails_for_good_after_some_requests(
    realm: KcbRealm, world: World, proxy: FaultProxy, fault: str
) -> None:
    writes_by(world, patience=PATIENCE if fault == "slow" else None)
    with proxy.failing(FAULTS[fault], BATCH, after=1):
        report = world.run()

    outcome = report.outcome
    assert (report.status, world.last_run().status) == ("partial", "partial")
    assert outcome.done["create"] == len(world.mails()) == 3, "what was answered for is done"
    assert outcome.failed + outcome.left == EVERYBODY - 3
    assert outcome.last_error
    assert (outcome.come_back is not None) == (fault == "429")
    nothing_doubled(realm, world)
    if fault == "lost answer":
        assert len(usernames(realm)) > 3, "Keycloak did more than anybody heard of"
    writes_by(world)
    repaired(realm, world)


@pytest.mark.parametrize("fault", some("lost answer", "half answer", "503", "500", "HTML with 200", "down"))
def test_it_fails_once_and_the_run_goes_on(
    realm: KcbRealm, world: World, proxy: FaultProxy, fault: str
) -> None:
    with proxy.failing(FAULTS[fault], BATCH, after=2, times=1):
        assert world.run().status == "ok"
    nothing_doubled(realm, world)
    assert len(usernames(realm)) == len(world.mails()) == EVERYBODY


@pytest.mark.parametrize("fault", some("503", "lost answer", "down"))
def test_it_gives_no_token(realm: KcbRealm, world: World, proxy: FaultProxy, fault: str) -> None:
    with proxy.failing(FAULTS[fault], TOKEN):
        report = world.run()
    assert (report.status, report.outcome.done, world.mails()) == ("partial", {}, [])
    repaired(realm, world)


def test_the_keys_of_its_tokens_change_in_the_middle(
    realm: KcbRealm, world: World, proxy: FaultProxy
) -> None:
    """Every token there is ends at once, as if it had expired; a new one is asked for, and nobody notices."""
    proxy.requests.clear()

    def rotate(handler: Any) -> None:
        keys = realm.call("GET", "components", params={"type": "org.keycloak.keys.KeyProvider"})
        (old,) = (key for key in keys if key["providerId"] == "rsa-generated")
        new = {k: v for k, v in old.items() if k != "id"} | {"name": f"rsa-{len(proxy.requests)}"}
        realm.call("POST", "components", new)
        realm.call("DELETE", f"components/{old['id']}")
        handler.forward()

    with proxy.failing(rotate, BATCH, after=2, times=1):
        assert world.run().status == "ok"
    assert sum(TOKEN in request for request in proxy.requests) >= 2
    nothing_doubled(realm, world)
    assert len(world.mails()) == EVERYBODY


@pytest.mark.parametrize("fault", some("lost answer", "503", "HTML with 200", "429", "down"))
def test_the_plain_admin_api_fails(realm: KcbRealm, world: World, proxy: FaultProxy, fault: str) -> None:
    writes_by(world, "admin")
    with proxy.failing(FAULTS[fault], f"/admin/realms/{realm.name}/users", after=5):
        report = world.run()
    assert report.status == "partial"
    assert report.outcome.done["create"] == len(world.mails()) < EVERYBODY
    nothing_doubled(realm, world)
    repaired(realm, world)
