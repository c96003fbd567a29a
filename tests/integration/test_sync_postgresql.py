"""The sync's bookkeeping on PostgreSQL: same results, and an advisory lock instead of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kc_bridge.settings import Settings
from sync.turns.lock import AlreadyRunning, single_run
from tests.support.postgres import PostgresServer
from tests.support.sync_world import World, staff, student


def test_runs_on_postgresql(postgres: PostgresServer, tmp_path: Path) -> None:
    world = World(tmp_path, settings=Settings(database_url=postgres.database("sync")))
    world.students([student(n, first=f"Zo{chr(96 + n)}", last="Núñez") for n in range(1, 6)])
    world.staff([staff(), staff("P2", first="Léa", population="guest", end="31/10/2026")])
    assert world.run().outcome.done["create"] == 7
    assert world.nothing_to_do()

    shared = [student(n, ine="123456789AB") for n in (1, 2)]
    world.students([*shared, student(3, status="A"), *(student(n, last="Núñez") for n in (4, 5))])
    assert world.on(2026, 11, 1).run().outcome.done == {"disable": 2, "update": 2}
    assert [row.line for row in world.quarantine()] == [2, 3]

    with single_run(world.database), pytest.raises(AlreadyRunning):
        world.run()
    assert world.run().status == "ok"
