"""Limits that hold for all processes at once: moving windows of the library ``limits``, kept in the bridge's database.

A window is a list of instants, so « 5 an hour » means five in any sixty minutes, also across the full hour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from limits import RateLimitItem
from limits.storage import MovingWindowSupport
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kc_bridge.domain.errors import TooManyTries
from kc_bridge.store.models import RateWindow

__all__ = ["Spending", "free_at", "spend"]

Spending = tuple[RateLimitItem, str]
"""A limit, and the name under which it counts: an address, a number, a person."""


def spend(db: Session, now: datetime, *spendings: Spending) -> None:
    """Counts one try under every name, in the caller's transaction; parallel ones wait for each other.

    Raises :class:`TooManyTries` with the moment the last of the exhausted limits opens again; the others have
    counted all the same when the caller commits.
    """
    limiter = _limiter(db, now)
    refused = [
        (limit, name)
        for limit, name in sorted(spendings, key=lambda s: (s[1], s[0]))  # one order: no deadlock
        if not limiter.hit(limit, name)
    ]
    if refused:
        raise TooManyTries(max(_opens(limiter, limit, name) for limit, name in refused))


def free_at(db: Session, now: datetime, spendings: Iterable[Spending]) -> datetime | None:
    """When one more try would be allowed; None when it is now. Counts nothing."""
    limiter = _limiter(db, now)
    closed = [_opens(limiter, limit, name) for limit, name in spendings if not limiter.test(limit, name)]
    return max(closed, default=None)


def _limiter(db: Session, now: datetime) -> MovingWindowRateLimiter:
    storage: Any = _Windows(db, now)
    return MovingWindowRateLimiter(storage)


def _opens(limiter: MovingWindowRateLimiter, limit: RateLimitItem, name: str) -> datetime:
    return datetime.fromtimestamp(limiter.get_window_stats(limit, name).reset_time, UTC)


class _Windows(MovingWindowSupport):
    """Windows in the database, at a given time."""

    def __init__(self, db: Session, now: datetime) -> None:
        self.db = db
        self.now = now

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        window = self._locked(_digest(key))
        hits = self._counting(window, expiry)
        if len(hits) + amount > limit:
            return False
        window.hits = hits + [self.now.timestamp()] * amount
        window.expires_at = self.now + timedelta(seconds=expiry)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        hits = self._counting(self.db.get(RateWindow, _digest(key)), expiry)
        return (hits[0] if hits else self.now.timestamp()), len(hits)

    def _counting(self, window: RateWindow | None, expiry: int) -> list[float]:
        since = self.now.timestamp() - expiry
        return [hit for hit in window.hits if hit > since] if window else []

    def _locked(self, key: str) -> RateWindow:
        """The window's row, held until the transaction ends."""
        wanted = select(RateWindow).where(RateWindow.key_sha256 == key).with_for_update()
        window = self.db.scalar(wanted)
        if window is None:
            self.db.execute(delete(RateWindow).where(RateWindow.expires_at <= self.now))
            self.db.execute(self._new(key))
            window = self.db.scalars(wanted).one()
        return window

    def _new(self, key: str) -> Any:
        """An insertion that leaves alone the row another process has just made."""
        values = {"key_sha256": key, "hits": [], "expires_at": self.now}
        match self.db.get_bind().dialect.name:
            case "postgresql":
                return postgresql.insert(RateWindow).values(values).on_conflict_do_nothing()
            case "sqlite":
                return sqlite.insert(RateWindow).values(values).on_conflict_do_nothing()
            case _:
                return insert(RateWindow).values(values)


def _digest(key: str) -> str:
    """Names are numbers and addresses of people: the table holds none of them in clear."""
    return hashlib.sha256(key.encode()).hexdigest()
