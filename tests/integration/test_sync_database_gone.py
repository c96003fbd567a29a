"""Scenario 33: the bridge's own PostgreSQL goes away in the middle of a run. Keycloak has written, and the note of it is
lost: the next run finds those users by their key. Nobody is made twice, nobody is written to twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count as numbers
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from kc_bridge.adapters.directories import open_directory
from sync.scheduler import sync_job
from sync.turns.lock import Superseded
from tests.integration.kcb_realm import KcbRealm
from tests.integration.sync_realm import clear, held, nothing_doubled, owed, repaired
from tests.support.counts import SOAK, count
from tests.support.fault_proxy import FaultProxy
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.sync_world import World, student

PEOPLE = 14
EVERYBODY = PEOPLE + 1
BATCH = "users/batch"
ROUNDS = count(1, 5)
"""Of the five requests, which is the one."""
NUMBER = numbers(1)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One that may be stopped."""
    server = PostgresServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def proxy(keycloak: Any) -> Iterator[FaultProxy]:
    proxy = FaultProxy(free_port(), keycloak.url)
    yield proxy
    proxy.stop()


@pytest.fixture
def world(realm: KcbRealm, proxy: FaultProxy, server: PostgresServer, tmp_path: Path) -> Iterator[World]:
    number = next(NUMBER)
    world = World(
        tmp_path,
        settings=realm.settings.model_copy(
            update={"database_url": server.database(f"gone_{number}"), "keycloak_internal_url": proxy.url}
        ),
    )
    world.begin_fences_at(4 * 10**12 + number * 10**6)
    world.students([student(n, first=f"Prénom{chr(96 + n)}") for n in range(1, PEOPLE + 1)])
    world.used = open_directory(world.settings)
    world.used.batch = 3
    yield world
    clear(realm)


def once_written(then: Callable[[], object]) -> Callable[[Any], None]:
    """Keycloak has written; this happens; then we hear of it."""

    def fault(handler: Any) -> None:
        reply = handler.reply

        def _reply(*answer: Any) -> None:
            then()
            reply(*answer)

        handler.reply = _reply
        handler.forward()

    return fault


@pytest.mark.parametrize("after", range(ROUNDS))
def test_it_stops(
    realm: KcbRealm, world: World, proxy: FaultProxy, server: PostgresServer, after: int
) -> None:
    with (
        proxy.failing(once_written(server.halt), BATCH, after=after, times=1),
        pytest.raises(OperationalError, match="refused"),
    ):
        world.run()
    sync_job(world.engine())()  # a scheduler says so, and looks again
    proxy.idle()
    server.resume()

    assert len(held(realm)) >= 3
    assert len(world.mails()) <= len(held(realm)) - 3, "what was written when it stopped could not be noted"
    assert owed(world) >= 3
    nothing_doubled(realm, world)
    assert world.last_run().status == "running", "nobody could say how it ended"
    repaired(realm, world, EVERYBODY)


@pytest.mark.parametrize("after", range(ROUNDS))
def test_it_is_restarted_and_another_run_begins(
    realm: KcbRealm, world: World, proxy: FaultProxy, server: PostgresServer, after: int
) -> None:
    """The restart frees the turn, though its holder is well: two are at work, and the first finds out."""
    ended: list[str] = []

    def _restart() -> None:
        server.halt()
        server.resume()
        ended.append(world.run().status)

    with (
        proxy.failing(once_written(_restart), BATCH, after=after, times=1),
        pytest.raises((Superseded, SQLAlchemyError)),
    ):
        world.run()
    assert ended == ["ok"]
    assert (len(held(realm)), len(world.mails()), owed(world)) == (EVERYBODY, EVERYBODY, 0)
    repaired(realm, world, EVERYBODY)


@pytest.mark.skipif(not SOAK, reason="soak: the harder restart is tried above")
def test_it_is_restarted_between_two_statements(
    realm: KcbRealm, world: World, proxy: FaultProxy, server: PostgresServer
) -> None:
    """One request at a time: no transaction is open, and the run goes on with a new connection."""
    world.settings = world.settings.model_copy(update={"sync_parallel": 1})

    def _restart() -> None:
        server.halt()
        server.resume()

    with proxy.failing(once_written(_restart), BATCH, after=2, times=1):
        report = world.run()
    assert (report.status, report.outcome.done["create"], owed(world)) == ("ok", EVERYBODY, 0)
    repaired(realm, world, EVERYBODY)
