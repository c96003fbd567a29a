"""The mails of a first start: the first thing to try is one of them, so the demo is READY when they have arrived."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import and_, create_engine, func, or_, select

from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.store.models import OutboxMessage
from kc_bridge.store.outbox import MAIL

__all__ = ["PATIENCE", "mails_due", "wait_while_they_leave"]

PATIENCE = 60.0
"""Seconds without any mail leaving after which nobody waits any longer: the mails' page and ``kcb outbox`` tell more."""


def mails_due(database: Path, clock: Clock = system_clock) -> Callable[[], int]:
    """Counts the mails that ought to leave the bridge's SQLite ``database`` about now; those put off for longer do not.

    A connection of its own kind: the bridge's own would take the write lock, and hold up the mails it counts.
    """
    engine = create_engine(f"sqlite:///{database}")

    def count() -> int:
        soon = clock() + timedelta(seconds=PATIENCE)
        waiting = and_(OutboxMessage.state == "waiting", OutboxMessage.not_before <= soon)
        due = select(func.count()).where(
            OutboxMessage.channel == MAIL, or_(waiting, OutboxMessage.state == "sending")
        )
        with engine.connect() as connection:
            return connection.scalar(due) or 0

    return count


def wait_while_they_leave(
    due: Callable[[], int],
    pause: Callable[[], None],
    tell: Callable[[str], None],
    steady: Callable[[], float] = time.monotonic,
) -> int:
    """Returns how many of the mails ``due`` are left: none, unless no mail left for :data:`PATIENCE`.

    ``pause`` is called between two looks, ``tell`` with a few words on how far it is. However slow the machine is,
    mails that leave are waited for.
    """
    most = left = due()
    since = steady()
    while left and steady() - since < PATIENCE:
        tell(f"{most - left} of {most}")
        pause()
        before, left = left, due()
        most = max(most, left)
        if left != before:
            since = steady()
    return left
