"""The days on which an affiliation keeps an account open: its own, and those the profile adds before and after."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from kc_bridge.domain.affiliation import VALID, Affiliation, Status
from kc_bridge.domain.lifecycle import Lifecycle

__all__ = ["ONE_DAY", "Window", "expected_until", "next_days", "window"]

ONE_DAY = timedelta(days=1)


class Window(NamedTuple):
    """``opens`` ≤ ``first`` … ``last`` ≤ ``closes``; None: unbounded on that side."""

    affiliation: Affiliation
    opens: date | None
    """First day of the account; days before ``first`` are ahead of the right."""
    first: date | None
    last: date | None
    closes: date | None
    """Last day of the account; days after ``last`` are grace."""

    def covers(self, day: date) -> bool:
        """Whether it keeps an account open on ``day``."""
        return (self.opens is None or self.opens <= day) and (self.closes is None or day <= self.closes)

    def is_early(self, day: date) -> bool:
        """Open, and what gives the right has not begun; a pre-admission is nothing but that."""
        announced = self.affiliation.status == Status.PRE_ADMITTED
        return self.covers(day) and (announced or (self.first is not None and day < self.first))

    def is_late(self, day: date) -> bool:
        """Open, and what gave the right has ended."""
        return self.covers(day) and self.last is not None and day > self.last


def window(affiliation: Affiliation, lifecycle: Lifecycle) -> Window | None:
    """The days of ``affiliation``; None when it never opens anything."""
    start, end = affiliation.start, affiliation.end
    if affiliation.status == Status.PRE_ADMITTED:
        return _announced(affiliation, lifecycle)
    if not affiliation.gives_right:
        return None
    opens, closes = start, end
    if start and (early := lifecycle.early_days.get(affiliation.population, 0)):
        opens = start - timedelta(days=early)
    if end and (grace := _grace(affiliation, lifecycle)):
        closes = end + timedelta(days=grace)
    return Window(affiliation, opens, start, end, closes)


def next_days(window: Window, today: date) -> list[date]:
    """The days after ``today`` on which something about it changes."""
    before = {day for day in (window.opens, window.first) if day and day > today}
    return [*before, *(day + ONE_DAY for day in {window.last, window.closes} if day and day >= today)]


def expected_until(affiliation: Affiliation, lifecycle: Lifecycle) -> date | None:
    """Last day on which somebody pre-admitted may still enrol; None for whoever is not."""
    if affiliation.status != Status.PRE_ADMITTED or affiliation.start is None:
        return None
    last = affiliation.start + timedelta(days=lifecycle.pre_admitted_stay_days) - ONE_DAY
    return min(last, affiliation.end) if affiliation.end else last


def _announced(affiliation: Affiliation, lifecycle: Lifecycle) -> Window | None:
    start, last = affiliation.start, expected_until(affiliation, lifecycle)
    if start is None or last is None or lifecycle.pre_admitted_days is None:
        return None
    opens = start - timedelta(days=lifecycle.pre_admitted_days)
    return Window(affiliation, opens, start, last, last) if opens <= last else None


def _grace(affiliation: Affiliation, lifecycle: Lifecycle) -> int:
    """Whoever was cancelled, withdrew or was excluded has none."""
    if affiliation.status == Status.UNPAID:
        return lifecycle.unpaid_days
    return lifecycle.grace_days.get(affiliation.population, 0) if affiliation.status == VALID else 0
