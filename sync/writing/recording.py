"""Who people are and what ties them, written before Keycloak is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import CREATED, CURRENT, DATA_PURGED, IN_USE
from kc_bridge.domain.affiliation import Affiliation
from kc_bridge.domain.numbers import FORMER_INE
from kc_bridge.store import models
from kc_bridge.store.among import among
from kc_bridge.store.base import new_id
from kc_bridge.store.bulk import Row, insert_missing, insert_rows, table_of, update_rows
from kc_bridge.store.outbox import drop_all
from kc_bridge.store.sync import PersonKey
from sync.people.model import KnownPerson, Subject
from sync.plan import Action, Kind

__all__ = ["activation_mail", "queue", "record", "settled"]

PERSON, IDENTIFIER = table_of(models.Person), table_of(models.Identifier)
RECORD = [f.name for f in fields(Affiliation)]


def record(session: Session, actions: Sequence[Action], now: datetime) -> None:
    """Records a piece of a plan in the caller's transaction."""
    held = _locked(session, [a.subject.known.id for a in actions if a.subject.known])
    new: list[Row] = []
    known: list[Row] = []
    mails: list[Row] = []
    ids: dict[str, str] = {}
    for action in actions:
        person = action.subject.known
        if person is None:
            row = _new_person(action, now)
            ids[action.subject.key] = row["id"]
            new.append(row)
        elif person.id in held:
            ids[action.subject.key] = person.id
            row = _changed_person(action, held[person.id], now, mails)
            known.append(row)
    insert_rows(session, models.Person, new)
    _update(session, known)
    _write_keys(session, actions, ids, now)
    subjects = [a.subject for a in actions if a.subject.key in ids]
    _write_numbers(session, subjects, ids)
    _write_affiliations(session, subjects, ids)
    silent = {ids[subject.key] for subject in subjects if subject.standing.quiet}
    queue(session, [mail for mail in mails if mail["person_id"] not in silent])
    for person_id in silent:
        drop_all(session, person_id, "deceased")


def _locked(session: Session, ids: Sequence[str]) -> dict[str, Any]:
    """What others may have changed since the plan was made; they wait until this transaction ends."""
    columns = (
        "id",
        "activated_at",
        "reset_at",
        "personal_mail",
        "phone",
        "keycloak_id",
        "generation",
        "state",
    )
    query = select(*(PERSON.c[name] for name in columns)).where(among(PERSON.c.id, ids))
    rows = session.execute(query.order_by(PERSON.c.id).with_for_update()) if ids else ()
    return {row.id: row for row in rows}


def _new_person(action: Action, now: datetime) -> Row:
    subject = action.subject
    state = {"state": CREATED, "population": subject.standing.population, "digest": None}
    nothing_yet = {"account_end": None, "closed_on": None, "next_transition_on": None}
    return {
        "id": new_id(),
        "key": subject.key,
        "uid": subject.account.uid,
        "login": subject.account.login,
        "mail": subject.account.mail,
        "language": _language(subject),
        "generation": 1,
        "personal_mail": subject.identity.personal_mail,
        "phone": subject.identity.phone,
        "created_at": now,
        "updated_at": now,
        **_names(subject),
        **(settled(subject, activated=False) if action.kind is Kind.NOTHING else state | nothing_yet),
    }


def _language(subject: Subject) -> str:
    return next(iter(subject.user.first_attributes.get("locale", ())), "fr")


def _changed_person(action: Action, held: Any, now: datetime, mails: list[Row]) -> Row:
    """The row of somebody known; a mail is added to ``mails`` when the address of the one before was wrong."""
    subject, known = action.subject, action.subject.known
    assert known is not None
    # Once the account was active they are the person's own: the verified backup mail, the SMS number.
    theirs = known.confirmed or held.activated_at is not None or held.reset_at is not None
    theirs = theirs or held.personal_mail != known.identity.personal_mail
    mail, phone = subject.identity.personal_mail, subject.identity.phone
    corrected = not theirs and mail and mail != held.personal_mail
    generation = held.generation
    opens = action.kind is Kind.ENABLE  # and is mailed once it is open
    if corrected and held.keycloak_id is not None and subject.standing.open and not opens:
        generation += 1  # ends the link sent to the address that was wrong
        mails.append(activation_mail(held.id, generation, now))
    state = held.state
    if action.kind is Kind.CREATE and held.keycloak_id is None:
        state = CREATED  # from here on Keycloak may have a user, whether or not we hear of it
    row = {
        "id": held.id,
        "personal_mail": held.personal_mail if theirs else mail,
        "phone": held.phone if theirs else phone,
        "generation": generation,
        "updated_at": now,
        **_names(subject),
        **_register_names(subject, known),
    }
    if action.kind is Kind.NOTHING:
        return row | settled(subject, activated=held.activated_at is not None)
    if subject.standing.state == DATA_PURGED:
        return row | _forgotten(held, now)
    return row | {"state": state, "digest": None}


def _forgotten(held: Any, now: datetime) -> Row:
    """From here on nothing may open the user in Keycloak any more, whether or not we hear of it: until the rest is erased
    here, the account is one that was reset."""
    reset_at = held.reset_at if held.activated_at is None else now
    return {"state": DATA_PURGED, "digest": None, "activated_at": None, "reset_at": reset_at}


def _names(subject: Subject) -> Row:
    identity = subject.identity
    return {
        "first_name": identity.first_name,
        "last_name": identity.last_name,
        "birth_name": identity.birth_name,
        "birth_date": identity.birth_date,
    }


def _register_names(subject: Subject, known: KnownPerson) -> Row:
    """Once the register says another name than the one an operator replaced, its word counts again."""
    now, before = subject.identity, known.identity
    same = (now.first_name, now.last_name) == (before.first_name, before.last_name)
    first, last = known.register_names if same else (None, None)
    return {"register_first_name": first, "register_last_name": last}


def settled(subject: Subject, *, activated: bool) -> Row:
    """What Keycloak was told, or need not be told; ``activated`` as the person is now."""
    standing = subject.standing
    state: str = standing.state
    digest: str | None = subject.user.digest
    if activated and state == CREATED:
        state, digest = CURRENT, None  # activated while this run was at work: the next one tells Keycloak
    elif not activated and state in IN_USE:
        state, digest = CREATED, None  # reset meanwhile: likewise
    return {
        "population": standing.population,
        "state": state,
        "account_end": standing.account_end,
        "closed_on": standing.closed_on,
        "next_transition_on": standing.next_transition_on,
        "digest": digest,
    }


def _write_keys(session: Session, actions: Iterable[Action], ids: Mapping[str, str], now: datetime) -> None:
    """The further keys this plan gives to people; one that another has by now stays theirs."""
    rows = [
        {"key": key, "person_id": ids[action.subject.key], "since": now, "rule": rule}
        for action in actions
        if action.subject.key in ids
        for key, rule in action.subject.further
    ]
    insert_missing(session, PersonKey, rows, ["key"])


def _update(session: Session, rows: Iterable[Row]) -> None:
    """Rows of one statement name the same columns: those that are settled and those that are owed do not."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    for group in groups.values():
        update_rows(session, models.Person, group)


def _write_numbers(session: Session, subjects: Iterable[Subject], ids: Mapping[str, str]) -> None:
    """Numbers given up are freed first, so that another person may take them."""
    gone: list[Row] = []
    new: list[Row] = []
    former: list[Row] = []
    for subject in subjects:
        had = set(subject.known.identity.identifiers) if subject.known else set()
        has = set(subject.identity.identifiers)
        person = ids[subject.key]
        gone += [{"person": person, "old_kind": kind, "old_value": value} for kind, value in had - has]
        for kind, value in has - had:
            row = {"person_id": person, "kind": kind, "value": value}
            (former if kind == FORMER_INE else new).append(row)
    if gone:
        one = (IDENTIFIER.c.person_id == bindparam("person"), IDENTIFIER.c.kind == bindparam("old_kind"))
        statement = delete(IDENTIFIER).where(*one, IDENTIFIER.c.value == bindparam("old_value"))
        session.connection().execute(statement, gone)
    insert_rows(session, models.Identifier, new)
    # An INE two people have had, one after the other, stays with the first: it proves neither of them anyway.
    former.sort(key=lambda row: row["value"])
    insert_missing(session, models.Identifier, former, ["kind", "value"])


def _write_affiliations(session: Session, subjects: Iterable[Subject], ids: Mapping[str, str]) -> None:
    new: list[Row] = []
    changed: list[Row] = []
    for subject in subjects:
        before = _by_record(subject.known)
        for affiliation in subject.affiliations:
            had = before.get((affiliation.source, affiliation.source_key))
            if had == affiliation:
                continue
            row = {name: getattr(affiliation, name) for name in RECORD}
            if had is None:
                new.append(row | {"person_id": ids[subject.key]})
            else:
                changed.append(row)
    insert_rows(session, models.Affiliation, new)
    update_rows(session, models.Affiliation, changed, key=("source", "source_key"))


def _by_record(known: KnownPerson | None) -> dict[tuple[str, str], Affiliation]:
    return {(a.source, a.source_key): a for a in known.affiliations} if known else {}


def activation_mail(person_id: str, generation: int, now: datetime) -> Row:
    """A row of the outbox: the link that activates the account."""
    return {
        "channel": "mail",
        "kind": "activation",
        "person_id": person_id,
        "dedupe_key": f"activation:{person_id}:{generation}",
        "payload": {},
        "created_at": now,
        "not_before": now,
        "state": "waiting",
        "attempts": 0,
    }


def queue(session: Session, mails: Sequence[Row]) -> None:
    """Queues mails, each once for a person and a reason."""
    insert_missing(session, models.OutboxMessage, mails, ["dedupe_key"])
