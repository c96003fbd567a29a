"""Whose login a handoff is: somebody the sync brought, or somebody only Keycloak knows.

The latter (brokered, or made by hand in the console) are served in the login Keycloak handed over and nowhere else. The
bridge keeps no more of them than a page shows and a proof needs; the sync, which looks at people through their
affiliations, never sees them.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from kc_bridge.adapters.backchannel import TicketUser
from kc_bridge.domain.errors import NotOwned
from kc_bridge.services import Services
from kc_bridge.store.models import Person
from required_actions.handoff import Handoff

__all__ = ["person_of"]

ONLY_IN_KEYCLOAK = "keycloak:"
"""Begins the key of people no source names; the rest is Keycloak's id, so they are found without a search."""
LONGEST_ID = 36
"""Of Keycloak's own users; a longer one names a user that lives in somebody's directory only."""


def person_of(kcb: Services, handoff: Handoff) -> Person:
    """The person of a handoff; those only Keycloak knows are kept at their first, and as it names them now.

    Raises :class:`NotOwned` for an administrator, a service account, a user marked as the bridge's that the bridge has
    no record of, and one whose login or mail is another person's here. As ``ticket_user`` besides.
    """
    with kcb.sessions() as db:
        known = db.scalar(select(Person).where(Person.keycloak_id == handoff.user_id))
    if known is not None and not known.key.startswith(ONLY_IN_KEYCLOAK):
        return known
    user = kcb.backchannel.ticket_user(handoff.ticket)
    if user.owned or user.user_id != handoff.user_id or len(user.user_id) > LONGEST_ID:
        raise NotOwned
    for _attempt in range(2):  # another tab may keep the same person at this very moment
        with suppress(IntegrityError):
            return _kept(kcb, user)
    raise NotOwned


def _kept(kcb: Services, user: TicketUser) -> Person:
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        person = db.scalar(select(Person).where(Person.keycloak_id == user.user_id))
        if person is None:
            key = ONLY_IN_KEYCLOAK + user.user_id
            person = Person(
                key=key,
                uid=key,
                keycloak_id=user.user_id,
                population=kcb.profile.journeys[0].populations[0],
                state="SupannActif",
                activated_at=now,  # they have an account already: there is nothing of ours to activate
                created_at=now,
                updated_at=now,
            )
            db.add(person)
        for column, value in _shown(user).items():
            if getattr(person, column) != value:
                setattr(person, column, value)
                person.updated_at = now
    return person


def _shown(user: TicketUser) -> dict[str, str]:
    """Columns that follow Keycloak. Who has no mail gets what is nobody's, who has no name their login."""
    named = user.first_name or user.last_name
    return {
        "login": user.username,
        "mail": user.email or ONLY_IN_KEYCLOAK + user.user_id,
        "first_name": user.first_name or "",
        "last_name": (user.last_name or "") if named else user.username,
    }
