"""Carrying a plan of adoption out: here first, then the mark in Keycloak. Begun again after a kill, it goes on.

A user whose person is here and whose mark is not there yet is nobody's to the sync: it reports and leaves it. The other
way round the sync would take the user for one of its own making, and give it another name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import CREATED, CURRENT
from kc_bridge.store import audit
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.models import Person
from sync.adopting.details import Marker
from sync.adopting.plan import Adoption, Undecided

__all__ = ["Adopted", "apply"]

CHUNK = 100
"""Adoptions recorded in one transaction."""


@dataclass
class Adopted:
    """What was done."""

    done: int = 0
    not_done: list[Undecided] = field(default_factory=list)


def apply(
    sessions: SessionFactory,
    marker: Marker,
    adoptions: Sequence[Adoption],
    *,
    actor: str,
    reason: str,
    languages: Sequence[str],
    now: Callable[[], datetime],
    on_done: Callable[[], None] = lambda: None,
) -> Adopted:
    """Raises :class:`kc_bridge.domain.errors.KeycloakUnavailable`: what is done stays, the rest waits."""
    report = Adopted()
    for start in range(0, len(adoptions), CHUNK):
        chunk = adoptions[start : start + CHUNK]
        with sessions.begin() as db:
            recorded = [a for a in chunk if _record(db, a, report, actor, reason, languages, now())]
        for adoption in recorded:
            why = marker.mark(adoption.user_id, adoption.account.login, adoption.candidate.mark)
            if why:
                report.not_done.append(Undecided(adoption.account.login, why))
                _forget(sessions, adoption)
            else:
                report.done += 1
            on_done()
    return report


def _record(
    db: Session,
    adoption: Adoption,
    report: Adopted,
    actor: str,
    reason: str,
    languages: Sequence[str],
    now: datetime,
) -> bool:
    """False when somebody else has the user or a name of it by now."""
    account, candidate = adoption.account, adoption.candidate
    same = or_(
        Person.key == candidate.key,
        Person.keycloak_id == adoption.user_id,
        Person.login == account.login,
        Person.mail == account.mail,
        Person.uid == account.uid,
    )
    found = db.scalars(select(Person).where(same)).all()
    if found:
        mine = found[0]
        if len(found) == 1 and (mine.key, mine.keycloak_id) == (candidate.key, adoption.user_id):
            return True  # by a run that was interrupted
        who = found[0].login
        report.not_done.append(Undecided(account.login, f"its login, mail or uid is {who}'s here"))
        return False
    identity = candidate.identity
    person = Person(
        key=candidate.key,
        uid=account.uid,
        login=account.login,
        mail=account.mail,
        keycloak_id=adoption.user_id,
        first_name=identity.first_name,
        last_name=identity.last_name,
        birth_name=identity.birth_name,
        birth_date=identity.birth_date,
        personal_mail=identity.personal_mail,
        phone=identity.phone,
        language=adoption.language if adoption.language in languages else languages[0],
        population=adoption.population,
        state=CURRENT if adoption.active else CREATED,
        activated_at=now if adoption.active else None,
        generation=1,
        created_at=now,
        updated_at=now,
    )
    db.add(person)
    db.flush()
    details = {"reason": reason, "by": adoption.by.partition(" ")[0], "active": adoption.active}
    audit.record(db, now, actor, "account.adopted", person.id, **details)
    return True


def _forget(sessions: SessionFactory, adoption: Adoption) -> None:
    """A user that could not be marked is not ours, and somebody the bridge has no user of is nobody yet."""
    with sessions.begin() as db:
        mine = Person.key == adoption.candidate.key, Person.keycloak_id == adoption.user_id
        person = db.scalars(select(Person).where(*mine)).one_or_none()
        if person is not None and not person.affiliations:
            db.delete(person)
