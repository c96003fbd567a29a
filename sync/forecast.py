"""How many accounts the calendar alone will close, day by day: stored a week before, so that 1 January needs nobody at
work and a wrong clock is noticed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import OPEN
from kc_bridge.store.models import Affiliation, Person
from kc_bridge.store.sync import Forecast

__all__ = ["HORIZON", "NOTICE", "closings_ahead", "foreseen", "remember"]

ONE_DAY = timedelta(days=1)
HORIZON = timedelta(days=14)
"""How far ahead a forecast is stored: a week longer than it must be old, so that a week without a run costs nothing."""
NOTICE = timedelta(days=7)
"""How long before a day its forecast must have been made to count."""
KEPT = timedelta(days=31)


def closings_ahead(session: Session, after: date, until: date) -> dict[date, int]:
    """First closed day → open accounts that close on it if no record changes, for the days ``after < day <= until``.

    An account that is open stays so through its ``account_end`` and no longer (:func:`sync.rules.lifecycle.standing`).
    """
    query = (
        select(Person.account_end, func.count())
        .where(
            Person.account_end >= after,
            Person.account_end < until,
            Person.keycloak_id.is_not(None),
            Person.state.in_(OPEN),
            select(Affiliation.id).where(Affiliation.person_id == Person.id).exists(),
        )
        .group_by(Person.account_end)
    )
    return {end + ONE_DAY: count for end, count in session.execute(query) if end}


def remember(session: Session, today: date) -> bool:
    """Stores what is foreseen for the days to come, once a day; False when today's is there already."""
    if session.scalar(select(Forecast.due_on).where(Forecast.made_on == today).limit(1)):
        return False
    closings = closings_ahead(session, today, today + HORIZON)
    days = (today + timedelta(days=n) for n in range(1, HORIZON.days + 1))
    session.add_all(Forecast(due_on=day, made_on=today, closings=closings.get(day, 0)) for day in days)
    session.execute(delete(Forecast).where(Forecast.made_on < today - KEPT))
    return True


def foreseen(session: Session, days: Collection[date]) -> dict[date, int]:
    """What was foreseen for those days at least :data:`NOTICE` before each, by the last such forecast."""
    by_day: dict[date, tuple[date, int]] = defaultdict(lambda: (date.min, 0))
    if not days:
        return {}
    query = select(Forecast).where(Forecast.due_on.between(min(days), max(days)))
    for row in session.scalars(query):
        if row.due_on in days and row.made_on <= row.due_on - NOTICE:
            by_day[row.due_on] = max(by_day[row.due_on], (row.made_on, row.closings))
    return {day: closings for day, (_, closings) in by_day.items()}
