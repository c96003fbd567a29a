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

__all__ = ["MACHINES", "held_on"]

MACHINES = frozenset({"person", "sync", "scheduler", "outbox"})
"""Who may be named as having done something."""
AUDIT_DETAILS = frozenset({"step", "steps", "purpose", "reason"})
"""Of what an audit entry tells: what is about the person, and no secret."""

PERSON = [
    "login",
    "mail",
    "uid",
    "first_name",
    "last_name",
    "birth_name",
    "birth_date",
    "personal_mail",
    "phone",
    "language",
    "population",
    "state",
    "account_end",
    "activated_at",
    "provisional_until",
    "address_frozen_until",
    "created_at",
    "updated_at",
    "keycloak_id",
    "key",
]
AFFILIATION = [
    "population",
    "source",
    "source_key",
    "year",
    "programme",
    "label",
    "start",
    "end",
    "status",
    "reason",
]
LINK = ["purpose", "sent_to", "created_at", "expires_at", "state", "opened_at", "finished_at"]
CONSENT = ["use", "given", "language", "text_sha256", "reason", "decided_at"]
CHARTER = ["version", "language", "text_sha256", "accepted_at"]
CHANGE = ["former", "address", "changed_at", "undone_at"]


def held_on(db: Session, person: Person) -> dict[str, Any]:
    """What :mod:`json` can write; dates and times in ISO 8601. ``person``: with affiliations and identifiers."""
    of_person = {"person_id": person.id}
    answer = db.get(SecurityAnswer, person.id)
    return {
        "person": _columns(person, PERSON),
        "identifiers": [_columns(number, ["kind", "value"]) for number in person.identifiers],
        "affiliations": [_columns(one, AFFILIATION) for one in person.affiliations],
        "journeys": _journeys(db, person),
        "charter_acceptances": _rows(db, CharterAcceptance, CHARTER, of_person),
        "consents": _rows(db, Consent, CONSENT, of_person),
        "security_question": _columns(answer, ["question", "set_at"]) if answer else None,
        "address_changes": _rows(db, AddressChange, CHANGE, of_person),
        "links": _rows(db, Link, LINK, of_person),
        "mails": _rows(db, OutboxMessage, ["kind", "created_at", "sent_at", "state"], of_person),
        "history": [
            {
                "at": _plain(entry.at),
                "actor": entry.actor if entry.actor in MACHINES else "staff",
                "action": entry.action,
                "details": {
                    name: entry.details[name] for name in sorted(AUDIT_DETAILS & entry.details.keys())
                },
            }
            for entry in _of(db, AuditEntry, of_person)
        ],
    }


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
        waiting.setdefault(check.journey_id, []).append(
            _columns(check, ["step", "address", "asked_at", "confirmed_at"])
        )
    return [
        {
            "name": journey.name.partition(":")[0],
            "started_at": _plain(journey.started_at),
            "finished_at": _plain(journey.finished_at),
            "steps": [_columns(step, ["step", "done_at", "data"]) for step in journey.steps],
            "addresses": waiting.get(journey.id, []),
        }
        for journey in journeys
    ]


def _rows(
    db: Session, table: type[DeclarativeBase], names: list[str], wanted: dict[str, str]
) -> list[dict[str, Any]]:
    return [_columns(row, names) for row in _of(db, table, wanted)]


def _of(db: Session, table: type[DeclarativeBase], wanted: dict[str, str]) -> Iterable[Any]:
    return db.scalars(select(table).filter_by(**wanted).order_by(*inspect(table).primary_key)).all()


def _columns(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
