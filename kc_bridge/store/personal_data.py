"""Everything the bridge holds on one person, for that person (GDPR art. 15 and 20): plain data, documented keys.

Left out: digests of tokens and answers, which are secrets; names of our own (row ids, hashes of records); and who else
acted, since another's name is another's data (CJEU C-579/21): they are called « staff ».
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import DeclarativeBase, Session, selectinload

from kc_bridge.store.activation import AddressChange, AddressCheck, CharterAcceptance, Journey, Link
from kc_bridge.store.decisions import Consent, SecurityAnswer
from kc_bridge.store.models import AuditEntry, OutboxMessage, Person
from kc_bridge.store.outbox import MAIL
from kc_bridge.store.sync import MailAlias, PersonKey

__all__ = ["LEFT_OUT", "TOLD", "held_on"]

MACHINES = frozenset({"person", "sync", "scheduler", "outbox"})
"""Who may be named as having done something."""
AUDIT_DETAILS = frozenset({"step", "steps", "purpose", "reason"})
"""Of what an audit entry tells: what is about the person, and no secret."""

TOLD = {
    "person": "login mail uid first_name last_name register_first_name register_last_name birth_name birth_date"
    " personal_mail phone language population state account_end closed_on activated_at reset_at provisional_until address_frozen_until created_at updated_at keycloak_id key",
    "identifier": "kind value",
    "affiliation": "population source source_key year programme label start end status reason",
    "journey": "name started_at finished_at",
    "step_record": "step done_at data",
    "address_check": "step address asked_at confirmed_at",
    "charter_acceptance": "version language text_sha256 accepted_at",
    "consent": "use given language text_sha256 reason decided_at",
    "security_answer": "question set_at",
    "address_change": "former address active changed_at confirmed_at undone_at",
    "link": "purpose sent_to created_at expires_at state opened_at finished_at",
    "outbox": "channel kind created_at sent_at state",
    "person_key": "key since rule",
    "mail_alias": "address since reason",
    "audit": "at actor action details",
}
"""Columns by table; of every other table nothing belongs to one person."""

LEFT_OUT = {
    "person": "id next_transition_on generation digest",
    "identifier": "id person_id",
    "affiliation": "id person_id person_key row_hash",
    "journey": "id person_id generation finishing_at finishing_by",
    "step_record": "id journey_id",
    "address_check": "id journey_id data",
    "charter_acceptance": "id person_id",
    "consent": "id person_id",
    "security_answer": "person_id answer_hash",
    "address_change": "id person_id undo_sha256 undo_until",
    "link": "id person_id check_id token_sha256 generation journey opening",
    "outbox": "id dedupe_key person_id payload not_before expires_at attempts last_error",
    "person_key": "person_id",
    "mail_alias": "person_id",
    "audit": "id person_id",
}
"""On purpose: digests of secrets, names of our own rows, and how our machines go about their work. A new column belongs
to one of the two, which a test asks."""


def held_on(db: Session, person: Person) -> dict[str, Any]:
    """What :mod:`json` can write; dates and times in ISO 8601. ``person``: with affiliations and identifiers."""
    answer = db.get(SecurityAnswer, person.id)
    return {
        "person": _row(person),
        "identifiers": _rows(person.identifiers),
        "affiliations": _rows(person.affiliations),
        "further_keys": _rows(_of(db, PersonKey, person)),
        "mail_aliases": _rows(_of(db, MailAlias, person)),
        "journeys": _journeys(db, person),
        "charter_acceptances": _rows(_of(db, CharterAcceptance, person)),
        "consents": _rows(_of(db, Consent, person)),
        "security_question": _row(answer) if answer else None,
        "address_changes": _rows(_of(db, AddressChange, person)),
        "links": _rows(_of(db, Link, person)),
        "mails": [mail for mail in _messages(db, person) if mail.pop("channel") == MAIL],
        "told_others": [message for message in _messages(db, person) if message["channel"] != MAIL],
        "history": [_entry(entry) for entry in _of(db, AuditEntry, person)],
    }


def _messages(db: Session, person: Person) -> list[dict[str, Any]]:
    return _rows(_of(db, OutboxMessage, person))


def _journeys(db: Session, person: Person) -> list[dict[str, Any]]:
    """A journey for single steps is named by a digest of its login: only that it was one is told."""
    journeys = db.scalars(
        select(Journey)
        .where(Journey.person_id == person.id)
        .options(selectinload(Journey.steps))
        .order_by(Journey.started_at)
    ).all()
    waiting: dict[str, list[dict[str, Any]]] = {}
    checks = select(AddressCheck).where(AddressCheck.journey_id.in_([journey.id for journey in journeys]))
    for check in db.scalars(checks):
        waiting.setdefault(check.journey_id, []).append(_row(check))
    return [
        _row(journey)
        | {
            "name": journey.name.partition(":")[0],
            "steps": _rows(journey.steps),
            "addresses": waiting.get(journey.id, []),
        }
        for journey in journeys
    ]


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return _row(entry) | {
        "actor": entry.actor if entry.actor in MACHINES else "staff",
        "details": {name: entry.details[name] for name in sorted(AUDIT_DETAILS & entry.details.keys())},
    }


def _of(db: Session, table: type[DeclarativeBase], person: Person) -> Iterable[Any]:
    """That person's rows, always in the same order."""
    mine = select(table).filter_by(person_id=person.id)
    return db.scalars(mine.order_by(*inspect(table).primary_key)).all()


def _rows(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _row(row: Any) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in TOLD[row.__tablename__].split()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
