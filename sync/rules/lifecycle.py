"""Where somebody stands on a day: open or closed, until when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kc_bridge.domain.affiliation import Affiliation
from sync.rules.primary import primary_population

__all__ = ["CLOSED", "Standing", "standing"]

ONE_DAY = timedelta(days=1)
CLOSED = "SupannExpire"


@dataclass(frozen=True, slots=True)
class Standing:
    """The verdict of the rules; ``state`` is SUPANN's sub-state of supannRessourceEtat."""

    state: str
    open: bool
    account_end: date | None
    """Last day the account works; None: open-ended."""
    population: str
    populations: tuple[str, ...]
    why: str
    next_transition_on: date | None
    """The first day on which this verdict may differ; None: only another record can change it."""


def standing(
    affiliations: Sequence[Affiliation],
    today: date,
    *,
    activated: bool = False,
    closed_after: date | None = None,
) -> Standing:
    """Judges one person.

    The account is open on the days some affiliation covers, so losing one of two closes nothing. It ends with the last
    of the affiliations that follow each other without a day between. ``closed_after`` is the end an account was already
    closed for: the calendar alone never opens it again (a clock that goes back), only a later end does.

    ``affiliations`` must not be empty.
    """
    rights = [a for a in affiliations if a.gives_right]
    changes = [
        day for a in rights for day in (a.start, a.end + ONE_DAY if a.end else None) if day and day > today
    ]
    upcoming = min(changes, default=None)
    current = [a for a in rights if a.covers(today)]
    end = _end_of_run(rights, today) if current else _last_end(affiliations, today)

    if current and closed_after is not None and end is not None and end <= closed_after:
        current = []
        why = f"closed after {closed_after:%d/%m/%Y}: only a later end opens it again"
    elif current:
        why = f"until {end:%d/%m/%Y}" if end else "open-ended"
        why = f"{_names(current)}, {why}"
    elif any(a.start and a.start > today for a in rights) and not _last_end(rights, today):
        begins = min(a.start for a in rights if a.start and a.start > today)
        populations = _populations(rights)
        return Standing(
            "SupannPrecree",
            False,
            None,
            primary_population(populations),
            populations,
            f"begins on {begins:%d/%m/%Y}",
            upcoming,
        )
    else:
        why = _why_closed(affiliations, end)

    populations = _populations(current or [_freshest(affiliations)])
    state = ("SupannActif" if activated else "SupannCree") if current else CLOSED
    return Standing(state, bool(current), end, primary_population(populations), populations, why, upcoming)


def _end_of_run(rights: Iterable[Affiliation], today: date) -> date | None:
    """End of the unbroken stretch of rights that covers ``today``."""
    end = today
    for affiliation in sorted(rights, key=lambda a: a.start or date.min):
        if affiliation.start and affiliation.start > end + ONE_DAY:
            break
        if affiliation.end is None:
            return None
        end = max(end, affiliation.end)
    return end


def _last_end(affiliations: Iterable[Affiliation], today: date) -> date | None:
    return max((a.end for a in affiliations if a.end and a.end < today), default=None)


def _freshest(affiliations: Iterable[Affiliation]) -> Affiliation:
    return max(affiliations, key=lambda a: a.recency)


def _populations(affiliations: Iterable[Affiliation]) -> tuple[str, ...]:
    return tuple(sorted({a.population for a in affiliations}))


def _names(affiliations: Iterable[Affiliation]) -> str:
    return " and ".join(
        sorted({f"{a.population} {a.year}/{a.year + 1}" if a.year else a.population for a in affiliations})
    )


def _why_closed(affiliations: Iterable[Affiliation], end: date | None) -> str:
    last = _freshest(affiliations)
    what = last.population if last.status == "valid" else f"{last.population} {last.status}"
    return f"{what}, ended on {end:%d/%m/%Y}" if end else f"{what}, no right left"
