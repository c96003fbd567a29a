"""Writing what a run decided and did: persons first, then each applied user, so that a killed run can be resumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, selectinload

from kc_bridge.domain.numbers import FORMER_INE
from kc_bridge.store import audit, models
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.outbox import enqueue
from kc_bridge.store.sync import Quarantine, SyncRun
from sync.plan import Action, Kind
from sync.sources.base import Rejected

__all__ = ["Journal"]

CHUNK = 200


class Journal:
    """The sync's writer. Transactions are short, and none is open while Keycloak is asked."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions

    def begin(self, now: datetime) -> int:
        """Opens the run's row; a run still « running » while we hold the lock has died."""
        with self._sessions.begin() as session:
            session.execute(
                update(SyncRun)
                .where(SyncRun.status == "running")
                .values(status="failed", error="interrupted", finished_at=now)
            )
            run = SyncRun(started_at=now)
            session.add(run)
            session.flush()
            return run.id

    def finish(
        self,
        run_id: int,
        now: datetime,
        status: str,
        counts: Mapping[str, Any],
        digest: str | None = None,
        error: str | None = None,
    ) -> None:
        """Closes the run's row."""
        with self._sessions.begin() as session:
            run = session.get_one(SyncRun, run_id)
            run.finished_at, run.status, run.counts = now, status, dict(counts)
            run.plan_digest, run.error = digest, error

    def quarantine(self, source: str, rejected: Iterable[Rejected], now: datetime) -> None:
        """Replaces the source's quarantine; one that did not change is not written."""
        table = Quarantine
        wanted = sorted({(r.place.file, r.place.line, r.column or "", r.problem, r.remedy) for r in rejected})
        with self._sessions.begin() as session:
            rows = session.scalars(select(table).where(table.source == source))
            if sorted((r.file, r.line, r.column or "", r.problem, r.remedy) for r in rows) == wanted:
                return
            session.execute(delete(table).where(table.source == source))
            session.add_all(
                table(
                    source=source,
                    file=file,
                    line=line,
                    column=column or None,
                    problem=problem,
                    remedy=remedy,
                    seen_at=now,
                )
                for file, line, column, problem, remedy in wanted
            )

    def record(self, actions: Sequence[Action], now: datetime) -> None:
        """Writes who people are and what ties them; those Keycloak must still be told of are left « owed »."""
        for start in range(0, len(actions), CHUNK):
            chunk = actions[start : start + CHUNK]
            with self._sessions.begin() as session:
                rows = _rows(session, [a.subject.known.id for a in chunk if a.subject.known])
                _free_numbers(session, rows, chunk)
                for action in chunk:
                    known = action.subject.known
                    _write(session, rows.get(known.id) if known else None, action, now)

    def applied(self, action: Action, keycloak_id: str | None, now: datetime) -> None:
        """Keycloak holds the user: notes it, and queues the activation mail in the same transaction."""
        with self._sessions.begin() as session:
            person = session.scalars(
                select(models.Person).where(models.Person.key == action.subject.key)
            ).one()
            person.keycloak_id = keycloak_id
            _settle(person, action)
            person.updated_at = now
            if action.kind is Kind.ENABLE and person.activated_at is None:
                person.generation += 1  # the link of before the closing is dead: a new mail is due
            if action.kind in {Kind.CREATE, Kind.ENABLE} and person.activated_at is None:
                _activation_mail(session, person, now)
            audit.record(
                session,
                now,
                "sync",
                f"account.{action.kind.value}",
                person.id,
                why=action.why,
                cause=action.subject.cause.value,
                changed=[change.what for change in action.changes],
            )


def _rows(session: Session, ids: list[str]) -> dict[str, models.Person]:
    rows = session.scalars(
        select(models.Person)
        .where(models.Person.id.in_(ids))
        .options(selectinload(models.Person.affiliations), selectinload(models.Person.identifiers))
    )
    return {row.id: row for row in rows}


def _free_numbers(session: Session, rows: Mapping[str, models.Person], actions: Sequence[Action]) -> None:
    """Numbers given up are freed first, so that another person of the chunk may take them."""
    for action in actions:
        if action.subject.known:
            person = rows[action.subject.known.id]
            kept = set(action.subject.identity.identifiers)
            person.identifiers = [i for i in person.identifiers if (i.kind, i.value) in kept]
    session.flush()


def _write(session: Session, person: models.Person | None, action: Action, now: datetime) -> None:
    subject = action.subject
    identity = subject.identity
    if person is None:
        person = models.Person(
            key=identity.key,
            uid=subject.account.uid,
            login=subject.account.login,
            mail=subject.account.mail,
            population=subject.standing.population,
            state="SupannCree" if action.kind is Kind.CREATE else subject.standing.state,
            created_at=now,
            generation=1,
        )
        session.add(person)
    new_mail = person.personal_mail != identity.personal_mail and identity.personal_mail
    person.first_name, person.last_name = identity.first_name, identity.last_name
    person.birth_name, person.birth_date = identity.birth_name, identity.birth_date
    confirmed = subject.known is not None and subject.known.confirmed
    if person.activated_at is None and not confirmed:
        # Afterwards they are the person's own: the verified backup mail, the SMS number.
        person.personal_mail, person.phone = identity.personal_mail, identity.phone
    has = {(i.kind, i.value) for i in person.identifiers}
    person.identifiers += [
        models.Identifier(kind=kind, value=value)
        for kind, value in identity.identifiers
        if (kind, value) not in has and not (kind == FORMER_INE and _is_known(session, kind, value))
    ]
    _write_affiliations(person, action)
    person.updated_at = now
    if action.kind is not Kind.NOTHING:
        if action.kind is Kind.CREATE and person.keycloak_id is None:
            person.state = "SupannCree"  # from here on Keycloak may have a user, whether or not we hear of it
        person.digest = None
    else:
        _settle(person, action)
    if new_mail and not confirmed and _waits(person) and subject.standing.open:
        person.generation += 1  # ends the link sent to the address that was wrong
        _activation_mail(session, person, now)


def _is_known(session: Session, kind: str, value: str) -> bool:
    """An INE two people have had, one after the other, stays with the first: it proves neither of them anyway."""
    table = models.Identifier
    return session.scalar(select(table.id).where(table.kind == kind, table.value == value)) is not None


def _waits(person: models.Person) -> bool:
    """Has an account, not activated."""
    return person.keycloak_id is not None and person.activated_at is None


def _write_affiliations(person: models.Person, action: Action) -> None:
    rows = {(a.source, a.source_key): a for a in person.affiliations}
    for affiliation in action.subject.affiliations:
        row = rows.get((affiliation.source, affiliation.source_key))
        if row is None:
            row = models.Affiliation(source=affiliation.source, source_key=affiliation.source_key)
            person.affiliations.append(row)
        row.population, row.year = affiliation.population, affiliation.year
        row.programme, row.label, row.reason = affiliation.programme, affiliation.label, affiliation.reason
        row.start, row.end, row.status = affiliation.start, affiliation.end, affiliation.status
        row.row_hash = affiliation.row_hash


def _settle(person: models.Person, action: Action) -> None:
    """What Keycloak was told, or need not be told."""
    subject = action.subject
    person.population, person.state = subject.standing.population, subject.standing.state
    person.account_end = subject.standing.account_end
    person.next_transition_on = subject.standing.next_transition_on
    person.digest = subject.user.digest
    if person.activated_at is not None and person.state == "SupannCree":
        # Activated while this run was at work: the next one tells Keycloak.
        person.state, person.digest = "SupannActif", None
    elif person.activated_at is None and person.state == "SupannActif":
        person.state, person.digest = "SupannCree", None  # reset meanwhile: likewise


def _activation_mail(session: Session, person: models.Person, now: datetime) -> None:
    if person.personal_mail:
        session.flush()
        enqueue(
            session,
            kind="activation",
            person_id=person.id,
            dedupe_key=f"activation:{person.id}:{person.generation}",
            now=now,
        )
