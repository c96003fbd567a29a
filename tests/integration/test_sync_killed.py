"""Scenario 30: a run is killed (kill -9) anywhere. The next one converges: one user and one mail a person, nothing lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count as numbers
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from kc_bridge.adapters.directories import open_directory
from kc_bridge.ports import Result, Write
from kc_bridge.store import models
from tests.integration.kcb_realm import KcbRealm
from tests.integration.sync_realm import clear, held, nothing_doubled
from tests.support.counts import count
from tests.support.sync_world import World, student

NEW, RENAMED, CANCELLED = 9, 3, 3
"""People of each day: a run of so many has some thirty points at which it may die."""
KILLS = count(4, 100)


class Deadly:
    """The directory of a process that dies at its n-th point: before or after a request, before or after a commit."""

    batch = 4

    def __init__(self, world: World, point: float) -> None:
        self._directory = open_directory(world.settings)
        self._points, self._point = numbers(1), point
        event.listen(world.database, "commit", lambda _connection: self.pass_point())
        event.listen(world.database, "checkin", lambda *_: self.pass_point())

    def write(self, writes: list[Write], fence: int) -> list[Result]:
        self.pass_point()
        results = self._directory.write(writes, fence)
        self.pass_point()
        return results

    def pass_point(self) -> None:
        if next(self._points) >= self._point:
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def world(realm: KcbRealm, tmp_path: Path) -> Iterator[World]:
    database = f"sqlite:///{tmp_path / 'sync.db'}"
    world = World(tmp_path, settings=realm.settings.model_copy(update={"database_url": database}))
    world.used = open_directory(world.settings)
    yield world
    clear(realm)


def in_a_process(work: Callable[[], Any]) -> int:
    """Exit code of a process that does it; minus 9 when it was killed."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    return process.exitcode or 0


def run_to(world: World, point: float) -> None:
    """In the process that is to die: with connections of its own."""
    world.database.dispose(close=False)
    world.used = Deadly(world, point)  # type: ignore[assignment]
    world.run()


def days() -> Iterator[list[str]]:
    """The register, each day with people who are new, renamed, and gone."""
    lines: dict[int, dict[str, str]] = {}
    for day in numbers():
        yesterday = list(lines)[-NEW:]
        for n in yesterday[:RENAMED]:
            lines[n]["usual"] = f"Durand{chr(97 + n % 26)}"
        for n in yesterday[-CANCELLED:]:
            lines[n]["status"] = "A"
        for n in range(day * NEW + 1, (day + 1) * NEW + 1):
            lines[n] = {"first": f"Prénom{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}"}
        yield [student(n, **fields) for n, fields in lines.items()]


def as_wanted(realm: KcbRealm, world: World) -> bool:
    """Keycloak holds of everybody what the bridge last decided."""
    digests = {found.user_id: found.digest for found in world.used.digests()} if world.used else {}
    with world.sessions() as session:
        people = session.query(models.Person).all()
        return all(p.digest and digests.get(p.keycloak_id or "") == p.digest for p in people)


def test_the_next_run_converges(realm: KcbRealm, world: World) -> None:
    register, chance = days(), Random(30)
    points = 50
    killed = 0
    while killed < KILLS:
        world.students(next(register))
        point = chance.randint(1, points)
        code = in_a_process(partial(run_to, world, point))
        killed += code == -signal.SIGKILL
        assert code in {0, -signal.SIGKILL}
        nothing_doubled(realm, world)

        assert world.run().status == "ok"
        assert set(held(realm).values()) == {1}
        assert as_wanted(realm, world)
        assert world.run().plan.writes == 0
    created = world.count(models.Person)
    assert len(held(realm)) == len(world.mails()) == created
