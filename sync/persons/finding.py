"""The one person an operator means: by login, uid, former address, number, or key of a source."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kc_bridge.domain.errors import BridgeError
from kc_bridge.domain.login import as_typed, meant_by
from kc_bridge.domain.numbers import normalised
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.store.models import Identifier, Person
from kc_bridge.store.sync import MailAlias, PersonKey

__all__ = ["NotPossible", "find", "keys_of", "one"]


@dataclass
class NotPossible(BridgeError):
    """What an operator asked for cannot be done; nothing was changed."""

    problem: str

    def __str__(self) -> str:
        return self.problem


def one(db: Session, profile: UniversityProfile, named: str) -> Person:
    """Raises :class:`NotPossible` when there is nobody."""
    person = find(db, profile, named)
    if person is None:
        raise NotPossible(
            f"« {named} »: nobody has this login, uid, number or key (written <source>:<key>, as in apogee:22600001)."
        )
    return person


def find(db: Session, profile: UniversityProfile, named: str) -> Person | None:
    """None when there is nobody. Raises :class:`NotPossible` when it may mean several people."""
    if ":" in named:
        source, _, key = named.strip().partition(":")
        return by_key(db, f"{source}:{normalised(key)}") or by_key(db, named.strip())
    typed = as_typed(named)
    logins = meant_by(typed, profile.mail_domains.values())
    number = select(Identifier.person_id).where(Identifier.value == normalised(named))
    alias = select(MailAlias.person_id).where(MailAlias.address.in_(logins))
    found = db.scalars(
        select(Person).where(
            or_(
                Person.login.in_(logins),
                Person.mail.in_(logins),
                Person.uid == typed,
                Person.id.in_(number),
                Person.id.in_(alias),
            )
        )
    ).all()
    exact = [person for person in found if person.login in logins] or found
    if len(exact) > 1:
        names = ", ".join(sorted(f"{p.login} ({p.key})" for p in exact))
        raise NotPossible(f"« {named} » may be {names}: give the key or the whole login.")
    return exact[0] if exact else None


def by_key(db: Session, key: str) -> Person | None:
    """Whose key it is now: of somebody merged, the account that stayed."""
    further = db.get(PersonKey, key)
    if further is not None:
        return db.get_one(Person, further.person_id)
    return db.scalars(select(Person).where(Person.key == key)).one_or_none()


def keys_of(db: Session, person: Person) -> list[str]:
    """Every key by which a source may name them, their account's own first; none of somebody merged into another."""
    further = db.scalars(
        select(PersonKey.key).where(PersonKey.person_id == person.id).order_by(PersonKey.key)
    )
    own = [] if db.get(PersonKey, person.key) else [person.key]
    return [*own, *further]
