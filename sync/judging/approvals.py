"""What operators said yes to: one plan by its digest, or the closings of one day. Every yes has a name, a reason and an
end, and is in the audit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kc_bridge.domain.errors import BridgeError
from kc_bridge.store import audit
from kc_bridge.store.sync import Approval, SyncRun

__all__ = [
    "UnknownPlan",
    "approve_day",
    "approve_plan",
    "approved_days",
    "differences",
    "plan_named",
    "standing_approval",
    "use",
    "waiting",
]

AFTER_THE_DAY = timedelta(days=14)
"""How long after a day an approval of its closings counts: for runs that come late, or ended in part."""
SHORTEST = 8
"""Characters of a digest that name a plan."""
DIGEST = 64
ENTRIES = ("create", "update", "disable", "enable", "purge")


class UnknownPlan(BridgeError):
    """A digest nobody has seen."""

    def __str__(self) -> str:
        return (
            "No run was refused with a plan of that digest.\n"
            "  → See what waits (kcb sync status), or give the whole digest as kcb sync plan shows it."
        )


def plan_named(session: Session, digest: str) -> str:
    """The whole digest: one given whole may be of a plan only looked at, a beginning is of a plan that was refused.

    Raises :class:`UnknownPlan`.
    """
    digest = digest.strip().lower()
    if len(digest) == DIGEST and set(digest) <= set("0123456789abcdef"):
        return digest
    query = (
        select(SyncRun.plan_digest).where(SyncRun.status == "refused").order_by(SyncRun.id.desc()).limit(100)
    )
    found = {known for known in session.scalars(query) if known and known.startswith(digest)}
    if len(digest) < SHORTEST or len(found) != 1:
        raise UnknownPlan
    return found.pop()


def approve_plan(
    session: Session, digest: str, *, actor: str, reason: str, now: datetime, lifetime: timedelta
) -> Approval:
    """Lets the very plan of that digest be applied until ``lifetime`` has passed."""
    approval = Approval(digest=digest, actor=actor, reason=reason, created_at=now, expires_at=now + lifetime)
    session.add(approval)
    audit.record(session, now, actor, "sync.plan_approved", digest=digest, reason=reason)
    return approval


def approve_day(
    session: Session, due_on: date, *, actor: str, reason: str, now: datetime, foreseen: int
) -> Approval:
    """Lets the calendar close accounts whose first closed day is ``due_on``, however many; until two weeks after it.

    ``foreseen``: what the operator was told, for the audit.
    """
    end = datetime.combine(due_on, datetime.min.time(), now.tzinfo) + AFTER_THE_DAY
    approval = Approval(due_on=due_on, actor=actor, reason=reason, created_at=now, expires_at=end)
    session.add(approval)
    audit.record(
        session,
        now,
        actor,
        "sync.closings_approved",
        day=due_on.isoformat(),
        foreseen=foreseen,
        reason=reason,
    )
    return approval


def approved_days(session: Session, days: Collection[date], now: datetime) -> frozenset[date]:
    """Which of those days' closings are approved."""
    if not days:
        return frozenset()
    query = select(Approval.due_on).where(
        Approval.due_on.between(min(days), max(days)), Approval.expires_at > now
    )
    return frozenset(day for day in session.scalars(query) if day and day in days)


def standing_approval(session: Session, digest: str, now: datetime) -> Approval | None:
    """The approval of that very plan, if one has not ended. Used once, it still counts: the same digest is the same plan,
    and a run may die before it has written anything."""
    query = select(Approval).where(Approval.digest == digest, Approval.expires_at > now)
    return session.scalars(query.order_by(Approval.id.desc()).limit(1)).first()


def waiting(session: Session, now: datetime) -> list[Approval]:
    """Approvals that still count, the latest first: of plans not applied yet, and of days."""
    unused = or_(Approval.digest.is_(None), Approval.used_at.is_(None))
    query = select(Approval).where(Approval.expires_at > now, unused).order_by(Approval.id.desc())
    return list(session.scalars(query))


def use(session: Session, approval: Approval, now: datetime) -> None:
    """The plan is about to be applied on somebody's word."""
    approval.used_at = approval.used_at or now
    audit.record(
        session,
        now,
        approval.actor,
        "sync.approved_plan_applied",
        digest=approval.digest,
        reason=approval.reason,
    )


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """How two runs' counts differ, in words: why a plan is not the one that was approved.

    Both as runs keep them: ``planned`` by kind, ``ends_earlier``, ``sources`` by name.
    """
    told = []
    for kind in ENTRIES:
        was, is_ = before.get("planned", {}).get(kind, 0), now.get("planned", {}).get(kind, 0)
        if was != is_:
            told.append(f"{kind} {was} → {is_}")
    was, is_ = before.get("ends_earlier", 0), now.get("ends_earlier", 0)
    if was != is_:
        told.append(f"ends moved earlier {was} → {is_}")
    sources = {**before.get("sources", {}), **now.get("sources", {})}
    for name in sorted(sources):
        for what in ("rows", "changed", "quarantined"):
            was = before.get("sources", {}).get(name, {}).get(what, 0)
            is_ = now.get("sources", {}).get(name, {}).get(what, 0)
            if was != is_:
                told.append(f"{name}: {was} → {is_} rows{'' if what == 'rows' else ' ' + what}")
    return told or [
        "as many actions of each kind, but for other people, with other values, or on another day"
    ]
