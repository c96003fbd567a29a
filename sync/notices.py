"""Notices of the end of an account: 30 days before, 7 days before, and when it has closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.domain.calendar import local_date
from kc_bridge.services import Services
from kc_bridge.store.models import Affiliation, Person
from kc_bridge.store.outbox import enqueue
from sync.rules.lifecycle import CLOSED

__all__ = ["DECEASED", "Notice", "announce_ends", "notice_due"]

BEFORE = (30, 7)
"""Days before the last one, the earliest first."""
LATE = 7
"""Days after the end in which somebody is still told that it has come; later it would be news of long ago, as when a
whole register is read for the first time."""
DECEASED = "deceased"
"""Status of an affiliation whose person gets no notice: whoever reads that mailbox has lost somebody."""


@dataclass(frozen=True)
class Notice:
    """One mail: ``kind`` of the outbox, and which of that kind."""

    kind: str
    which: str


def notice_due(end: date, today: date, active_since: date) -> Notice | None:
    """The one notice of this day for an account whose last day is ``end``; the same on every day until the next one.

    A day on which nobody looked is caught up. Somebody whose account began within the days of a notice was told its
    end at that moment, and needs none.
    """
    if today > end:
        return Notice("closed", "closed") if today <= end + timedelta(days=LATE) else None
    days = [days for days in BEFORE if today >= end - timedelta(days=days)]
    if not days or active_since > end - timedelta(days=days[-1]):
        return None
    return Notice("ends_soon", str(days[-1]))


def announce_ends(kcb: Services) -> int:
    """Queues the notices due today, each once for a person, an end and a kind; returns how many.

    Only owners of an account they have activated are told: nobody else could miss it.
    """
    now, today = kcb.clock(), kcb.today()
    with kcb.sessions.begin() as db:
        return sum(_queue(db, person, notice, now) for person, notice in _due(db, kcb, today))


def _due(db: Session, kcb: Services, today: date) -> Iterator[tuple[Person, Notice]]:
    deceased = select(Affiliation.id).where(
        Affiliation.person_id == Person.id, Affiliation.status == DECEASED
    )
    people = select(Person).where(
        Person.account_end >= today - timedelta(days=LATE),
        Person.account_end <= today + timedelta(days=max(BEFORE)),
        Person.activated_at.is_not(None),
        ~deceased.exists(),
    )
    for person in db.scalars(people):
        if person.account_end is None or person.activated_at is None:
            continue
        if person.account_end < today and person.state != CLOSED:
            continue  # the next sync closes it, or finds a later end
        since = local_date(person.activated_at, kcb.settings.timezone)
        notice = notice_due(person.account_end, today, since)
        if notice is not None:
            yield person, notice


def _queue(db: Session, person: Person, notice: Notice, now: datetime) -> bool:
    assert person.account_end is not None
    end = person.account_end.isoformat()
    return enqueue(
        db,
        kind=notice.kind,
        person_id=person.id,
        dedupe_key=f"end:{person.id}:{end}:{notice.which}",
        payload={"end": end},
        now=now,
    )
