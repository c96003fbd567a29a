"""One run at a time, whoever starts it: a file lock beside SQLite, an advisory lock in PostgreSQL; and the number by
which a run that lost its turn without noticing is refused."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from filelock import FileLock, Timeout
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.domain.errors import BridgeError
from kc_bridge.store.database import session_factory
from kc_bridge.store.sync import SyncRun

__all__ = ["AlreadyRunning", "Lease", "Superseded", "single_run"]

ADVISORY_LOCK = 0x6B63_6273  # « kcbs »


class AlreadyRunning(BridgeError):
    """Another process is syncing; it does the same work."""

    def __str__(self) -> str:
        return "Another sync is running. Nothing to do: it reads the same sources."


class Superseded(BridgeError):
    """A later run has begun: nothing more may be written by this one."""

    def __str__(self) -> str:
        return "Another sync has taken over: this one stops. Nothing is lost, the other does the work."


@dataclass(frozen=True)
class Lease:
    """The right to write, until a later run begins."""

    run_id: int
    fence: int

    def check(self, session: Session) -> None:
        """Call in each transaction that writes. Raises :class:`Superseded`."""
        highest = session.scalar(select(func.max(SyncRun.fence)))
        if highest is not None and highest > self.fence:
            raise Superseded


@contextmanager
def single_run(engine: Engine, clock: Clock = system_clock) -> Iterator[Lease]:
    """Begins a run. Raises :class:`AlreadyRunning` at once when another process holds the lock; a dead one's is free."""
    if engine.dialect.name == "sqlite":
        lock = FileLock(f"{engine.url.database}.sync.lock", timeout=0)
        try:
            with lock:
                yield _begin(engine, clock)
        except Timeout:
            raise AlreadyRunning from None
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:id)"), {"id": ADVISORY_LOCK}):
            raise AlreadyRunning
        try:
            yield _begin(engine, clock)
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:id)"), {"id": ADVISORY_LOCK})


def _begin(engine: Engine, clock: Clock) -> Lease:
    """Opens the run's row; a run still « running » while we hold the lock has died."""
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
            holder=f"{socket.gethostname()}:{os.getpid()}"[:255],
        )
        session.add(run)
        session.flush()
        return Lease(run.id, run.fence or 0)
