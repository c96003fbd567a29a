"""People an operator names on the command line, one by one or in a file, and what the operator is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.domain.errors import AccountClosed, BridgeError, NotOwned, PasswordElsewhere, Unavailable
from kc_bridge.domain.login import as_typed, meant_by
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.operator import operator
from kc_bridge.services import Services
from kc_bridge.store.models import Person

__all__ = ["FAILED", "PARTIAL", "Refused", "find", "lines", "operator", "person_named", "told"]

FAILED, PARTIAL = 1, 3
"""Exit codes: nothing was done; only a part."""
Refused = tuple[str, str]
"""A name, and why nothing was done for it."""


def person_named(db: Session, profile: UniversityProfile, typed: str) -> Person | None:
    """The one person of that identifier, typed as people type it; None when there is nobody, or more than one."""
    logins = meant_by(as_typed(typed), profile.mail_domains.values())
    found = db.scalars(select(Person).where(Person.login.in_(logins))).all()
    return found[0] if len(found) == 1 else None


def find(
    kcb: Services, names: Iterable[str], check: Callable[[Person], None]
) -> tuple[list[Person], list[Refused]]:
    """The people named, each once, and whoever is none or raises a :class:`BridgeError` in ``check``, with the reason."""
    found: dict[str, Person] = {}
    refused: list[Refused] = []
    with kcb.sessions() as db:
        for name in names:
            person = person_named(db, kcb.profile, name)
            if person is None:
                refused.append((name, "no such account"))
                continue
            try:
                check(person)
                found[person.id] = person
            except BridgeError as error:
                refused.append((name, told(error)))
    return list(found.values()), refused


def lines(text: Iterable[str]) -> list[str]:
    """Identifiers of a file, one a line; empty lines and what follows a ``#`` say nothing."""
    return [name for line in text if (name := line.partition("#")[0].strip())]


def told(error: BridgeError) -> str:
    """An error in the operator's words."""
    match error:
        case AccountClosed(ended_on=None):
            return "the account is disabled in Keycloak"
        case AccountClosed(ended_on=day):
            return f"the account ended on {day:%d/%m/%Y}: it opens again with an enrolment"
        case NotOwned():
            return "no account of this bridge's in Keycloak (none yet, or an administrator)"
        case PasswordElsewhere():
            return "the password is kept in a directory that Keycloak may only read: change it there"
        case Unavailable(reason=reason):
            return f"not now: {reason or 'Keycloak does not answer'}; try again in a minute"
    return str(error)
