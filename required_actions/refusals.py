"""« Ce n'est pas moi »: the owner of a former backup mail takes back a change they did not make.

An account is never locked: what was changed is undone, what was begun ends, and for a week numbers change nothing. Which
of two people is the right one, nobody can tell from here; where both have had the account, the registrar's desk looks.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from kc_bridge.channels.announcements import CHANGED, announce
from kc_bridge.domain.errors import AccountClosed, NotOwned
from kc_bridge.services import Services
from kc_bridge.store import audit
from kc_bridge.store.activation import AddressChange
from kc_bridge.store.models import Person
from required_actions import address_changes, backup_mails, links, resets

__all__ = ["Standing", "standing", "undo"]

ACTOR = "former backup mail"
"""In the audit."""


class Standing(StrEnum):
    """What a token of « ce n'est pas moi » is worth now."""

    OPEN = "open"
    DONE = "done"
    OVER = "over"


def standing(change: AddressChange, now: datetime) -> Standing:
    if change.undone_at is not None:
        return Standing.DONE
    return Standing.OPEN if now < change.undo_until else Standing.OVER


def undo(kcb: Services, token: str) -> None:
    """Undoes the change of that token and those made since; the second time, nothing.

    Keycloak ends the sessions first: while it does not answer nothing is undone, and the button may be pressed again.
    An account activated through the changed address is reset. Raises :class:`KeycloakUnavailable`,
    :class:`Unavailable` while another browser is activating the account, and as :func:`resets.reset`.
    """
    with kcb.sessions() as db:
        change = address_changes.find(db, token)
        if change is None or standing(change, kcb.clock()) is not Standing.OPEN:
            return
        person = change.person
    if person.activated_at is not None and person.keycloak_id is not None:
        with suppress(AccountClosed, NotOwned):  # no sessions to end, or none of ours to end
            kcb.backchannel.reset(person.keycloak_id, [])
    with kcb.sessions.begin() as db:
        was_taken = _take_back(db, kcb, person.id, token)
    if was_taken:
        resets.reset(kcb, person.id, actor=ACTOR, reason="« ce n'est pas moi »")
        with kcb.sessions.begin() as db:
            _freeze(db, kcb, links.alone(db, person.id), token)


def _take_back(db: Session, kcb: Services, person_id: str, token: str) -> bool:
    """Restores what counted before; True when the account has been activated through the changed address, and is still
    to be reset."""
    person, now = links.alone(db, person_id), kcb.clock()
    change = address_changes.find(db, token)
    if change is None or standing(change, now) is not Standing.OPEN:
        return False
    links.begin_anew(db, person, now)
    undone = [change, *address_changes.later(db, change)]
    was_taken = person.activated_at is not None and any(c.confirmed_at and not c.active for c in undone)
    if any(c.confirmed_at for c in undone):
        person.personal_mail = change.former
        if was_taken and not backup_mails.is_proved(db, person):
            person.personal_mail = (
                None  # a register's slip of the pen, perhaps: no stranger is mailed the account
            )
    if not was_taken:
        _freeze(db, kcb, person, token)
    return was_taken


def _freeze(db: Session, kcb: Services, person: Person, token: str) -> None:
    change, now = address_changes.find(db, token), kcb.clock()
    if change is None or change.undone_at is not None:
        return
    for undone in [change, *address_changes.later(db, change)]:
        undone.undone_at = now
    person.address_frozen_until = now + address_changes.FREEZE
    audit.record(db, now, ACTOR, "address.undone", person.id)
    announce(db, kcb.settings, person, CHANGED, now)
