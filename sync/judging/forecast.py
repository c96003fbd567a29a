"""How many accounts the calendar alone will close or delete, day by day: stored a week before, so that 1 January needs nobody at
work and a wrong clock is noticed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import DATA_PURGED, EXPIRED, OPEN
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.store.models import Affiliation, Person
from kc_bridge.store.sync import Forecast

__all__ = ["CLOSING", "HORIZON", "LOSS", "NOTICE", "closings_ahead", "foreseen", "losses_ahead", "remember"]

CLOSING, LOSS = "closing", "loss"

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


def losses_ahead(session: Session, lifecycle: Lifecycle, after: date, until: date) -> Counter[date]:
    """Day → closed accounts that lose their data, or are deleted, from it on if no record changes, for the days
    ``after < day <= until`` (:func:`sync.rules.purge.stage`)."""
    stages = (
        (lifecycle.purge_data_days, (EXPIRED,)),
        (lifecycle.purge_account_days, (EXPIRED, DATA_PURGED)),
    )
    ahead: Counter[date] = Counter()
    for days, states in stages:
        if days is None:
            continue
        delay = timedelta(days=days)
        query = (
            select(Person.closed_on, func.count())
            .where(
                Person.closed_on > after - delay,
                Person.closed_on <= until - delay,
                Person.keycloak_id.is_not(None),
                Person.state.in_(states),
            )
            .group_by(Person.closed_on)
        )
        ahead.update({closed + delay: count for closed, count in session.execute(query) if closed})
    return ahead


def remember(session: Session, today: date, lifecycle: Lifecycle) -> bool:
    """Stores what is foreseen for the days to come, once a day; False when today's is there already."""
    if session.scalar(select(Forecast.due_on).where(Forecast.made_on == today).limit(1)):
        return False
    until = today + HORIZON
    ahead = {
        CLOSING: closings_ahead(session, today, until),
        LOSS: losses_ahead(session, lifecycle, today, until),
    }
    days = [today + timedelta(days=n) for n in range(1, HORIZON.days + 1)]
    session.add_all(
        Forecast(what=what, due_on=day, made_on=today, count=counts.get(day, 0))
        for what, counts in ahead.items()
        for day in days
    )
    session.execute(delete(Forecast).where(Forecast.made_on < today - KEPT))
    return True


def foreseen(session: Session, days: Collection[date], what: str = CLOSING) -> dict[date, int]:
    """What was foreseen for those days at least :data:`NOTICE` before each, by the last such forecast."""
    by_day: dict[date, tuple[date, int]] = defaultdict(lambda: (date.min, 0))
    if not days:
        return {}
    query = select(Forecast).where(Forecast.what == what, Forecast.due_on.between(min(days), max(days)))
    for row in session.scalars(query):
        if row.due_on in days and row.made_on <= row.due_on - NOTICE:
            by_day[row.due_on] = max(by_day[row.due_on], (row.made_on, row.count))
    return {day: count for day, (_, count) in by_day.items()}
