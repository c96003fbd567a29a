"""What Keycloak holds, written once it has said so, with what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.channels.announcements import ACTIVATED, CHANGED, DISABLED, About, Announcer
from kc_bridge.ports import Result
from kc_bridge.store import models
from kc_bridge.store.among import among
from kc_bridge.store.bulk import Row, insert_rows, table_of, update_rows
from sync.plan import Action, Kind
from sync.writing.recording import activation_mail, queue, settled

__all__ = ["note"]

PERSON = table_of(models.Person)
OPENS = frozenset({Kind.CREATE, Kind.ENABLE})
TOLD = frozenset({"state", "account end"})
"""What of an update others are told: how an account is, and until when."""


def note(
    session: Session,
    answered: Sequence[tuple[Action, Result]],
    now: datetime,
    announcer: Announcer | None = None,
) -> None:
    """Notes users that are now as wanted, in the caller's transaction."""
    held = _locked(session, [action.subject.key for action, _ in answered])
    persons: list[Row] = []
    mails: list[Row] = []
    audit: list[Row] = []
    told: list[Row] = []
    for action, result in answered:
        person = held.get(action.subject.key)
        if person is None:
            continue  # erased or merged meanwhile, by an operator
        generation = person.generation
        if action.kind in OPENS and person.activated_at is None:
            # After a closing the link of before is dead: a new mail is due.
            generation += action.kind is Kind.ENABLE
            if person.personal_mail:
                mails.append(activation_mail(person.id, generation, now))
        row = _settled(action, person)
        changed = [change.what for change in action.changes]
        persons.append(
            {
                "id": person.id,
                "keycloak_id": None if action.kind is Kind.PURGE else result.user_id or person.keycloak_id,
                "generation": generation,
                "updated_at": now,
                **row,
            }
        )
        if announcer is not None:
            told += _announced(announcer, action, changed, person, row["state"], now)
        audit.append(_entry(action, changed, person.id, now))
    update_rows(session, models.Person, persons)
    queue(session, mails)
    insert_rows(session, models.OutboxMessage, told)
    insert_rows(session, models.AuditEntry, audit)


def _announced(
    announcer: Announcer, action: Action, changed: Sequence[str], person: Any, state: str, now: datetime
) -> list[Row]:
    if action.kind is Kind.UPDATE and TOLD.isdisjoint(changed):
        return []
    about = About(person.id, action.subject.account.uid, person.login, state)
    event = CHANGED
    if (
        "state" in changed
    ):  # Keycloak may be told again, by a repair, to close what is closed: that is no news
        if action.kind is Kind.DISABLE:
            event = DISABLED
        elif action.kind is Kind.ENABLE and person.activated_at is not None:
            event = ACTIVATED  # again, without its owner
    return announcer.rows(about, event, now)


def _locked(session: Session, keys: Sequence[str]) -> dict[str, Any]:
    """The persons as they are now; whoever activates or resets an account waits until this transaction ends."""
    columns = ("id", "key", "activated_at", "personal_mail", "keycloak_id", "generation", "login", "mail")
    query = select(*(PERSON.c[name] for name in columns)).where(among(PERSON.c.key, keys))
    return {row.key: row for row in session.execute(query.order_by(PERSON.c.id).with_for_update())}


def _settled(action: Action, person: Any) -> Row:
    row = settled(action.subject, activated=person.activated_at is not None)
    account = action.subject.account
    if (person.login, person.mail) != (account.login, account.mail):
        row["digest"] = None  # renamed while this run was at work: the next one tells Keycloak
    return row


def _entry(action: Action, changed: Sequence[str], person_id: str, now: datetime) -> Row:
    return {
        "at": now,
        "actor": "sync",
        "action": f"account.{action.kind.value}",
        "person_id": person_id,
        "details": {
            "why": action.why,
            "cause": action.subject.cause.value,
            "changed": changed,
        },
    }
