"""One run at a time, whoever starts it: a file lock beside SQLite, an advisory lock in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

from kc_bridge.domain.errors import BridgeError

__all__ = ["AlreadyRunning", "single_run"]

ADVISORY_LOCK = 0x6B63_6273  # « kcbs »


class AlreadyRunning(BridgeError):
    """Another process is syncing; it does the same work."""

    def __str__(self) -> str:
        return "Another sync is running. Nothing to do: it reads the same sources."


@contextmanager
def single_run(engine: Engine) -> Iterator[None]:
    """Raises :class:`AlreadyRunning` at once when another process holds the lock; a dead one's lock is free."""
    if engine.dialect.name == "sqlite":
        lock = FileLock(f"{engine.url.database}.sync.lock", timeout=0)
        try:
            with lock:
                yield
        except Timeout:
            raise AlreadyRunning from None
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:id)"), {"id": ADVISORY_LOCK}):
            raise AlreadyRunning
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:id)"), {"id": ADVISORY_LOCK})
