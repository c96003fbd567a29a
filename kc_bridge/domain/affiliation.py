"""Affiliations: what ties a person to the university, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["VALID", "Affiliation"]

VALID = "valid"
"""The one status that gives rights; any other (``cancelled``, ``withdrawn``…) says why they ended."""


@dataclass(frozen=True, slots=True)
class Affiliation:
    """An enrolment, a contract or a guest's stay; ``source`` and ``source_key`` name the record it came from."""

    source: str
    source_key: str
    population: str
    start: date | None = None
    """First day of the right it gives; None: since ever."""
    end: date | None = None
    """Last day of the right it gives; None: open-ended."""
    status: str = VALID
    year: int | None = None
    """University year N (N/N+1) of an enrolment."""
    programme: str | None = None
    label: str | None = None
    reason: str | None = None
    """Employer or sponsor, or why the status is what it is."""
    row_hash: str | None = None
    """What its record looked like when it was last read."""

    @property
    def gives_right(self) -> bool:
        """False when it was cancelled before it began."""
        return self.start is None or self.end is None or self.start <= self.end

    def covers(self, day: date) -> bool:
        """Whether it gives a right on ``day``."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    @property
    def recency(self) -> tuple[int, date, str]:
        """Sorts a person's affiliations: the last one is the freshest word about their identity."""
        start = self.start or date.min
        return (self.year or start.year, start, self.source_key)
