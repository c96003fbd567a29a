"""Scenario 35 with whole runs: the last second of the year, a server elsewhere, hours missed, clocks that go wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kc_bridge.domain.lifecycle import Lifecycle
from sync.guard import PlanRefused
from tests.support.sync_world import World, student

LAST_SECOND = datetime(2027, 12, 31, 22, 59, 59, tzinfo=UTC)
MIDNIGHT = datetime(2027, 12, 31, 23, 0, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.students([student(1)])
    world.run()
    return world


def at(world: World, now: datetime) -> World:
    world.now = now
    return world


def is_open(world: World) -> bool:
    return world.directory.open[world.person("apogee:1").keycloak_id or ""]


@pytest.mark.usefixtures("server_elsewhere")
def test_the_year_ends_in_paris_wherever_the_server_is(world: World) -> None:
    at(world, LAST_SECOND).run()
    assert is_open(world)
    at(world, MIDNIGHT).run()
    assert not is_open(world)
    at(world, LAST_SECOND).run()
    assert not is_open(world), "a clock that goes back by a second opens nothing"


def test_days_nobody_looked_at_are_caught_up_once(world: World) -> None:
    world.on(2028, 1, 9).run()
    assert not is_open(world)
    writes = len(world.directory.writes)
    world.on(2028, 1, 9, hour=9).run()
    assert len(world.directory.writes) == writes


def test_a_clock_that_goes_back_opens_nothing_whatever_else_changes(world: World) -> None:
    world.on(2028, 1, 1).run()
    world.on(2027, 6, 1)
    world.students([student(1, last="Durand", phone="0639980001", programme="L1MAT1")])
    world.run()
    assert not is_open(world)
    assert "enable" not in {kind for kind, _ in world.directory.writes}
    world.students([student(1, year=2027, created="06/07/2027")])
    world.on(2028, 1, 3).run()
    assert is_open(world), "a later end does"


def test_a_clock_that_jumps_ahead_neither_closes_everybody_nor_erases_anybody(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.profile = world.profile.model_copy(
        update={"lifecycle": Lifecycle(purge_data_days=30, purge_account_days=60)}
    )
    world.students([student(n, first=f"P{n}") for n in range(1, 31)])
    world.run()
    world.on(2098, 1, 1)
    with pytest.raises(PlanRefused):
        world.run()
    assert all(world.directory.open.values())
    (tmp_path / "few").mkdir()
    few = World(tmp_path / "few")
    few.profile = world.profile
    few.students([student(1)])
    few.run()
    few.on(2098, 1, 1).run()
    assert [kind for kind, _ in few.directory.writes].count("delete") == 0
    few.on(2026, 9, 2).run()
    assert len(few.directory.held) == 2, "closed by mistake, and all of it is there"
