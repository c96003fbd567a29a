"""Limits that hold for all processes at once: moving windows, kept in the bridge's database.

A limit is one of the library ``limits``. Its own storages are Redis and the like, or forget at a restart; ours is a list of
instants in a table, so « 5 an hour » means five in any sixty minutes, also across the full hour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from limits import RateLimitItem
from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kc_bridge.domain.errors import TooManyTries
from kc_bridge.store.web import RateWindow

__all__ = ["Spending", "free_at", "spend"]

Spending = tuple[RateLimitItem, str]
"""A limit, and the name under which it counts: an address, a number, a person."""


def spend(db: Session, now: datetime, *spendings: Spending) -> None:
    """Counts one try under every name, in the caller's transaction; parallel ones wait for each other.

    Raises :class:`TooManyTries` with the moment the last of the exhausted limits opens again; the others have
    counted all the same when the caller commits.
    """
    in_one_order = sorted(spendings, key=lambda spending: spending[0].key_for(spending[1]))  # so no deadlock
    windows = [_Window(db, now, limit, name) for limit, name in in_one_order]
    refused = [window for window in windows if not window.hit()]
    if refused:
        raise TooManyTries(max(window.opens_at for window in refused))


def free_at(db: Session, now: datetime, spendings: Iterable[Spending]) -> datetime | None:
    """When one more try would be allowed; None when it is now. Counts nothing."""
    windows = [_Window(db, now, limit, name) for limit, name in spendings]
    return max((window.opens_at for window in windows if window.is_full), default=None)


class _Window:
    """One limit under one name, at a given time."""

    def __init__(self, db: Session, now: datetime, limit: RateLimitItem, name: str) -> None:
        self._db, self._now = db, now
        self._amount, self._length = limit.amount, timedelta(seconds=limit.get_expiry())
        # Names are numbers and addresses of people: the table holds none of them in clear.
        self._key = hashlib.sha256(limit.key_for(name).encode()).hexdigest()

    def hit(self) -> bool:
        """Counts a try, unless the window is full."""
        row = self._locked()
        counting = self._counting(row)
        if len(counting) >= self._amount:
            return False
        row.hits = [*counting, self._now.timestamp()]
        row.expires_at = self._now + self._length
        return True

    @property
    def is_full(self) -> bool:
        return len(self._counting(self._row())) >= self._amount

    @property
    def opens_at(self) -> datetime:
        """When the oldest try that counts no longer does."""
        return datetime.fromtimestamp(self._counting(self._row())[0], UTC) + self._length

    def _row(self) -> RateWindow | None:
        return self._db.get(RateWindow, self._key)

    def _counting(self, row: RateWindow | None) -> list[float]:
        since = (self._now - self._length).timestamp()
        return [hit for hit in row.hits if hit > since] if row else []

    def _locked(self) -> RateWindow:
        """The window's row, held until the transaction ends."""
        wanted = select(RateWindow).where(RateWindow.key_sha256 == self._key).with_for_update()
        row = self._db.scalar(wanted.execution_options(populate_existing=True))
        if row is None:
            self._clear()
            self._db.execute(self._new())
            row = self._db.scalars(wanted).one()
        return row

    def _clear(self) -> None:
        """Removes windows that have passed. Those another process holds are left: waiting for them could wait for us."""
        passed = select(RateWindow.key_sha256).where(RateWindow.expires_at <= self._now)
        held_by_nobody = passed.with_for_update(skip_locked=True)
        self._db.execute(delete(RateWindow).where(RateWindow.key_sha256.in_(held_by_nobody)))

    def _new(self) -> Any:
        """An insertion that leaves alone the row another process has just made."""
        values = {"key_sha256": self._key, "hits": [], "expires_at": self._now}
        match self._db.get_bind().dialect.name:
            case "postgresql":
                return postgresql.insert(RateWindow).values(values).on_conflict_do_nothing()
            case "sqlite":
                return sqlite.insert(RateWindow).values(values).on_conflict_do_nothing()
            case _:
                return insert(RateWindow).values(values)
