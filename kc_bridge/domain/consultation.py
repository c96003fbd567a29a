"""« Consultation en ligne »: whom a student number and a birth date show their identifier and enrolments. Pure."""

from __future__ import annotations

from datetime import date
from hmac import compare_digest

__all__ = ["is_shown", "university_year"]

FIRST_MONTH = 9


def university_year(today: date) -> int:
    """The year N of the university year N/N+1 that ``today`` belongs to; it begins on 1 September."""
    return today.year if today.month >= FIRST_MONTH else today.year - 1


def is_shown(known: date | None, born: date, enrolments: int) -> bool:
    """True for the birth date on record of somebody with an enrolment to show; whoever has left has none."""
    # A list, not « and »: every question is asked of everybody.
    return all([compare_digest((known or date.min).isoformat(), born.isoformat()), enrolments > 0])
