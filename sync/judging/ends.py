"""Whose account would end earlier than its owner was told, and what says so. Pure."""

from __future__ import annotations

from datetime import date

from kc_bridge.domain.account_state import OPEN
from kc_bridge.domain.affiliation import Affiliation
from sync.people.model import KnownPerson, Subject

__all__ = ["RULES", "shortened_by"]

RULES = ""
"""In the place of a source: no record has changed, but the days the profile gives."""


def shortened_by(subject: Subject) -> str | None:
    """The source whose record takes days away from an account that is open today, or :data:`RULES`; None when none are taken.

    Closings are counted as such; who has no user yet was promised nothing; somebody adopted is judged by the sources for the
    first time. What an earlier run recorded and still owes to Keycloak has passed the guard already.
    """
    known, standing = subject.known, subject.standing
    if known is None or known.state not in OPEN or not standing.open:
        return None
    if not _earlier(standing.account_end, known.account_end):
        return None
    if known.keycloak_id is None or not known.affiliations:
        return None
    moved = _moved(known, subject)
    if moved:
        # Of several, the one that had held the account open longest.
        return max(moved, key=lambda a: (a.end or date.max, a.source)).source
    return RULES if known.digest is not None else None


def _earlier(end: date | None, before: date | None) -> bool:
    return end is not None and (before is None or end < before)


def _moved(known: KnownPerson, subject: Subject) -> list[Affiliation]:
    """Of the affiliations known, as they were, those whose days are others now; one more never ends an account earlier."""
    now = {(a.source, a.source_key): _days(a) for a in subject.affiliations}
    return [a for a in known.affiliations if now.get((a.source, a.source_key)) != _days(a)]


def _days(affiliation: Affiliation) -> tuple[object, ...]:
    """All that the rules look at."""
    return affiliation.population, affiliation.start, affiliation.end, affiliation.status
