"""An account that must be validated again, at the registrar's request: « Aucune information ne sera perdue. »

What was begun is ended here, then in Keycloak, and only then is the account told not to be activated any more. So a
Keycloak that fails leaves it as it was, less the links on their way; dying in between leaves an account nobody can
enter and that this bridge still calls active. Asking again, which is always safe, finishes either.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from kc_bridge.channels.announcements import CHANGED, announce
from kc_bridge.domain.errors import AccountClosed, NotOwned
from kc_bridge.domain.journey import keycloak_actions
from kc_bridge.services import Services
from kc_bridge.store import audit, outbox
from kc_bridge.store.models import Person
from required_actions import links
from required_actions.backup_mails import may_bring_in

__all__ = ["may_be_reset", "reset"]


def reset(kcb: Services, person_id: str, *, actor: str, reason: str) -> None:
    """Has the account validated again: password, sessions, links and journeys end; identifier, addresses, consents,
    proofs, choices and second factors stay. Whoever has a backup mail of their own gets a link there.

    Raises :class:`KeycloakUnavailable` before anything is written; :class:`AccountClosed`, :class:`NotOwned`,
    :class:`PasswordElsewhere`; :class:`Unavailable` while the person is ending a journey.
    """
    kcb.backchannel.version()
    with kcb.sessions.begin() as db:
        person = _end_what_was_begun(db, kcb, person_id)
        audit.record(db, kcb.clock(), actor, "account.reset_asked", person.id, reason=reason)
    journey = kcb.profile.journey_for(person.population)
    kcb.backchannel.reset(person.keycloak_id or "", keycloak_actions(journey), remove_password=True)
    with kcb.sessions.begin() as db:
        person = _end_what_was_begun(db, kcb, person_id)
        now = kcb.clock()
        if person.activated_at is not None:
            person.reset_at = now
        person.activated_at, person.state, person.updated_at = None, "SupannCree", now
        person.address_frozen_until = person.provisional_until = None
        person.digest = None  # the next sync tells Keycloak the new state
        audit.record(db, now, actor, "account.reset", person.id, reason=reason)
        announce(db, kcb.settings, person, CHANGED, now)
        if may_bring_in(db, person):
            outbox.enqueue(
                db,
                kind="validate_again",
                person_id=person.id,
                dedupe_key=f"activation:{person.id}:{person.generation}",
                now=now,
            )


def _end_what_was_begun(db: Session, kcb: Services, person_id: str) -> Person:
    person = db.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    may_be_reset(person, kcb.today())
    links.not_while_finishing(db, person.id, kcb.clock())
    links.supersede(db, person.id)
    person.generation += 1
    return person


def may_be_reset(person: Person, today: date) -> None:
    """Raises :class:`AccountClosed` or :class:`NotOwned` for an account there is nothing to validate of."""
    if person.account_end and person.account_end < today:
        raise AccountClosed(person.account_end)
    if person.keycloak_id is None:
        raise NotOwned
