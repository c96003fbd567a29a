"""One run at a time, whoever starts it; and the number by which a run that lost its turn without noticing is refused."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.domain.errors import BridgeError
from kc_bridge.store.database import session_factory
from kc_bridge.store.sync import SyncRun
from sync.turns.heartbeat import Pulse, beating
from sync.turns.turn import turn_of

__all__ = [
    "SILENCE",
    "AlreadyRunning",
    "Lease",
    "NotDue",
    "Superseded",
    "is_due",
    "latest_run",
    "myself",
    "single_run",
]

SILENCE = timedelta(seconds=30)
"""A run without a sign of life for this long has lost its turn, on PostgreSQL."""
BEATS = 6
"""Signs of life in that time."""


@dataclass
class AlreadyRunning(BridgeError):
    """Another process is syncing; it does the same work."""

    holder: str | None = None
    """``host:pid``."""
    since: datetime | None = None
    silent: timedelta | None = None
    """How long it has given no sign of life; None where it has of late."""

    def __str__(self) -> str:
        who = (
            f": {self.holder} since {self.since:%d/%m/%Y %H:%M:%S} UTC" if self.holder and self.since else ""
        )
        if self.silent is None:
            return f"Another sync is running{who}. Nothing to do: it reads the same sources."
        return (
            f"Another sync holds the lock{who}, and has given no sign of life for {int(self.silent.total_seconds())} s:"
            " its process is stopped or hangs.\n"
            f"  → Let it go on, or end it (kill -CONT, kill -KILL the process {self.holder or '?'}); nothing is lost, the"
            " next run does the work."
        )


class NotDue(BridgeError):
    """Another scheduler has run of late."""


class Superseded(BridgeError):
    """A later run has begun: nothing more may be written by this one."""

    def __str__(self) -> str:
        return "Another sync has taken over: this one stops. Nothing is lost, the other does the work."


@dataclass(frozen=True)
class Lease:
    """The right to write, until a later run begins."""

    run_id: int
    fence: int
    pulse: Pulse = field(default_factory=Pulse, compare=False, repr=False)

    def check(self, session: Session) -> None:
        """Call in each transaction that writes. Raises :class:`Superseded`."""
        self.pulse.felt()
        highest = session.scalar(select(func.max(SyncRun.fence)))
        if highest is not None and highest > self.fence:
            raise Superseded


@contextmanager
def single_run(
    engine: Engine,
    clock: Clock = system_clock,
    *,
    every: timedelta | None = None,
    waiting: Callable[[AlreadyRunning], None] | None = None,
    silence: timedelta = SILENCE,
) -> Iterator[Lease]:
    """Begins a run.

    Raises :class:`AlreadyRunning` when another process holds the lock, unless ``waiting`` is given, which is called
    between tries; :class:`NotDue` when somebody began one less than ``every`` ago. A dead process's lock is free, and on
    PostgreSQL so is that of one without a sign of life for ``silence``.
    """
    with turn_of(engine, silence) as turn:
        while not turn.take():
            busy = _busy(engine, clock(), silence)
            if waiting is None:
                raise busy
            waiting(busy)
        if every is not None and not is_due(latest_run(engine), clock(), every):
            raise NotDue
        lease = _begin(engine, clock)
        turn.begun()
        with beating(lambda: turn.beat(lease.run_id, clock()), silence / BEATS, lease.pulse):
            yield lease


def is_due(latest: SyncRun | None, now: datetime, every: timedelta) -> bool:
    """Whether a scheduled run may begin, for whoever holds the lock.

    One still « running » has died, and what it left is done at once. A clock that went back makes one run more, never
    one less; however long nobody ran, one run catches up.
    """
    if latest is None or latest.status == "running":
        return True
    return not timedelta() <= now - latest.started_at < every


def latest_run(engine: Engine) -> SyncRun | None:
    """The run that began last, whatever the clock said."""
    with session_factory(engine)() as session:
        return session.scalars(select(SyncRun).order_by(SyncRun.id.desc()).limit(1)).first()


def myself() -> str:
    """``host:pid`` of this process."""
    return f"{socket.gethostname()}:{os.getpid()}"[:255]


def _busy(engine: Engine, now: datetime, silence: timedelta) -> AlreadyRunning:
    run = latest_run(engine)
    if run is None or run.status != "running":
        return AlreadyRunning()
    silent = now - (run.heartbeat_at or run.started_at)
    return AlreadyRunning(run.holder, run.started_at, silent if silent > silence else None)


def _begin(engine: Engine, clock: Clock) -> Lease:
    """Opens the run's row; a run still « running » while we hold the lock has died, or lost its turn."""
    now = clock()
    with session_factory(engine).begin() as session:
        session.execute(
            update(SyncRun)
            .where(SyncRun.status == "running")
            .values(status="failed", error="interrupted", finished_at=now)
        )
        highest = session.scalar(select(func.max(SyncRun.fence))) or 0
        run = SyncRun(
            started_at=now,
            heartbeat_at=now,
            fence=max(highest + 1, int(now.timestamp() * 1000)),
            holder=myself(),
        )
        session.add(run)
        session.flush()
        return Lease(run.id, run.fence or 0)
