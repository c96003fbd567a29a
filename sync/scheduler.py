"""The clockwork: one process that syncs and sends mails at their intervals."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine

from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.errors import BridgeError
from kc_bridge.housekeeping import tidy
from kc_bridge.mailer import send_waiting
from kc_bridge.services import build
from kc_bridge.settings import Settings
from kc_bridge.store.database import session_factory
from sync.engine import SyncEngine
from sync.lock import AlreadyRunning

__all__ = ["make_scheduler", "serve"]

log = structlog.get_logger()


def sync_job(engine: SyncEngine) -> Callable[[], None]:
    """One scheduled run: what goes wrong is logged, and the next run goes on."""

    def _run() -> None:
        try:
            report = engine.run()
        except AlreadyRunning:
            log.info("sync skipped", reason="another run has the lock")
        except BridgeError as error:
            log.error("sync stopped", error=type(error).__name__, reason=str(error))
        else:
            log.info("sync done", status=report.status, **report.counts())

    return _run


def outbox_job(settings: Settings, database: Engine) -> Callable[[], None]:
    """One round of the outbox."""
    sessions = session_factory(database)

    def _run() -> None:
        taken = send_waiting(settings, sessions, system_clock)
        if taken:
            log.info("mails sent", count=taken)

    return _run


def housekeeping_job(settings: Settings) -> Callable[[], None]:
    """One round of everything else."""
    kcb = build(settings)
    return lambda: tidy(kcb)


def make_scheduler(
    settings: Settings,
    sync: Callable[[], None],
    outbox: Callable[[], None],
    housekeeping: Callable[[], None] = lambda: None,
) -> BackgroundScheduler:
    """Jobs live in memory (stores must never be shared); missed runs become one, and no job overlaps itself."""
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    now = datetime.now(UTC)
    for job, name, every in (
        (sync, "sync", settings.sync_every),
        (outbox, "outbox", settings.outbox_every),
        (housekeeping, "housekeeping", settings.housekeeping_every),
    ):
        scheduler.add_job(job, "interval", seconds=every.total_seconds(), id=name, next_run_time=now)
    return scheduler


def serve(settings: Settings, engine: SyncEngine, database: Engine) -> None:
    """Runs until SIGINT or SIGTERM; a run under way is finished first."""
    # Waited for rather than handled: a handler that stops the scheduler may interrupt it while it holds its own lock.
    stops = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    scheduler = make_scheduler(
        settings, sync_job(engine), outbox_job(settings, database), housekeeping_job(settings)
    )
    scheduler.start()
    log.info(
        "scheduler started",
        sync_every=settings.sync_every.total_seconds(),
        outbox_every=settings.outbox_every.total_seconds(),
        housekeeping_every=settings.housekeeping_every.total_seconds(),
    )
    stopped_by = signal.sigwait(stops)
    log.info("scheduler stopping", signal=signal.Signals(stopped_by).name)
    scheduler.shutdown(wait=True)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
