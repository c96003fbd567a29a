"""People an operator names on the command line: one by one, or in a file."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.domain.login import as_typed, meant_by
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.store.models import Person

__all__ = ["lines", "operator", "person_named"]


def person_named(db: Session, profile: UniversityProfile, typed: str) -> Person | None:
    """The one person of that identifier, typed as people type it; None when there is nobody, or more than one."""
    logins = meant_by(as_typed(typed), profile.mail_domains.values())
    found = db.scalars(select(Person).where(Person.login.in_(logins))).all()
    return found[0] if len(found) == 1 else None


def lines(text: Iterable[str]) -> list[str]:
    """Identifiers of a file, one a line; empty lines and what follows a ``#`` say nothing."""
    return [name for line in text if (name := line.partition("#")[0].strip())]


def operator(named: str | None) -> str:
    """Who is at work, for the audit: the account on this machine, and the name it gave itself."""
    account = os.environ.get("SUDO_USER") or getpass.getuser()
    return f"{named} ({account})" if named and named != account else account
