"""Limits: counted exactly, in moving windows, kept under names that do not meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from sqlalchemy import func, select

from kc_bridge.domain.errors import TooManyTries
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.throttle import Spending, free_at, spend
from kc_bridge.store.web import RateWindow

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
FIVE: RateLimitItem = RateLimitItemPerHour(5, 1, namespace="five")
GAP: RateLimitItem = RateLimitItemPerMinute(1, 5, namespace="gap")


def tries(sessions: SessionFactory, now: datetime, *spendings: Spending) -> datetime | None:
    """One try, committed whatever it says; when the next is allowed, if it was refused."""
    with sessions.begin() as db:
        try:
            spend(db, now, *spendings)
        except TooManyTries as error:
            return error.until
    return None


def test_exactly_the_stated_number(sessions: SessionFactory) -> None:
    answers = [tries(sessions, NOW + timedelta(minutes=n), (FIVE, "x")) for n in range(8)]
    assert answers == [None] * 5 + [NOW + timedelta(hours=1)] * 3


def test_a_refused_try_prolongs_nothing(sessions: SessionFactory) -> None:
    for minute in range(5):
        tries(sessions, NOW + timedelta(minutes=minute), (FIVE, "x"))
    for minute in range(5, 60):
        assert tries(sessions, NOW + timedelta(minutes=minute), (FIVE, "x")) is not None
    assert tries(sessions, NOW + timedelta(minutes=60), (FIVE, "x")) is None
    assert tries(sessions, NOW + timedelta(minutes=60), (FIVE, "x")) == NOW + timedelta(minutes=61)


def test_the_window_moves_across_the_full_hour(sessions: SessionFactory) -> None:
    """Five just before the hour and five just after would be ten in two minutes."""
    late = NOW.replace(minute=59)
    for _ in range(5):
        assert tries(sessions, late, (FIVE, "x")) is None
    assert tries(sessions, late + timedelta(minutes=2), (FIVE, "x")) == late + timedelta(hours=1)


def test_it_opens_at_the_very_moment_said(sessions: SessionFactory) -> None:
    tries(sessions, NOW, (GAP, "x"))
    until = tries(sessions, NOW, (GAP, "x"))
    assert until == NOW + timedelta(minutes=5)
    assert tries(sessions, until - timedelta(microseconds=1), (GAP, "x")) == until
    assert tries(sessions, until, (GAP, "x")) is None


def test_a_refusal_under_one_name_counts_under_the_others(sessions: SessionFactory) -> None:
    """Whoever commits after a refusal: a guess at a held number still costs its address a try."""
    tries(sessions, NOW, (GAP, "number"))
    for _ in range(5):
        assert tries(sessions, NOW, (GAP, "number"), (FIVE, "address")) == NOW + timedelta(minutes=5)
    assert tries(sessions, NOW, (FIVE, "address")) == NOW + timedelta(hours=1)


def test_the_latest_of_several_refusals_is_said(sessions: SessionFactory) -> None:
    for _ in range(5):
        tries(sessions, NOW, (FIVE, "x"))
    tries(sessions, NOW, (GAP, "x"))
    assert tries(sessions, NOW, (GAP, "x"), (FIVE, "x")) == NOW + timedelta(hours=1)
    with sessions() as db:
        assert free_at(db, NOW, [(GAP, "x"), (FIVE, "x")]) == NOW + timedelta(hours=1)
        assert free_at(db, NOW, [(GAP, "x")]) == NOW + timedelta(minutes=5)


def test_rolled_back_is_not_counted(sessions: SessionFactory) -> None:
    for _ in range(9):
        with sessions() as db:
            spend(db, NOW, (FIVE, "x"))
            db.rollback()
    assert tries(sessions, NOW, (FIVE, "x")) is None


def test_looking_counts_nothing(sessions: SessionFactory) -> None:
    with sessions.begin() as db:
        assert [free_at(db, NOW, [(GAP, "x")]) for _ in range(3)] == [None] * 3
    assert tries(sessions, NOW, (GAP, "x")) is None


def test_what_was_looked_at_before_is_read_again_when_counted(sessions: SessionFactory) -> None:
    """Another process may have counted between a look and a try of one transaction."""
    tries(sessions, NOW, (FIVE, "x"))
    with sessions() as db:
        free_at(db, NOW, [(FIVE, "x")])
        db.commit()  # SQLite gives the lock up; the session still knows the row
        for _ in range(4):
            tries(sessions, NOW, (FIVE, "x"))
        with pytest.raises(TooManyTries):
            spend(db, NOW, (FIVE, "x"))


def test_names_do_not_meet(sessions: SessionFactory) -> None:
    """Not under two limits, nor when a name holds what separates the parts of a key."""
    day: RateLimitItem = RateLimitItemPerDay(1, 1, namespace="day")
    other: RateLimitItem = RateLimitItemPerDay(1, 1, namespace="day2")
    names = ["x", "x/1/1/day", "day/x", "x/", "/x", "", "x x", "x\n", "X", "２", "2", "day2/x"]
    spendings = [(limit, name) for limit in (day, other) for name in names]
    assert [tries(sessions, NOW, spending) for spending in spendings] == [None] * len(spendings)
    assert [tries(sessions, NOW, spending) for spending in spendings] != [None] * len(spendings)
    with sessions() as db:
        assert db.scalar(select(func.count()).select_from(RateWindow)) == len(spendings)


def test_the_table_names_nobody(sessions: SessionFactory) -> None:
    tries(sessions, NOW, (FIVE, "0123456789Z"))
    with sessions() as db:
        (window,) = db.scalars(select(RateWindow))
    assert "0123456789Z" not in window.key_sha256
    assert len(window.key_sha256) == 64


def test_windows_that_have_passed_are_cleared(sessions: SessionFactory) -> None:
    for n in range(20):
        tries(sessions, NOW, (FIVE, f"old {n}"))
    tries(sessions, NOW + timedelta(minutes=30), (FIVE, "young"))
    tries(sessions, NOW + timedelta(hours=1), (FIVE, "new"))
    with sessions() as db:
        assert db.scalar(select(func.count()).select_from(RateWindow)) == 2


def test_a_clock_that_goes_back_opens_nothing(sessions: SessionFactory) -> None:
    for _ in range(5):
        tries(sessions, NOW, (FIVE, "x"))
    assert tries(sessions, NOW - timedelta(hours=2), (FIVE, "x")) == NOW + timedelta(hours=1)
