"""How the sync fares: its last runs, and what waits for somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url, select
from sqlalchemy.exc import SQLAlchemyError

from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.realm.finding import Finding, Installation
from kc_bridge.settings import Settings
from kc_bridge.store.database import open_engine, session_factory
from kc_bridge.store.sync import SyncRun

__all__ = ["last_run"]

MISSED = 3
"""Intervals without a run after which no scheduler seems to be there."""


def last_run(installation: Installation, clock: Clock = system_clock) -> Finding:
    """The last run was applied, and not long ago; a refused plan says how to approve it."""
    settings = installation.settings
    run = _last(settings)
    if run is None:
        return Finding("ok", "no run yet: kcb sync plan shows what the first would do")
    return _judge(run, settings, clock())


def _judge(run: SyncRun, settings: Settings, now: datetime) -> Finding:
    began = f"{run.started_at:%Y-%m-%d %H:%M} UTC, by {run.holder or 'an earlier version'}"
    if run.status == "running":
        silent = now - (run.heartbeat_at or run.started_at)
        if silent <= settings.sync_takeover_after:
            return Finding("ok", f"running since {began}")
        return Finding(
            "warn",
            f"running since {began}, without a sign of life for {_seconds(silent)}",
            "End that process; the next run does the work.",
        )
    said = f"{run.status}, {began}"
    if run.status == "refused":
        return Finding(
            "fail",
            f"{said}\n{run.error or ''}",
            "See kcb sync plan and kcb sync status; then approve it, or correct the source.",
        )
    if run.status == "failed":
        return Finding("fail", f"{said}\n{run.error or ''}", "Repair what it names; the next run goes on.")
    if now - (run.finished_at or run.started_at) > MISSED * settings.sync_every + timedelta(minutes=1):
        return Finding("warn", f"{said}: that is long ago", "Start kcb scheduler.")
    if run.status == "partial":
        return Finding(
            "warn", f"{said}: {run.error or 'some users were not written'}", "The next run goes on."
        )
    return Finding("ok", said)


def _last(settings: Settings) -> SyncRun | None:
    """None too when there is no database to ask, which « database » says; opening a SQLite one would make it."""
    file = make_url(settings.database_url).database
    if settings.database_url.startswith("sqlite") and not Path(file or "").exists():
        return None
    try:
        with session_factory(open_engine(settings.database_url))() as db:
            return db.scalars(select(SyncRun).order_by(SyncRun.id.desc()).limit(1)).first()
    except SQLAlchemyError:
        return None


def _seconds(duration: timedelta) -> str:
    return f"{int(duration.total_seconds())} s"
