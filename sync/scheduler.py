"""The clockwork: one process that syncs and sends mails at their intervals. Any number may run: one of them leads."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import Engine

from kc_bridge.channels.rounds import rounds
from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.errors import BridgeError
from kc_bridge.housekeeping import tidy
from kc_bridge.mailer import send_waiting
from kc_bridge.services import build
from kc_bridge.settings import Settings
from kc_bridge.store.database import session_factory
from sync.clockwork import Clockwork, Job
from sync.engine import SyncEngine
from sync.guard import PlanRefused
from sync.metrics import serve_metrics
from sync.stage_log import StageLog
from sync.turns.lock import AlreadyRunning, NotDue

__all__ = ["housekeeping_job", "outbox_job", "serve", "sync_job", "telling_jobs", "the_jobs"]

log = structlog.get_logger()

LOOKS = 10
"""How often in an interval each scheduler looks whether a run is due: one that died is replaced so much sooner."""
LOOK_AT_CLOCK = 5.0
"""Seconds after which a time of day that was set back is noticed."""
SHORTEST_LOOK, LONGEST_LOOK = timedelta(seconds=1), timedelta(seconds=10)


def look_every(sync_every: timedelta) -> timedelta:
    """How often a scheduler looks whether a run is due."""
    return min(max(sync_every / LOOKS, SHORTEST_LOOK), LONGEST_LOOK, sync_every)


def sync_job(engine: SyncEngine, every: timedelta | None = None) -> Callable[[], None]:
    """One scheduled run, unless some scheduler began one less than ``every`` ago: what goes wrong is logged, and the next
    run goes on."""
    told: list[object] = [None]

    def _run() -> None:
        stages = StageLog(log)
        try:
            report = engine.run(every=every, progress=stages)
        except NotDue:
            pass
        except AlreadyRunning as busy:
            stuck = busy.silent is not None
            if told[0] != (busy.holder, busy.since, stuck):  # once for each run, however often we look
                told[0] = (busy.holder, busy.since, stuck)
                say = log.warning if stuck else log.info
                say("sync skipped", reason="another run has the lock", holder=busy.holder, hint=str(busy))
        except PlanRefused as error:
            log.error(
                "sync refused",
                digest=error.digest,
                reasons=[refusal.problem for refusal in error.refusals],
                remedies=[refusal.remedy for refusal in error.refusals],
                changed=error.changed,
                approve=f"kcb sync approve {error.digest} --reason …",
            )
        except BridgeError as error:
            log.error("sync stopped", error=type(error).__name__, reason=str(error))
        else:
            log.info("sync done", status=report.status, seconds=stages.seconds, **report.counts())

    return _run


def outbox_job(settings: Settings, database: Engine) -> Callable[[], None]:
    """One round of the outbox."""
    sessions = session_factory(database)

    def _run() -> None:
        taken = send_waiting(settings, sessions, system_clock)
        if taken:
            log.info("mails sent", count=taken)

    return _run


def telling_jobs(settings: Settings, database: Engine) -> list[Job]:
    """A round for each other channel of the outbox, in a thread of its own: who is down holds up nobody else."""

    def _job(channel: str, send: Callable[[], int]) -> Callable[[], None]:
        def _run() -> None:
            if taken := send():
                log.info("messages delivered", channel=channel, count=taken)

        return _run

    found = rounds(settings, session_factory(database), system_clock)
    return [
        Job(f"outbox.{channel}", settings.outbox_every, _job(channel, send))
        for channel, send in found.items()
    ]


def housekeeping_job(settings: Settings) -> Callable[[], None]:
    """One round of everything else."""
    kcb = build(settings)
    return lambda: tidy(kcb)


def the_jobs(settings: Settings, engine: SyncEngine, database: Engine) -> list[Job]:
    """What a scheduler does, and how often."""
    look = look_every(settings.sync_every)
    # Looked at often, a run begins up to one look early rather than late.
    due = max(settings.sync_every - look, timedelta(milliseconds=1))
    return [
        Job("sync", look, sync_job(engine, due)),
        Job("outbox", settings.outbox_every, outbox_job(settings, database)),
        *telling_jobs(settings, database),
        Job("housekeeping", settings.housekeeping_every, housekeeping_job(settings)),
    ]


def serve(settings: Settings, engine: SyncEngine, database: Engine) -> None:
    """Runs until SIGINT or SIGTERM; a run under way is finished first."""
    # Waited for rather than handled: a handler would run in the middle of something else.
    stops = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    clockwork = Clockwork(the_jobs(settings, engine, database))
    metrics = serve_metrics(settings, database)
    clockwork.start()
    log.info(
        "scheduler started",
        sync_every=settings.sync_every.total_seconds(),
        outbox_every=settings.outbox_every.total_seconds(),
        housekeeping_every=settings.housekeeping_every.total_seconds(),
        metrics_port=settings.metrics_port,
    )
    while (stopped_by := _awaited(stops)) is None:
        clockwork.look()
    log.info("scheduler stopping", signal=stopped_by.name)
    clockwork.stop()
    metrics()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _awaited(stops: set[signal.Signals]) -> signal.Signals | None:
    """The signal that came, or None after a while.

    Python answers with whatever is in memory when the process was stopped (SIGSTOP) for longer than it meant to wait.
    """
    found = signal.sigtimedwait(stops, LOOK_AT_CLOCK)
    return signal.Signals(found.si_signo) if found is not None and found.si_signo in stops else None
