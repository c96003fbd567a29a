"""A provisional password for one person: set in Keycloak, known to the sheet, and to nobody's database or log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from kc_bridge.domain.errors import BridgeError, KeycloakUnavailable, NoSheet, PasswordRefused
from kc_bridge.domain.journey import action_id, keycloak_actions
from kc_bridge.domain.link import expiry
from kc_bridge.domain.profile import END_OF_DAY, UniversityProfile
from kc_bridge.services import Services
from kc_bridge.store import audit
from kc_bridge.store.models import Person
from required_actions import links
from required_actions.resets import may_be_reset
from required_actions.scolpass.words import SEPARATORS, provisional

__all__ = ["NEW_PASSWORD", "Credentials", "may_be_printed", "renew", "valid_until"]

NEW_PASSWORD = action_id("new_password")


@dataclass(frozen=True)
class Credentials:
    """What a sheet says of one person."""

    person: Person
    password: str
    until: datetime

    def __repr__(self) -> str:
        return f"Credentials({self.person.login})"


def valid_until(days: int, now: datetime, zone: str) -> datetime:
    """23:59 of the ``days``-th day after today, at the university."""
    return expiry(END_OF_DAY, now + timedelta(days=days), zone)


def may_be_printed(person: Person, profile: UniversityProfile, today: date) -> None:
    """Raises :class:`NoSheet`, :class:`AccountClosed` or :class:`NotOwned`."""
    may_be_reset(person, today)
    if person.activated_at is not None:
        raise NoSheet("the account is active: if its owner cannot get in, run  kcb reset  first")
    if "new_password" not in profile.journey_for(person.population).steps:
        raise NoSheet("the journey of this population has no page where a password is chosen")


def renew(kcb: Services, person_id: str, until: datetime, *, actor: str) -> Credentials:
    """Gives the person a new provisional password; the one of an earlier sheet opens nothing any more.

    The wizard refuses passwords from before this moment, then Keycloak gets the new one, then it counts. So an answer
    lost in between leaves no password that lives for ever. Mailed links stay as they are.

    Raises what :func:`may_be_printed` does; :class:`NotPending` when Keycloak does not ask the user for a password any
    more; :class:`PasswordRefused` when the realm takes none of ours; :class:`PasswordElsewhere`, :class:`Unavailable`.
    """
    with kcb.sessions.begin() as db:
        person = _checked(db, kcb, person_id)
        before, person.provisional_until = person.provisional_until, kcb.clock()
    actions = keycloak_actions(kcb.profile.journey_for(person.population))
    with _given_back(kcb, person_id, before):
        password = _set(kcb, person.keycloak_id or "", actions)
    with kcb.sessions.begin() as db:
        person = db.get_one(Person, person_id)
        person.provisional_until = until
        audit.record(db, kcb.clock(), actor, "scolpass.printed", person.id, until=until.isoformat())
    return Credentials(person, password, until)


def _checked(db: Session, kcb: Services, person_id: str) -> Person:
    person = db.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    may_be_printed(person, kcb.profile, kcb.today())
    links.not_while_finishing(db, person.id, kcb.clock())
    return person


@contextmanager
def _given_back(kcb: Services, person_id: str, before: datetime | None) -> Iterator[None]:
    """Of a Keycloak that has refused, the earlier sheet lives on; of one that has not answered, nobody knows."""
    try:
        yield
    except KeycloakUnavailable:
        raise
    except BridgeError:
        with kcb.sessions.begin() as db:
            db.get_one(Person, person_id).provisional_until = before
        raise


def _set(kcb: Services, user_id: str, actions: list[str]) -> str:
    refused: PasswordRefused | None = None
    for separator in SEPARATORS:
        password = provisional(separator)
        try:
            kcb.backchannel.reset(user_id, actions, password, while_pending=[NEW_PASSWORD])
        except PasswordRefused as error:
            refused = error
        else:
            return password
    assert refused is not None
    raise refused
