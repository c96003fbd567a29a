"""Notices of the end of an account: 30 days before, 7 days before, and when it has closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import EXPIRED, OPEN
from kc_bridge.domain.affiliation import DECEASED
from kc_bridge.domain.calendar import local_date
from kc_bridge.services import Services
from kc_bridge.store.among import among
from kc_bridge.store.bulk import insert_missing
from kc_bridge.store.models import Affiliation, OutboxMessage, Person
from sync.chores.spreading import Slots

__all__ = ["Notice", "announce_ends", "notice_due"]

BEFORE = (30, 7)
"""Days before the last one, the earliest first."""
LATE = 7
"""Days after the end in which somebody is still told that it has come; later it would be news of long ago, as when a
whole register is read for the first time."""
CHUNK = 500
"""Persons told in one transaction."""


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
    """Queues the notices due today, each once for a person, an end and a kind, to leave one after the other at the rate
    of the settings; returns how many.

    Only owners of an account they have activated are told: nobody else could miss it.
    """
    queued, after = 0, ""
    with kcb.sessions.begin() as db:
        slots = Slots.of(db, kcb.clock(), kcb.settings.notices_per_hour)
    while True:
        with kcb.sessions.begin() as db:
            people = db.scalars(_concerned(kcb, after)).all()
            queued += _queue(db, _new(db, list(_due(people, kcb))), kcb, slots)
        if len(people) < CHUNK:
            return queued
        after = people[-1].id


def _concerned(kcb: Services, after: str) -> Select[Person]:
    """People whose account ends or ended about now, a page of them."""
    today = kcb.today()
    deceased = select(Affiliation.id).where(
        Affiliation.person_id == Person.id, Affiliation.status == DECEASED
    )
    return (
        select(Person)
        .where(
            Person.account_end >= today - timedelta(days=LATE),
            Person.account_end <= today + timedelta(days=max(BEFORE)),
            Person.activated_at.is_not(None),
            Person.state.in_({*OPEN, EXPIRED}),
            ~deceased.exists(),
            Person.id > after,
        )
        .order_by(Person.id)
        .limit(CHUNK)
    )


def _due(people: Sequence[Person], kcb: Services) -> Iterator[tuple[str, Person, Notice]]:
    """What to tell whom, by the key that tells it once."""
    today = kcb.today()
    for person in people:
        if person.account_end is None or person.activated_at is None:
            continue
        if person.account_end < today and person.state in OPEN:
            continue  # the next sync closes it, or finds a later end
        since = local_date(person.activated_at, kcb.settings.timezone)
        notice = notice_due(person.account_end, today, since)
        if notice is not None:
            yield f"end:{person.id}:{person.account_end.isoformat()}:{notice.which}", person, notice


def _new(db: Session, due: list[tuple[str, Person, Notice]]) -> list[tuple[str, Person, Notice]]:
    """Those not told yet."""
    keys = select(OutboxMessage.dedupe_key).where(among(OutboxMessage.dedupe_key, [key for key, _, _ in due]))
    told = set(db.scalars(keys))
    return [each for each in due if each[0] not in told]


def _queue(db: Session, due: list[tuple[str, Person, Notice]], kcb: Services, slots: Slots) -> int:
    now = kcb.clock()
    rows = [
        {
            "channel": "mail",
            "kind": notice.kind,
            "person_id": person.id,
            "dedupe_key": key,
            "payload": {"end": person.account_end.isoformat()},
            "created_at": now,
            "not_before": slots.next(),
            "state": "waiting",
            "attempts": 0,
        }
        for key, person, notice in due
        if person.account_end
    ]
    insert_missing(db, OutboxMessage, rows, ["dedupe_key"])
    return len(rows)
