"""``kcb doctor`` on the promise of 15 minutes: by the intervals set, and by how long runs have lasted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kc_bridge.realm.finding import Installation
from kc_bridge.realm.promise_checks import enrolment_to_mail
from kc_bridge.settings import Settings
from kc_bridge.store.sync import SyncRun
from tests.support.sync_world import World


@pytest.mark.parametrize(("minutes", "level"), [(5, "ok"), (14, "ok"), (15, "warn"), (60, "warn")])
def test_by_the_intervals(tmp_path: Path, minutes: int, level: str) -> None:
    file = tmp_path / "none.db"
    settings = Settings(database_url=f"sqlite:///{file}", sync_every=timedelta(minutes=minutes))
    found = enrolment_to_mail(Installation(settings, None))
    assert found.level == level, found
    assert ("sync_every" in found.remedy) is (level == "warn")
    assert not file.exists(), "nothing is changed by looking"


@pytest.mark.parametrize(("minutes", "level"), [(7, "ok"), (8, "warn")])
def test_by_the_longest_recent_run(tmp_path: Path, minutes: int, level: str) -> None:
    """A row that comes just after a run of 8 minutes has begun waits for it and for the next one: 16 minutes."""
    world = World(tmp_path)
    with world.sessions.begin() as db:
        for lasted in (0, minutes, 1):
            ended = world.now + timedelta(minutes=lasted)
            db.add(SyncRun(started_at=world.now, finished_at=ended, status="ok"))
        db.add(SyncRun(started_at=world.now))
    assert enrolment_to_mail(Installation(world.settings, None)).level == level
