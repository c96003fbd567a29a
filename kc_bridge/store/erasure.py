"""Erasing a person (GDPR art. 5(1)(e) and 17): what they gave and did first, later everything that tells who they were.

What stays is a row without a name, found by nothing but the SHA-256 of its former key, with the proofs people may still be
asked for (docs/MANAGED.md), the audit of who did what and when, and what an export needs to be recognised as already read.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from sqlalchemy import and_, delete, not_, or_, select
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import PURGED
from kc_bridge.domain.affiliation import VALID
from kc_bridge.domain.person import key_digest
from kc_bridge.store import audit
from kc_bridge.store.activation import AddressChange, CharterAcceptance, Journey, Link
from kc_bridge.store.bulk import table_of
from kc_bridge.store.decisions import Consent, SecurityAnswer
from kc_bridge.store.models import Affiliation, AuditEntry, Identifier, OutboxMessage, Person
from kc_bridge.store.outbox import MAIL
from kc_bridge.store.sync import Guest, MailAlias, PersonKey, RetiredName, Sameness

__all__ = ["ERASED", "GUESTS", "erase_account", "erase_data", "forget_proofs"]

ERASED = "purged:"
"""Begins the key of a person of whom nothing is known any more; the rest is the SHA-256 of the key they had."""
GUESTS = "guests:"
"""Begins the key of a guest kept here."""
TOLD_BY_AUDIT = frozenset({"active", "cause", "changed", "purpose", "right", "step", "steps", "why"})
"""Details of audit entries that are words of ours; the others may name somebody."""


def erase_data(db: Session, person: Person, now: datetime) -> None:
    """First stage: journeys, links, addresses, the secret question, the mails written; the account must be activated
    anew by whoever comes back. Name, numbers and proofs stay."""
    _erase_what_they_did(db, person)
    _erase_messages(db, person, all_=False)
    person.personal_mail = person.phone = None
    person.activated_at = person.reset_at = person.provisional_until = person.address_frozen_until = None
    person.generation += 1
    person.updated_at = now
    audit.record(db, now, "sync", "account.data_erased", person.id)


def erase_account(
    db: Session,
    person: Person,
    now: datetime,
    today: date,
    free_on: date | None = None,
    *,
    retire: bool = True,
) -> None:
    """Second stage: whoever looks at what stays learns nobody's name.

    ``retire``: uid, login and mail were of our giving, and are given to nobody else: login and mail until ``free_on``
    (None: never). The user must have left Keycloak, or be none of ours.
    """
    if retire:
        _retire_names(db, person, today, free_on)
    keys = [person.key, *db.scalars(select(PersonKey.key).where(PersonKey.person_id == person.id))]
    db.execute(delete(Sameness).where(or_(Sameness.left_key.in_(keys), Sameness.right_key.in_(keys))))
    numbers = [key.removeprefix(GUESTS) for key in keys if key.startswith(GUESTS)]
    db.execute(delete(Guest).where(Guest.number.in_(numbers)))
    of_guest = AuditEntry.details["guest"].as_string().in_(numbers)  # they may be older than the person's row
    _erase_what_they_did(db, person)
    _erase_messages(db, person, all_=True)
    for table in (Identifier, PersonKey, MailAlias):
        db.execute(delete(table).where(table.person_id == person.id))
    for affiliation in db.scalars(select(Affiliation).where(Affiliation.person_id == person.id)):
        _only_recognised(affiliation)
    theirs = (
        or_(AuditEntry.person_id == person.id, of_guest) if numbers else AuditEntry.person_id == person.id
    )
    for entry in db.scalars(select(AuditEntry).where(theirs)):
        entry.person_id = person.id
        entry.details = {k: v for k, v in entry.details.items() if k in TOLD_BY_AUDIT}
    _without_name(person, now)
    audit.record(db, now, "sync", "account.erased", person.id)


def forget_proofs(db: Session, closed_before: date) -> int:
    """Proofs of people erased whose account was closed before that day; returns how many rows went."""
    gone = select(Person.id).where(Person.key.startswith(ERASED), Person.closed_on < closed_before)
    return sum(
        db.execute(delete(table).where(table.person_id.in_(gone))).rowcount  # type: ignore[attr-defined]
        for table in (Consent, CharterAcceptance)
    )


def _erase_what_they_did(db: Session, person: Person) -> None:
    for table in (Link, Journey, AddressChange, SecurityAnswer):
        db.execute(delete(table).where(table.person_id == person.id))


def _erase_messages(db: Session, person: Person, *, all_: bool) -> None:
    """Unless ``all_``, a directory and receivers of webhooks hear of it yet: the former erases, too, what it was told."""
    theirs = delete(OutboxMessage).where(OutboxMessage.person_id == person.id)
    unheard = and_(OutboxMessage.channel != MAIL, OutboxMessage.state.in_(("waiting", "sending")))
    db.execute(theirs if all_ else theirs.where(not_(unheard)))


def _retire_names(db: Session, person: Person, today: date, free_on: date | None) -> None:
    aliases = db.scalars(select(MailAlias.address).where(MailAlias.person_id == person.id))
    names: dict[str, date | None] = {
        address.partition("@")[0]: free_on for address in (person.login, person.mail, *aliases)
    }
    names[person.uid] = None  # a uid never comes back: eduPersonPrincipalName is made of it
    for name, free in names.items():
        retired = db.get(RetiredName, name)
        if retired is None:
            db.add(RetiredName(name=name, retired_on=today, free_on=free))
        elif retired.free_on is not None:
            retired.retired_on, retired.free_on = today, free


def _only_recognised(affiliation: Affiliation) -> None:
    """Keeps of a record what says that it was read already: its hash, and when it ended."""
    digest = hashlib.sha256(f"{affiliation.source}\0{affiliation.source_key}".encode()).hexdigest()
    _empty(affiliation, but={"row_hash", "end"})
    affiliation.source_key, affiliation.status = ERASED + digest, VALID


def _without_name(person: Person, now: datetime) -> None:
    key = ERASED + key_digest(person.key)
    _empty(person, but={"closed_on"})
    person.key = key
    person.uid = person.login = person.mail = ERASED + person.id
    person.first_name = person.last_name = ""
    person.state, person.digest, person.updated_at = PURGED, "", now
    person.generation += 1


def _empty(row: Affiliation | Person, but: set[str]) -> None:
    """Every column that may be empty, those added some day included."""
    for column in table_of(type(row)).columns:
        if column.nullable and column.name not in but:
            setattr(row, column.key, None)
