"""The list of runs, kept short: one every few minutes is a hundred thousand a year."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from kc_bridge.services import Services
from kc_bridge.store.sync import SyncRun

__all__ = ["KEPT", "forget_old_runs"]

KEPT = timedelta(days=90)
"""What changed for whom is in the audit, however old."""


def forget_old_runs(kcb: Services) -> int:
    """Forgets runs that ended long ago; returns how many. The last one that was applied whole stays, and so does the last
    of all, whose fence the next one's must exceed."""
    with kcb.sessions.begin() as db:
        stays = (
            select(func.max(SyncRun.id)).where(SyncRun.status == "ok").scalar_subquery(),
            select(func.max(SyncRun.id)).scalar_subquery(),
        )
        kept = [number for number in db.execute(select(*stays)).one() if number is not None]
        old = delete(SyncRun).where(SyncRun.finished_at < kcb.clock() - KEPT, SyncRun.id.not_in(kept))
        return int(db.execute(old).rowcount)  # type: ignore[attr-defined]
