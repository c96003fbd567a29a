"""Who is old enough to decide alone: French majority, at eighteen (Code civil, art. 388 and 414)."""

from __future__ import annotations

from datetime import date

__all__ = ["MAJORITY", "age_on", "is_minor"]

MAJORITY = 18
"""Years."""


def age_on(birth: date, day: date) -> int:
    """Completed years. Somebody born on 29 February completes one on 1 March where there is no 29th.

    Their year is complete when 28 February has ended (Code de procédure civile, art. 641): the day after is the first
    on which they are older. Eighteen years after a leap year there is never a 29 February, so this decides every
    such majority.
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def is_minor(birth: date | None, day: date) -> bool:
    """True when somebody else must decide for this person on that day; an unknown birth date is not held against them."""
    return birth is not None and age_on(birth, day) < MAJORITY
