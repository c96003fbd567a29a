"""``kcb doctor`` on the last run of the sync."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kc_bridge.realm.finding import Finding, Installation
from kc_bridge.realm.sync_checks import last_run
from kc_bridge.settings import Settings
from kc_bridge.store.sync import SyncRun
from sync.guard import PlanRefused
from tests.support.sync_world import World, student


def look(world: World) -> Finding:
    settings = world.settings.model_copy(update={"sync_every": timedelta(minutes=5)})
    return last_run(Installation(settings, None), lambda: world.now)


def test_without_a_run_or_a_database(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    found = last_run(Installation(Settings(database_url=f"sqlite:///{file}"), None))
    assert (found.level, found.detail[:10]) == ("ok", "no run yet")
    assert not file.exists(), "nothing is changed by looking"


@pytest.mark.parametrize(
    ("status", "minutes", "level"),
    [
        ("ok", 10, "ok"),
        ("ok", 17, "warn"),
        ("partial", 1, "warn"),
        ("failed", 1, "fail"),
        ("refused", 1, "fail"),
        ("running", 0, "ok"),
        ("running", 2, "warn"),
    ],
)
def test_by_status_and_age(tmp_path: Path, status: str, minutes: int, level: str) -> None:
    world = World(tmp_path)
    with world.sessions.begin() as db:
        db.add(SyncRun(started_at=world.now - timedelta(minutes=minutes), status=status, holder="host:7"))
    found = look(world)
    assert found.level == level
    assert "host:7" in found.detail
    assert bool(found.remedy) is (level != "ok")


def test_a_refused_plan_says_how_to_approve_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.students([student(n, first=f"P{n}") for n in range(1, 31)])
    world.run()
    world.students([student(n, first=f"P{n}", status="A") for n in range(1, 31)])
    with pytest.raises(PlanRefused) as refused:
        world.run()
    assert f"kcb sync approve {refused.value.digest}" in look(world).detail
