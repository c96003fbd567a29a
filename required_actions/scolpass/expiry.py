"""Provisional passwords nobody used in time are taken out of Keycloak."""

from __future__ import annotations

import structlog
from sqlalchemy import or_, select

from kc_bridge.domain.errors import BridgeError, KeycloakUnavailable, NotPending
from kc_bridge.services import Services
from kc_bridge.store import audit
from kc_bridge.store.models import Person
from required_actions.scolpass.printing import NEW_PASSWORD

__all__ = ["end_expired"]

BATCH = 500
log = structlog.get_logger()


def end_expired(kcb: Services) -> int:
    """Removes the passwords whose time is over from accounts not activated meanwhile; returns how many.

    Closed accounts wait until they open again: Keycloak writes nothing of a disabled user. Whatever fails is tried
    again by the next call; the wizard has refused the password since its end.
    """
    with kcb.sessions() as db:
        due = select(Person).where(
            Person.provisional_until <= kcb.clock(),
            Person.activated_at.is_(None),
            or_(Person.account_end.is_(None), Person.account_end >= kcb.today()),
        )
        people = db.scalars(due.order_by(Person.provisional_until).limit(BATCH)).all()
    ended = 0
    for person in people:
        try:
            if _remove(kcb, person):
                ended += 1
        except KeycloakUnavailable as error:
            log.warning("provisional passwords stay for now", reason=error.reason)
            break
        except BridgeError as error:
            log.warning("provisional password stays", kind=type(error).__name__, person=person.id)
    return ended


def _remove(kcb: Services, person: Person) -> bool:
    """False for a password that is the person's own by now, or another sheet's."""
    if person.keycloak_id is None or _printed_again(kcb, person):
        return False
    try:
        # Somebody who ends the journey at this very moment has chosen a password: it waits on them no more.
        kcb.backchannel.reset(person.keycloak_id, [], remove_password=True, while_pending=[NEW_PASSWORD])
        removed = True
    except NotPending:
        removed = False
    with kcb.sessions.begin() as db:
        stored = db.get_one(Person, person.id, with_for_update=True)
        if stored.provisional_until == person.provisional_until:
            stored.provisional_until = None
            if removed:
                audit.record(db, kcb.clock(), "scheduler", "scolpass.expired", person.id)
    return removed


def _printed_again(kcb: Services, person: Person) -> bool:
    with kcb.sessions() as db:
        return db.get_one(Person, person.id).provisional_until != person.provisional_until
