"""Whether somebody's backup mail is theirs: a mailbox counts once a link mailed to it was followed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.store.activation import Journey, Link, StepRecord
from kc_bridge.store.models import Person
from required_actions.mail_address import same_mailbox

__all__ = ["is_proved", "may_bring_in"]

STEP = "backup_mail"
PROVED = frozenset({"link", "mail"})
"""How the step notes that its address was read: it brought the person here, or the person confirmed it."""


def is_proved(db: Session, person: Person) -> bool:
    """True when the present backup mail was read by whoever finished a journey with it."""
    return _came_by_it(db, person) or _confirmed_it(db, person)


def may_bring_in(db: Session, person: Person) -> bool:
    """True when a link mailed to the backup mail may lead into an activation: of an account nobody has had, whatever
    address was noted at enrolment; of one that was somebody's, only a mailbox its owner has read."""
    return bool(person.personal_mail) and (person.reset_at is None or is_proved(db, person))


def _came_by_it(db: Session, person: Person) -> bool:
    finished = select(Link.id).where(
        Link.person_id == person.id, Link.sent_to == person.personal_mail, Link.finished_at.is_not(None)
    )
    return db.scalar(finished.limit(1)) is not None


def _confirmed_it(db: Session, person: Person) -> bool:
    steps = select(StepRecord.data).join(Journey)
    done = steps.where(
        Journey.person_id == person.id, Journey.finished_at.is_not(None), StepRecord.step == STEP
    )
    return any(
        data.get("details", {}).get("verified") in PROVED
        and same_mailbox(data.get("address"), person.personal_mail)
        for data in db.scalars(done)
    )
