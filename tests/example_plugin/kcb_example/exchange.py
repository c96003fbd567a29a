"""At this university exchange students leave at the end of July."""

from __future__ import annotations

from datetime import date

from kc_bridge.domain.affiliation import Affiliation


def last_day(affiliation: Affiliation) -> date | None:
    """31 July N+1 for programmes whose code begins with « EXC »."""
    if affiliation.year and (affiliation.programme or "").startswith("EXC"):
        return date(affiliation.year + 1, 7, 31)
    return None
