"""A run that finds no room for its temporary file says so, and has changed nothing."""

from __future__ import annotations

import pytest

from sync.engine import NoRoom
from sync.planning import staging
from tests.support.sync_world import World, student


def test_a_full_disk_is_told_with_what_to_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.students([student(n, first=f"P{n}") for n in range(1, 300)])
    with monkeypatch.context() as full:
        full.setattr(staging, "TABLES", f"{staging.TABLES}; PRAGMA max_page_count = 30;")
        with pytest.raises(NoRoom, match="TMPDIR"):
            world.run()
    assert (world.last_run().status, world.directory.writes) == ("failed", [])
    assert world.run().outcome.done["create"] == 300
