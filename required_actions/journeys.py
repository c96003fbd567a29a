"""Journeys in the database: begun, checked at each reading and each commit, claimed and finished once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from kc_bridge.domain.errors import (
    AccountClosed,
    FinishedElsewhere,
    HandoffRefused,
    JourneySuperseded,
    ProvisionalEnded,
)
from kc_bridge.settings import Settings
from kc_bridge.store import audit, outbox
from kc_bridge.store.activation import AddressCheck, Journey, Link, StepRecord
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.models import Person
from required_actions import address_changes, links, telling
from required_actions.logins import Login

__all__ = [
    "alone",
    "begin",
    "claim",
    "earlier",
    "finish",
    "fresh",
    "give_back",
    "held",
    "record",
    "refuse_ended_password",
]

STRONG = frozenset({"new_password", "backup_mail"})
"""Steps whose change ends whatever else was begun before it."""

PASSED_ON = frozenset({"attributes", "person"})
"""What a record holds until the journey's end only: of a number withdrawn later no copy may be left behind."""


def begin(sessions: SessionFactory, person_id: str, name: str, generation: int, now: datetime) -> str:
    """The journey of that name and generation, begun now or resumed; returns its id."""
    for _attempt in range(2):
        try:
            with sessions.begin() as db:
                found = db.scalar(
                    select(Journey.id).where(
                        Journey.person_id == person_id,
                        Journey.name == name,
                        Journey.generation == generation,
                    )
                )
                if found:
                    return found
                journey = Journey(person_id=person_id, name=name, generation=generation, started_at=now)
                db.add(journey)
                db.flush()
                return journey.id
        except IntegrityError:  # another tab began the same one at this very moment
            continue
    raise HandoffRefused("journey could not be begun")


def fresh(db: Session, login: Login, now: datetime, today: date) -> Journey:
    """The login's journey, if nothing has ended it: called when reading and again when writing.

    Raises :class:`FinishedElsewhere`, :class:`JourneySuperseded`, :class:`AccountClosed`, or what :func:`links.expired`
    says.
    """
    journey = _read(db, login)
    person = journey.person
    if person.account_end and person.account_end < today:
        raise AccountClosed(person.account_end)
    if journey.finished_at is not None:
        if journey.finishing_by == login.ticket_digest:
            return journey
        raise FinishedElsewhere
    if journey.generation != person.generation:
        raise FinishedElsewhere if _finished_later(db, journey) else JourneySuperseded
    if login.link_id is None:
        refuse_ended_password(person, now)
    else:
        link = db.get(Link, login.link_id, populate_existing=True)
        if link is None or link.state != "opened" or link.opening != login.opening:
            raise JourneySuperseded
        if now >= link.expires_at:
            raise links.expired(link)
    return journey


def refuse_ended_password(person: Person, now: datetime) -> None:
    """Raises :class:`ProvisionalEnded` for somebody whom no link brought here: before the activation, the password of
    a sheet is the only one there is, and Keycloak may not have lost it yet."""
    until = person.provisional_until
    if person.activated_at is None and until is not None and now >= until:
        raise ProvisionalEnded(until)


def held(db: Session, login: Login) -> Journey:
    """The journey this login has claimed. Keycloak has written meanwhile, so neither time nor date undoes it.

    Raises :class:`JourneySuperseded` when the claim lasted too long and somebody else took it.
    """
    journey = _read(db, login)
    if journey.finishing_by != login.ticket_digest:
        raise JourneySuperseded
    return journey


def alone(db: Session, journey_id: str) -> None:
    """Until the transaction ends, whoever else would write this journey waits: two clicks record a step once."""
    db.execute(select(Journey.id).where(Journey.id == journey_id).with_for_update(key_share=True))


def _read(db: Session, login: Login) -> Journey:
    journey = db.get(
        Journey,
        login.journey_id,
        options=[joinedload(Journey.person), joinedload(Journey.steps)],
        populate_existing=True,
    )
    if journey is None:
        raise JourneySuperseded
    return journey


def _finished_later(db: Session, journey: Journey) -> bool:
    """True when a newer journey of the same kind has activated the account meanwhile."""
    later = select(Journey.id).where(
        Journey.person_id == journey.person_id,
        Journey.name == journey.name,
        Journey.generation > journey.generation,
        Journey.finished_at.is_not(None),
    )
    return db.scalar(later.limit(1)) is not None


def record(journey: Journey, step: str, data: dict[str, Any], now: datetime) -> None:
    """Keeps a step as done; doing it again replaces what was kept.

    What it changes of the person counts at once during an activation, so that the next link goes to the right
    address; of an active account nothing changes before Keycloak knows it: see :func:`finish`.
    """
    if journey.person.activated_at is None:
        _change(journey.person, data)
    known = next((kept for kept in journey.steps if kept.step == step), None)
    if known is None:
        journey.steps.append(StepRecord(step=step, done_at=now, data=data))
    else:
        known.done_at, known.data = now, data


def _change(person: Person, data: dict[str, Any]) -> None:
    for column, value in data.get("person", {}).items():
        setattr(person, column, value)


def earlier(db: Session, person_id: str) -> dict[str, dict[str, Any]]:
    """What each step kept the last time the person finished it."""
    kept = db.scalars(
        select(StepRecord)
        .join(Journey)
        .where(Journey.person_id == person_id, Journey.finished_at.is_not(None))
        .order_by(StepRecord.done_at)
    )
    return {step.step: dict(step.data) for step in kept}


def claim(db: Session, journey: Journey, login: Login, now: datetime) -> bool:
    """Takes the right to complete the journey for one request of one login; False for every other.

    Until that is written, whoever would end what this person has begun waits, and then sees it.
    """
    db.execute(select(Person.id).where(Person.id == journey.person_id).with_for_update(key_share=True))
    current_generation = select(Person.generation).where(Person.id == journey.person_id).scalar_subquery()
    taken = db.execute(
        update(Journey)
        .where(
            Journey.id == journey.id,
            Journey.finished_at.is_(None),
            Journey.generation == current_generation,
            or_(Journey.finishing_at.is_(None), Journey.finishing_at < now - links.CLAIM_LIFETIME),
        )
        .values(finishing_at=now, finishing_by=login.ticket_digest)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def give_back(db: Session, login: Login) -> None:
    """Keycloak refused: the person may try again at once."""
    db.execute(
        update(Journey)
        .where(
            Journey.id == login.journey_id,
            Journey.finishing_by == login.ticket_digest,
            Journey.finished_at.is_(None),
        )
        .values(finishing_at=None, finishing_by=None)
    )


def finish(db: Session, journey: Journey, login: Login, now: datetime, settings: Settings) -> None:
    """Ends the journey: the generation rises, so whatever else was begun before is over."""
    person = journey.person
    done = [step.step for step in journey.steps]
    before = earlier(db, person.id)
    known_mail = person.personal_mail
    for step in journey.steps:
        _change(person, step.data)  # of an activation again: until now, the enrolment file counted more
        step.data = {name: value for name, value in step.data.items() if name not in PASSED_ON}
    if known_mail and person.personal_mail != known_mail and not login.activates:
        # Somebody else may be sitting at its owner's screen: the former address is told.
        address_changes.change(db, person, known_mail, person.personal_mail or "", now, active=True)
    if "new_password" in done and not login.activates:
        _tell_of_password(db, journey, known_mail, now)
    _forget_earlier(db, journey, done)
    journey.finished_at, journey.finishing_by = now, login.ticket_digest
    if login.activates or STRONG & set(done):
        person.generation += 1
        links.finish(db, login.link_id, person.id, now)
    if login.activates:
        person.activated_at, person.state, person.updated_at = now, "SupannActif", now
        person.provisional_until = person.reset_at = None
        person.digest = None  # the next sync tells Keycloak the new state
        _confirm(db, journey, now)
    action = "account.activated" if login.activates else "steps.done"
    audit.record(db, now, "person", action, person.id, steps=done)
    telling.tell(db, settings, journey, before, now, activates=login.activates)


def _forget_earlier(db: Session, journey: Journey, steps: list[str]) -> None:
    """What the same steps kept before is out of date: an address taken back must not be left in some older journey."""
    earlier = select(Journey.id).where(
        Journey.person_id == journey.person_id, Journey.finished_at.is_not(None), Journey.id != journey.id
    )
    for kept in (StepRecord, AddressCheck):
        db.execute(delete(kept).where(kept.step.in_(steps), kept.journey_id.in_(earlier)))


def _tell_of_password(db: Session, journey: Journey, backup_mail: str | None, now: datetime) -> None:
    """Writes to the owner of an active account, at the backup mail as it was before this journey."""
    outbox.enqueue(
        db,
        kind="password_changed",
        person_id=journey.person_id,
        dedupe_key=f"password-changed:{journey.id}",
        payload={"to": backup_mail, "at": now.isoformat()},
        now=now,
    )


def _confirm(db: Session, journey: Journey, now: datetime) -> None:
    """Writes to every mailbox of somebody whose account has just been activated: it may have been somebody else."""
    for box in ("university", "backup"):
        outbox.enqueue(
            db,
            kind="activated",
            person_id=journey.person_id,
            dedupe_key=f"activated:{journey.person_id}:{journey.generation}:{box}",
            payload={"box": box, "at": now.isoformat()},
            now=now,
        )
