"""Affiliations: what ties a person to the university, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["DECEASED", "VALID", "Affiliation", "Status"]


class Status(StrEnum):
    """What a record may say of itself, and nothing else; a mapping translates a register's own words."""

    VALID = "valid"
    """It holds from its first day to its last."""
    PRE_ADMITTED = "pre-admitted"
    """Admitted, not enrolled yet: an account only where the profile gives one before the enrolment."""
    UNPAID = "unpaid"
    """Enrolled, and not paid for: it holds until the day given, then for the profile's days of grace."""
    CANCELLED = "cancelled"
    """Should never have been: Apogée's « annulée »."""
    WITHDRAWN = "withdrawn"
    """Given up, or transferred to another university: Apogée's « résiliée »."""
    EXCLUDED = "excluded"
    """Ended by a decision of the university."""
    DECEASED = "deceased"
    """The person has died: whatever else they had is closed at once, and nothing is mailed."""


VALID = Status.VALID.value
DECEASED = Status.DECEASED.value


@dataclass(frozen=True)
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
    """A value of :class:`Status`."""
    year: int | None = None
    """University year N (N/N+1) of an enrolment."""
    programme: str | None = None
    label: str | None = None
    reason: str | None = None
    """Employer or sponsor, or why the status is what it is."""
    row_hash: int | None = None
    """What its record looked like when it was last read."""
    person_key: str | None = None
    """The key by which its record names the human: their account's own, or a further one."""

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
