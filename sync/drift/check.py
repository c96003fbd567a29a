"""Comparing what Keycloak holds with what the bridge remembers, and owing again what shall be repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import fields, replace
from datetime import date, datetime
from itertools import starmap
from operator import attrgetter
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import CREATED, OPEN
from kc_bridge.domain.buckets import bucket
from kc_bridge.domain.drift import OWNED
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.ports import Directory, Held, HeldUser
from kc_bridge.store import audit
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.models import Person
from sync.drift.differences import Difference, Found, Told, compare, differing, repairable
from sync.drift.spill import PARTS, Spill
from sync.drift.suspects import asked, suspects
from sync.drift.told import told
from sync.people import known
from sync.planning.draft import draft

__all__ = ["check", "repair"]

CHUNK = 500
# Plain tuples are written to a file and read again ten times as fast as dataclasses.
AS_TOLD = attrgetter(*(field.name for field in fields(Told)))
AS_HELD = attrgetter(*(field.name for field in fields(Held)))


def check(
    sessions: SessionFactory,
    directory: Directory,
    profile: UniversityProfile,
    today: date,
    on_user: Callable[[int], None] = lambda _count: None,
) -> list[Difference]:
    """Every user who differs, in the order of their logins; changes nothing. Raises :class:`KeycloakUnavailable`.

    Costs what both sides need to sum themselves up, and some lines for each who differs. ``on_user`` is told how many
    users were read.
    """
    compared = sorted(set(OWNED) - profile.drift.kept)
    found = list(_compared(sessions, directory, compared, on_user))
    found = list(_still(sessions, found))
    changed = {d.user_id for d in found if d.found is Found.CHANGED}
    if changed:
        near = asked({bucket(user_id) for user_id in changed})
        users = {u.user_id: u for u in directory.users(compared, near) if u.user_id in changed}
        found = list(_looked_at(sessions, found, users, profile, today))
    return sorted(found, key=lambda d: (d.login, d.user_id))


def repair(
    sessions: SessionFactory,
    found: Iterable[Difference],
    profile: UniversityProfile,
    now: datetime,
    actor: str,
) -> int:
    """Has the next run write those the profile's policy wants repaired: they are owed, and pass plan and guard like all
    else. Answers how many; whoever was changed meanwhile is left out."""
    wanted = [d for d in found if d.person_id and repairable(d, profile.drift)]
    count = 0
    for start in range(0, len(wanted), CHUNK):
        with sessions.begin() as session:
            for difference in wanted[start : start + CHUNK]:
                if _owe(session, difference, now):
                    audit.record(
                        session,
                        now,
                        actor,
                        "account.drift",
                        difference.person_id,
                        found=difference.found.value,
                    )
                    count += 1
    return count


def _owe(session: Session, difference: Difference, now: datetime) -> bool:
    one = (Person.id == difference.person_id, Person.digest == difference.digest)
    values: dict[str, Any] = {"digest": None, "updated_at": now}
    conditions = list(one)
    if difference.found is Found.MISSING:
        # Another user is made, and its owner activates it as if it were the first.
        conditions.append(Person.state.in_(OPEN))
        values |= {"keycloak_id": None, "state": CREATED, "generation": Person.generation + 1}
        values |= {"activated_at": None, "reset_at": Person.activated_at}
    done: Any = session.execute(update(Person).where(*conditions).values(**values))
    return bool(done.rowcount)


def _compared(
    sessions: SessionFactory,
    directory: Directory,
    attributes: Sequence[str],
    on_user: Callable[[int], None],
) -> Iterator[Difference]:
    buckets = suspects(sessions, directory, attributes, on_user)
    if buckets is not None and not buckets:
        return
    with sessions() as session:
        ours = Spill((one.key, AS_TOLD(one)) for one in told(session, buckets))
    held = Spill(_counted(directory.digests(attributes, buckets), on_user))
    with closing(ours), closing(held):
        for number in range(PARTS):
            yield from compare(starmap(Told, ours.part(number)), starmap(Held, held.part(number)))


def _counted(held: Iterable[Any], on_user: Callable[[int], None]) -> Iterator[tuple[str, Any]]:
    for user in held:
        on_user(1)
        yield user.key, AS_HELD(user)


def _still(sessions: SessionFactory, found: Sequence[Difference]) -> Iterator[Difference]:
    """Without those a run has changed, or made, while both sides were read."""
    for start in range(0, len(found), CHUNK):
        chunk = found[start : start + CHUNK]
        with sessions() as session:
            ids = [d.person_id for d in chunk if d.person_id]
            now = dict(session.execute(select(Person.id, Person.digest).where(Person.id.in_(ids))).all())
            strangers = [d.user_id for d in chunk if d.found is Found.UNKNOWN]
            ours = set(session.scalars(select(Person.keycloak_id).where(Person.keycloak_id.in_(strangers))))
        for difference in chunk:
            if difference.person_id is None:
                if difference.user_id not in ours:
                    yield difference
            elif now.get(difference.person_id) == difference.digest:
                yield difference


def _looked_at(
    sessions: SessionFactory,
    found: Sequence[Difference],
    users: dict[str, HeldUser],
    profile: UniversityProfile,
    today: date,
) -> Iterator[Difference]:
    """The attributes of those changed by hand, beside what they should be."""
    for start in range(0, len(found), CHUNK):
        chunk = found[start : start + CHUNK]
        with sessions() as session:
            keys = session.scalars(
                select(Person.key).where(
                    Person.id.in_([d.person_id for d in chunk if d.found is Found.CHANGED])
                )
            )
            persons = known.persons(session, list(keys))
        subjects = draft([], persons, taken=lambda _name: False, profile=profile, today=today)
        wanted = {s.known.id: s.user for s in subjects if s.known}
        for difference in chunk:
            user, held = wanted.get(difference.person_id or ""), users.get(difference.user_id)
            if difference.found is Found.CHANGED and user and held:
                difference = replace(difference, attributes=differing(user, held))
            yield difference
