"""When the mails that may wait leave: one after the other at a rate, so that 30,000 on one morning are no flood."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kc_bridge.store.bulk import update_rows
from kc_bridge.store.models import OutboxMessage
from kc_bridge.store.outbox import PATIENT

__all__ = ["Slots"]

TOO_LATE = timedelta(minutes=30)
"""A relay that was down for longer finds a crowd waiting: they queue up again, at the same rate."""


class Slots:
    """Moments at which one more mail may leave, each given once."""

    def __init__(self, first: datetime, per_hour: int) -> None:
        self._next, self._step = first, timedelta(hours=1) / per_hour

    @classmethod
    def of(cls, db: Session, now: datetime, per_hour: int) -> Slots:
        """Those after the last of the mails that wait already; writes these anew where they have been waiting too long."""
        waiting = (
            OutboxMessage.channel == "mail",
            OutboxMessage.state == "waiting",
            OutboxMessage.kind.in_(PATIENT),
        )
        first, last = db.execute(
            select(func.min(OutboxMessage.not_before), func.max(OutboxMessage.not_before)).where(*waiting)
        ).one()
        if first is None:
            return cls(now, per_hour)
        if first >= now - TOO_LATE:
            return cls(max(now, last + timedelta(hours=1) / per_hour), per_hour)
        slots = cls(now, per_hour)
        order = OutboxMessage.not_before, OutboxMessage.id
        ids = db.scalars(select(OutboxMessage.id).where(*waiting).order_by(*order)).all()
        update_rows(db, OutboxMessage, [{"id": each, "not_before": slots.next()} for each in ids])
        return slots

    def next(self) -> datetime:
        """The next one."""
        given, self._next = self._next, self._next + self._step
        return given
