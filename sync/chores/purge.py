"""Erasing here what the rules say is past its time, once Keycloak has been told: the run decides, this follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import DATA_PURGED, EXPIRED, PURGED
from kc_bridge.services import Services
from kc_bridge.store.activation import AddressChange, Journey, Link
from kc_bridge.store.decisions import SecurityAnswer
from kc_bridge.store.erasure import ERASED, erase_account, erase_data
from kc_bridge.store.models import OutboxMessage, Person
from kc_bridge.store.outbox import MAIL

__all__ = ["erase_due", "foresee"]

CHUNK = 100
"""Persons erased in one transaction."""


def erase_due(kcb: Services) -> int:
    """Erases the data of accounts that are ``SupannSupprDonnees``, and everything of those that are
    ``SupannSupprCompte`` and have left Keycloak; returns how many persons. May be repeated, and cut off anywhere."""
    kept = kcb.profile.lifecycle.name_kept_days
    today = kcb.today()
    free_on = None if kept is None else today + timedelta(days=kept)
    done = _each(kcb, _with_data(), lambda db, person: erase_data(db, person, kcb.clock()))
    return done + _each(
        kcb, _whole(), lambda db, person: erase_account(db, person, kcb.clock(), today, free_on)
    )


def foresee(kcb: Services) -> int:
    """Has the next run judge those closed before the profile had delays: no date was foreseen for them, and an export
    that no longer lists them would never bring it up. Returns how many."""
    lifecycle = kcb.profile.lifecycle
    stages = [EXPIRED] if lifecycle.purge_data_days is not None else []
    stages = [EXPIRED, DATA_PURGED] if lifecycle.purge_account_days is not None else stages
    forgotten = and_(Person.state.in_(stages), Person.next_transition_on.is_(None), Person.affiliations.any())
    with kcb.sessions.begin() as db:
        done = db.execute(update(Person).where(forgotten).values(next_transition_on=kcb.today()))
        return int(done.rowcount)  # type: ignore[attr-defined]


def _with_data() -> ColumnElement[bool]:
    """Closed long enough, Keycloak has been told, and something of what they gave is still there."""
    theirs = (Link, Journey, AddressChange, SecurityAnswer)
    left = [select(table.person_id).where(table.person_id == Person.id).exists() for table in theirs]
    columns = (Person.personal_mail, Person.phone, Person.activated_at, Person.reset_at)
    told = Person.digest.is_not(None)
    return and_(Person.state == DATA_PURGED, told, or_(*(column.is_not(None) for column in columns), *left))


def _whole() -> ColumnElement[bool]:
    """Gone from Keycloak, and nobody is still to be told: a directory is found by the names that go now."""
    known = Person.key.not_like(ERASED + "%")
    untold = select(OutboxMessage.id).where(
        OutboxMessage.person_id == Person.id,
        OutboxMessage.channel != MAIL,
        OutboxMessage.state.in_(("waiting", "sending")),
    )
    return and_(Person.state == PURGED, Person.keycloak_id.is_(None), known, ~untold.exists())


def _each(kcb: Services, due: ColumnElement[bool], erase: Callable[[Session, Person], None]) -> int:
    done = 0
    while True:
        with kcb.sessions.begin() as db:
            chunk = db.scalars(select(Person).where(due).limit(CHUNK).with_for_update()).all()
            for person in chunk:
                erase(db, person)
            done += len(chunk)
        if len(chunk) < CHUNK:
            return done
