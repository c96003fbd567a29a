"""What the guard needs to know, gathered; and whether an operator has approved what it refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.store.sync import SyncRun
from sync.guard import PlanRefused, Refusal, SourceCount, inspect
from sync.judging import approvals, forecast
from sync.people import known
from sync.plan import Plan
from sync.reading.source import Reading
from sync.sources.guests import NAME as GUESTS

__all__ = ["judge", "let_pass"]


def judge(
    session: Session,
    plan: Plan,
    readings: Iterable[Reading],
    counts: Mapping[str, Mapping[str, int]],
    now: datetime,
    lifecycle: Lifecycle,
) -> list[Refusal]:
    """What the guard says of a plan."""
    states = known.source_states(session)
    sources = [
        SourceCount(
            reading.source,
            reading.rows if reading.counted or state is None else state.rows,
            state.rows if state else None,
            counts[reading.source]["quarantined"],
            state.rejected if state else None,
        )
        for reading in readings
        if reading.source != GUESTS  # our own table is never truncated, and may well be empty
        for state in [states.get(reading.source)]
    ]
    losses = _losses(plan, lifecycle)
    closes = plan.counts["disable"] or plan.shortened or losses
    return inspect(
        plan,
        sources,
        known.open_accounts(session) if closes else 0,
        foreseen=_to_come(plan.due, now) | forecast.foreseen(session, plan.due.keys()),
        approved=approvals.approved_days(session, plan.due.keys(), now),
        losses=losses,
        losses_foreseen=_to_come(losses, now) | forecast.foreseen(session, losses.keys(), forecast.LOSS),
    )


def _to_come(days: Mapping[date, int], now: datetime) -> dict[date, int]:
    """Of a plan for another day (``--as-of``): those of which a forecast will be made in time, if no record changes."""
    return {day: count for day, count in days.items() if day - forecast.NOTICE > now.date()}


def _losses(plan: Plan, lifecycle: Lifecycle) -> Counter[date]:
    """What cannot be undone, by the day on which it came due."""
    losses: Counter[date] = Counter()
    for closed_on, days in (
        (plan.erasures, lifecycle.purge_data_days),
        (plan.purges, lifecycle.purge_account_days),
    ):
        losses.update({day + timedelta(days=days or 0): count for day, count in closed_on.items()})
    return losses


def let_pass(
    session: Session, plan: Plan, refusals: list[Refusal], counts: Mapping[str, Any], now: datetime
) -> None:
    """Notes that a refused plan is applied on somebody's word. Raises :class:`PlanRefused` where nobody gave it."""
    approval = approvals.standing_approval(session, plan.digest, now)
    if approval is None:
        raise PlanRefused(refusals, plan.digest, _changed(session, counts, now))
    approvals.use(session, approval, now)


def _changed(session: Session, counts: Mapping[str, Any], now: datetime) -> list[str]:
    """Of the latest approval that waits for another plan: how this plan differs from that one."""
    digests = [approval.digest for approval in approvals.waiting(session, now) if approval.digest]
    if not digests:
        return []
    query = select(SyncRun.counts).where(SyncRun.plan_digest == digests[0]).order_by(SyncRun.id.desc())
    approved = session.scalars(query.limit(1)).first()
    if approved is None:
        return [f"{digests[0][:16]}…, of which no run has kept the numbers"]
    return [f"{digests[0][:16]}…", *approvals.differences(approved, counts)]
