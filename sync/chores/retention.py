"""Personal data kept for a time and no longer: people only Keycloak knows, journeys nobody finished, old proofs."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select

from kc_bridge.services import Services
from kc_bridge.store.activation import AddressCheck, CharterAcceptance, Journey, StepRecord
from kc_bridge.store.decisions import Consent
from kc_bridge.store.erasure import erase_account, forget_proofs
from kc_bridge.store.models import Person

__all__ = ["forget_old_proofs", "forget_strangers", "forget_unfinished"]

STRANGERS = "keycloak:%"
"""Keys of people only Keycloak knows: docs/adr/0015."""
CHUNK = 100


def forget_unfinished(kcb: Services) -> int:
    """Journeys begun, never finished and not touched for as long as the profile keeps them: the addresses and numbers
    typed in them belong to no account. Whoever comes back begins anew; returns how many journeys went."""
    before = kcb.clock() - timedelta(days=kcb.profile.lifecycle.unfinished_kept_days)
    touched = or_(
        select(StepRecord.id)
        .where(StepRecord.journey_id == Journey.id, StepRecord.done_at >= before)
        .exists(),
        select(AddressCheck.id)
        .where(AddressCheck.journey_id == Journey.id, AddressCheck.asked_at >= before)
        .exists(),
    )
    with kcb.sessions.begin() as db:
        unfinished = and_(Journey.finished_at.is_(None), Journey.started_at < before, ~touched)
        ids = db.scalars(select(Journey.id).where(unfinished).limit(1000)).all()
        db.execute(delete(Journey).where(Journey.id.in_(ids)))
        return len(ids)


def forget_strangers(kcb: Services) -> int:
    """People only Keycloak knows who have done no step for as long as the profile keeps them. Their user in Keycloak is
    not ours, and stays as it is; proofs stay as those of everybody do. Returns how many persons."""
    before = kcb.clock() - timedelta(days=kcb.profile.lifecycle.strangers_kept_days)
    with kcb.sessions.begin() as db:
        people = db.scalars(select(Person).where(_strangers(before)).limit(CHUNK)).all()
        for person in people:
            person.closed_on = kcb.today()  # proofs count from here
            erase_account(db, person, kcb.clock(), kcb.today(), None, retire=False)
        return len(people)


def forget_old_proofs(kcb: Services) -> int:
    """Consents and charters of people erased, once nobody can be asked for them any more; returns how many."""
    with kcb.sessions.begin() as db:
        days = timedelta(days=kcb.profile.lifecycle.proof_kept_days)
        return forget_proofs(db, kcb.today() - days)


def _strangers(before: datetime) -> ColumnElement[bool]:
    since = (
        (Journey, Journey.started_at),
        (Journey, Journey.finished_at),
        (Consent, Consent.decided_at),
        (CharterAcceptance, CharterAcceptance.accepted_at),
    )
    active = [
        select(table.id).where(table.person_id == Person.id, when >= before).exists() for table, when in since
    ]
    tied = Person.affiliations.any()
    return and_(Person.key.like(STRANGERS), Person.updated_at < before, ~tied, ~or_(*active))
