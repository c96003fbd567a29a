from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from kc_bridge.store.sync import SyncRun
from sync.chores.old_runs import forget_old_runs
from tests.support.bridge import FixedClock, make_app, services_of


def test_runs_of_long_ago_are_forgotten_but_the_last_of_each_kind(tmp_path: Path) -> None:
    kcb = services_of(make_app(tmp_path, FixedClock()))
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        for number, (status, days) in enumerate(
            [("ok", 400), ("ok", 300), ("failed", 200), ("refused", 100), ("failed", 95)], 1
        ):
            then = now - timedelta(days=days)
            db.add(SyncRun(id=number, started_at=then, finished_at=then, status=status, fence=number))
    assert forget_old_runs(kcb) == 3
    with kcb.sessions.begin() as db:
        assert list(db.scalars(select(SyncRun.id).order_by(SyncRun.id))) == [2, 5]
        db.add(SyncRun(id=6, started_at=now, status="running", fence=6))
    assert forget_old_runs(kcb) == 1
    assert forget_old_runs(kcb) == 0
