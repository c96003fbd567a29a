"""States of an account in SUPANN's words (SUPANN 2021, sub-states of supannRessourceEtat)."""

from __future__ import annotations

__all__ = [
    "ANTICIPATED",
    "CLOSED",
    "CREATED",
    "CURRENT",
    "DATA_PURGED",
    "EXPIRED",
    "IN_USE",
    "OPEN",
    "PRECREATED",
    "PURGED",
    "REPRIEVED",
    "STATES",
]

PRECREATED = "SupannPrecree"
"""Announced: no right has begun, and nobody can log in."""
CREATED = "SupannCree"
"""Open; its owner has not activated it yet."""
ANTICIPATED = "SupannAnticipe"
"""In use, ahead of the first day of what gives the right."""
CURRENT = "SupannActif"
"""In use."""
REPRIEVED = "SupannSursis"
"""In use, some days after the right has ended."""
EXPIRED = "SupannExpire"
"""Closed; everything is still there, for whoever comes back."""
DATA_PURGED = "SupannSupprDonnees"
"""Closed; what its owner gave and did is erased, their name is kept for whoever comes back."""
PURGED = "SupannSupprCompte"
"""Gone from Keycloak, and nothing here tells whose it was; whoever comes back gets another."""

IN_USE = frozenset({ANTICIPATED, CURRENT, REPRIEVED})
"""Open, and activated."""
OPEN = IN_USE | {CREATED}
"""Somebody can log in, or activate."""
CLOSED = frozenset({EXPIRED, DATA_PURGED, PURGED})
"""Nobody may use it any more."""
STATES = (PRECREATED, CREATED, ANTICIPATED, CURRENT, REPRIEVED, EXPIRED, DATA_PURGED, PURGED)
"""From the first to the last."""
