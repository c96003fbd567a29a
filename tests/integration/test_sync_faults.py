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
from kc_bridge.domain.errors import KeycloakUnavailable
from sync.persons import renaming
from sync.writing import pace
from tests.integration.kcb_realm import KcbRealm
from tests.integration.sync_realm import clear, held, nothing_doubled, owed, repaired
from tests.support.counts import SOAK
from tests.support.counts import count as count_of
from tests.support.fault_proxy import FAULTS, TOO_SLOW, FaultProxy, slow_by
from tests.support.ports import free_port
from tests.support.sync_world import World, student

REALM_SETTINGS = {"directory": "admin"}
"""Rights for both ways of writing users."""

PEOPLE = 14
"""Students; with the member of staff, five requests of three."""
EVERYBODY = PEOPLE + 1
BATCH = "users/batch"
TOKEN = "openid-connect/token"
PATIENCE = timedelta(seconds=2)
"""For a Keycloak that does not answer in time; a real one may take its time."""
SLOW = 5 if SOAK else 0.3
"""Seconds of every answer of a Keycloak that is slow, which is no failure yet."""
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
    clear(realm)


def writes_by(world: World, way: str = "batch", patience: timedelta | None = None) -> None:
    """The world's runs write that way, three users a request."""
    timeout = patience or world.settings.keycloak_timeout
    world.used = open_directory(
        world.settings.model_copy(update={"directory": way, "keycloak_timeout": timeout})
    )
    world.used.batch = 3


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "slow"])
def test_it_fails_for_good_after_some_requests(
    realm: KcbRealm, world: World, proxy: FaultProxy, fault: str
) -> None:
    with proxy.failing(FAULTS[fault], BATCH, after=1):
        report = world.run()

    outcome = report.outcome
    assert (report.status, world.last_run().status) == ("partial", "partial")
    assert outcome.done["create"] == len(world.mails()) == 3, "what was answered for is done"
    assert outcome.failed + outcome.left == EVERYBODY - 3
    assert outcome.failed == owed(world)
    assert outcome.last_error
    assert (outcome.come_back is not None) == (fault == "429")
    nothing_doubled(realm, world)
    if fault == "lost answer":
        assert len(held(realm)) > 3, "Keycloak did more than anybody heard of"
    repaired(realm, world, EVERYBODY)


@pytest.mark.parametrize("fault", some(*TOO_SLOW))
def test_it_answers_too_slowly(realm: KcbRealm, world: World, proxy: FaultProxy, fault: str) -> None:
    everybody = world.students_file.read_bytes()
    world.students(everybody.decode().splitlines()[1:3])
    assert world.run().outcome.done["create"] == 3

    world.students_file.write_bytes(everybody)
    writes_by(world, patience=PATIENCE)
    with proxy.failing(TOO_SLOW[fault], BATCH):
        report = world.run()
    outcome = report.outcome
    assert (report.status, dict(outcome.done), len(world.mails())) == ("partial", {}, 3)
    assert outcome.failed + outcome.left == EVERYBODY - 3
    assert outcome.failed == owed(world) > 0
    proxy.idle()
    nothing_doubled(realm, world)
    assert (len(held(realm)) == 3) == (fault == "silent"), "the others were written, and nobody heard of it"
    writes_by(world)
    repaired(realm, world, EVERYBODY)


def test_it_is_slow_and_answers(realm: KcbRealm, world: World, proxy: FaultProxy) -> None:
    with proxy.failing(slow_by(SLOW)):
        report = world.run()
    assert (report.status, report.outcome.done["create"], owed(world)) == ("ok", EVERYBODY, 0)
    nothing_doubled(realm, world)
    assert len(held(realm)) == len(world.mails()) == EVERYBODY
    assert sum(BATCH in request for request in proxy.requests) >= 5


def test_its_list_of_users_stands_still(realm: KcbRealm, world: World, proxy: FaultProxy) -> None:
    world.run()
    writes_by(world, patience=PATIENCE)
    with proxy.failing(TOO_SLOW["drips"], "users/digests"), pytest.raises(KeycloakUnavailable):
        list(world.used.digests())
    assert len(list(open_directory(world.settings).digests())) == EVERYBODY


@pytest.mark.parametrize("fault", some("lost answer", "half answer", "503", "500", "HTML with 200", "down"))
def test_it_fails_once_and_the_run_goes_on(
    realm: KcbRealm, world: World, proxy: FaultProxy, fault: str
) -> None:
    with proxy.failing(FAULTS[fault], BATCH, after=2, times=1):
        assert world.run().status == "ok"
    nothing_doubled(realm, world)
    assert len(held(realm)) == len(world.mails()) == EVERYBODY


@pytest.mark.parametrize("fault", some("503", "lost answer", "down", "drips"))
def test_it_gives_no_token(realm: KcbRealm, world: World, proxy: FaultProxy, fault: str) -> None:
    writes_by(world, patience=PATIENCE if fault in TOO_SLOW else None)
    with proxy.failing((FAULTS | TOO_SLOW)[fault], TOKEN):
        report = world.run()
    assert (report.status, report.outcome.done, world.mails()) == ("partial", {}, [])
    assert (report.outcome.failed, held(realm)) == (owed(world), Counter())
    writes_by(world)
    repaired(realm, world, EVERYBODY)


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
    repaired(realm, world, EVERYBODY)


@pytest.mark.parametrize(("way", "path"), [("batch", BATCH), ("admin", "/users")])
def test_a_rename_between_a_lost_answer_and_its_repair(
    realm: KcbRealm, world: World, proxy: FaultProxy, way: str, path: str
) -> None:
    """Keycloak holds somebody we never heard of, by a name that is no longer theirs."""
    writes_by(world, way)
    world.students([student(1)])
    with proxy.failing(FAULTS["lost answer"], path):
        assert world.run().status == "partial"
    assert (owed(world), len(held(realm))) == (2, 2)
    with world.sessions.begin() as session:
        person = session.merge(world.person("apogee:1"))
        today = world.now.date()
        named = renaming.plan(session, person, world.profile, today, first_name="Camille", last_name="Roy")
        renaming.rename(
            session, person, named, world.profile, actor="test", reason="", now=world.now, today=today
        )
    assert world.run().status == "ok"
    assert (set(held(realm).values()), len(held(realm)), owed(world)) == ({1}, 2, 0)
    assert named.login in {user["username"] for user in realm.call("GET", "users")}
    assert world.run().plan.writes == 0
