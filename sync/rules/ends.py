"""When each kind of affiliation ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

from kc_bridge.domain.affiliation import VALID, Affiliation, Status

__all__ = ["Rule", "last_day", "limited"]

Rule = Callable[[Affiliation], date | None]
"""A university's own rule (entry points ``kc_bridge.rules``): the last day it allows an affiliation; None: no opinion.
It knows neither clock nor database, so that the same rows always come to the same ends."""


def last_day(
    *,
    population: str,
    year: int | None,
    end: date | None,
    status: str = VALID,
    status_on: date | None = None,
) -> date | None:
    """Last day of the right an affiliation gives; None when it is open-ended.

    - An enrolment of university year N (Apogée's ``COD_ANU``, N/N+1) ends on 31 December N+1. A source that gives an
      earlier end is followed.
    - Staff and guests end when their record says; :mod:`sync.sources.record` refuses a guest without an end.
    - An unpaid enrolment holds until ``status_on``, the day it has to be paid by; days of grace come on top
      (:mod:`sync.rules.windows`).
    - A cancelled, withdrawn, excluded or deceased one ends the day before ``status_on``, whatever was meant before.
    - A pre-admission has the end of the enrolment it announces; :mod:`sync.rules.windows` says how long it holds.

    Why 31 December N+1: docs/adr/0031.
    """
    ends = [end] if end else []
    if population == "student" and year is not None:
        ends.append(date(year + 1, 12, 31))
    if status == Status.UNPAID and status_on is not None:
        ends.append(status_on)
    elif status_on is not None and status not in (VALID, Status.PRE_ADMITTED):
        ends.append(status_on - timedelta(days=1))
    return min(ends, default=None)


def limited(affiliation: Affiliation, rules: Iterable[Rule]) -> Affiliation:
    """The affiliation, ended earlier where a university's own rule says so; never later."""
    ends = [day for day in (affiliation.end, *(rule(affiliation) for rule in rules)) if day is not None]
    end = min(ends, default=None)
    return affiliation if end == affiliation.end else replace(affiliation, end=end)
