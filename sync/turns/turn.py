"""Whose turn it is to sync: a file lock beside SQLite, an advisory lock in PostgreSQL, which a process that no longer
shows a sign of life can be relieved of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, Row, text, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from kc_bridge.store.sync import SyncRun

__all__ = ["Turn", "turn_of"]

TURN = 0x6B63_6273
"""« kcbs »: the advisory lock of whoever syncs."""
RELIEF = TURN + 1
"""Of whoever relieves them: two at once would relieve each other."""
GIVEN_UP = 5
"""Seconds in which PostgreSQL has ended a connection it was told to end."""

HOLDER = text(
    "SELECT a.pid, a.application_name, extract(epoch FROM clock_timestamp() - a.state_change) AS silent"
    " FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = :id AND l.objsubid = 1"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
END = text(
    # Its other connections too: a stopped process may hold rows in the middle of a transaction.
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    " AND (pid = :pid OR (application_name = :name AND application_name LIKE 'kc-bridge %'))"
)


class Turn(Protocol):
    """Held as a context; what a dead process held is free."""

    def __enter__(self) -> Turn: ...

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def take(self) -> bool:
        """False when another process has it, and is alive as far as can be told."""
        ...

    def begun(self) -> None:
        """The run's row is there: others see that somebody is at work."""
        ...

    def beat(self, run_id: int, now: datetime) -> None:
        """A sign of life. Raises ``SQLAlchemyError`` when the turn may be lost."""
        ...


def turn_of(engine: Engine, silence: timedelta) -> Turn:
    """The turn kept in that database. ``silence``: after how long without a sign of life somebody is relieved."""
    return _FileTurn(engine) if engine.dialect.name == "sqlite" else _AdvisoryTurn(engine, silence)


class _FileTurn:
    """Every process is on one machine, whose kernel frees the lock of whoever dies. Nobody can be relieved."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = FileLock(f"{engine.url.database}.sync.lock", timeout=0)

    def __enter__(self) -> _FileTurn:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def take(self) -> bool:
        try:
            self._lock.acquire()
        except Timeout:
            return False
        return True

    def begun(self) -> None: ...

    def beat(self, run_id: int, now: datetime) -> None:
        # A database that is busy, or full for a while, takes the kernel's lock from nobody: the next sign will do.
        with contextlib.suppress(OperationalError), self._engine.begin() as connection:
            connection.execute(update(SyncRun).where(SyncRun.id == run_id).values(heartbeat_at=now))


class _AdvisoryTurn:
    """The lock belongs to one connection, on which every sign of life is given: PostgreSQL itself knows when the last was,
    whatever the clocks of the machines say."""

    def __init__(self, engine: Engine, silence: timedelta) -> None:
        self._engine = engine
        self._silence = silence
        self._relieving = False

    def __enter__(self) -> _AdvisoryTurn:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection = connection
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(SQLAlchemyError):  # somebody has taken our place, or PostgreSQL is away
            self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
        with contextlib.suppress(SQLAlchemyError):
            self._connection.close()

    def take(self) -> bool:
        if self._try(TURN):
            return True
        if not self._silent(self._holder()) or not self._try(RELIEF):
            return False
        self._relieving = True
        if self._relieve():
            return True
        self.begun()
        return False

    def begun(self) -> None:
        if self._relieving:
            self._connection.execute(text("SELECT pg_advisory_unlock(:id)"), {"id": RELIEF})
            self._relieving = False

    def beat(self, run_id: int, now: datetime) -> None:
        run = update(SyncRun).where(SyncRun.id == run_id, SyncRun.status == "running")
        self._connection.execute(run.values(heartbeat_at=now))

    def _relieve(self) -> bool:
        """Looks again, now that nobody else does the same; then takes the turn from whoever is silent."""
        holder = self._holder()
        if holder is not None:
            if not self._silent(holder):
                return False
            self._connection.execute(END, {"pid": holder.pid, "name": holder.application_name})
        with _lock_timeout(self._connection):
            try:
                self._connection.execute(text("SELECT pg_advisory_lock(:id)"), {"id": TURN})
            except SQLAlchemyError:
                return False
        return True

    def _holder(self) -> Row[tuple[int, str, float]] | None:
        return self._connection.execute(HOLDER, {"id": TURN}).first()

    def _try(self, lock: int) -> bool:
        return bool(self._connection.scalar(text("SELECT pg_try_advisory_lock(:id)"), {"id": lock}))

    def _silent(self, holder: Row[tuple[int, str, float]] | None) -> bool:
        return holder is not None and holder.silent >= self._silence.total_seconds()


@contextmanager
def _lock_timeout(connection: Connection) -> Iterator[None]:
    connection.execute(text(f"SET lock_timeout = '{GIVEN_UP}s'"))
    try:
        yield
    finally:
        connection.execute(text("SET lock_timeout = DEFAULT"))
