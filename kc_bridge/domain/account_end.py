"""Why an account ends when it does: the rights that keep it open, and which of them decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kc_bridge.domain.account_state import CLOSED
from kc_bridge.domain.affiliation import Affiliation

__all__ = ["Right", "is_closed", "rights"]


@dataclass(frozen=True, slots=True)
class Right:
    """One affiliation, as its holder is told of it."""

    population: str
    year: int | None
    """University year N (N/N+1) of an enrolment."""
    label: str | None
    end: date | None
    """Last day; None: open-ended."""
    decides: bool
    """True when the account ends with this one."""


def rights(affiliations: Iterable[Affiliation], account_end: date | None, today: date) -> list[Right]:
    """What keeps the account open from ``today`` on, the deciding ones first, then the longest.

    The account ends with the last of the affiliations that follow each other, or some days of grace later; the sync
    has written that day as ``account_end``, and whichever ends last until then is why. None at all: nothing keeps it
    open any more.
    """
    living = [a for a in affiliations if a.gives_right and (a.end is None or a.end >= today)]
    ends = [a.end for a in living if a.end and account_end and a.end <= account_end]
    last = max(ends, default=account_end)
    told = [Right(a.population, a.year, a.label, a.end, a.end == last) for a in living]
    return sorted(
        dict.fromkeys(told), key=lambda r: (not r.decides, -(r.end or date.max).toordinal(), r.label or "")
    )


def is_closed(state: str, account_end: date | None, today: date) -> bool:
    """Whether the account is closed on ``today``."""
    return state in CLOSED or (account_end is not None and account_end < today)
