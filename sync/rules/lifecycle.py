"""Where somebody stands on a day: open or closed, until when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kc_bridge.domain.account_state import (
    ANTICIPATED,
    CREATED,
    CURRENT,
    EXPIRED,
    OPEN,
    PRECREATED,
    REPRIEVED,
)
from kc_bridge.domain.affiliation import DECEASED, VALID, Affiliation
from kc_bridge.domain.lifecycle import Lifecycle
from sync.rules.primary import primary_population
from sync.rules.purge import stage
from sync.rules.windows import ONE_DAY, Window, expected_until, next_days, window

__all__ = ["Standing", "standing"]

UNCHANGED = Lifecycle()


@dataclass(frozen=True)
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
    closed_on: date | None = None
    """Day from which it was closed; the delays of a purge count from it. None unless it is."""
    quiet: bool = False
    """Nothing may be mailed, to nobody: the person has died."""


def standing(
    affiliations: Sequence[Affiliation],
    today: date,
    *,
    activated: bool = False,
    closed_after: date | None = None,
    closed_on: date | None = None,
    stage_reached: str = EXPIRED,
    lifecycle: Lifecycle = UNCHANGED,
) -> Standing:
    """Judges one person.

    The account is open on the days some affiliation covers, so losing one of two closes nothing. It ends with the last
    of the affiliations that follow each other without a day between.

    Of an account that is closed already: ``closed_after``, the end it was closed for; the calendar alone never opens it
    again (a clock that goes back), only a later end does. ``closed_on``, the day that happened. ``stage_reached``, its
    state: what is erased stays so. ``affiliations`` must not be empty.
    """
    windows = [found for a in affiliations if (found := window(a, lifecycle))]
    dead = [a for a in affiliations if a.status == DECEASED]
    current = [] if dead else [w for w in windows if w.covers(today)]
    end = _end_of_run(windows, today) if current else _last_end(affiliations, windows, today)
    if dead:
        end = min((a.end for a in dead if a.end), default=None)
        why = "deceased"
    elif current and closed_after is not None and end is not None and end <= closed_after:
        current = []
        why = f"closed after {closed_after:%d/%m/%Y}: only a later end opens it again"
    elif current:
        why = _why_open(current, today, end)
    elif announced := _announced(affiliations, windows, today, lifecycle):
        return announced
    else:
        why = _why_closed(affiliations, end)

    populations = _populations([w.affiliation for w in current] or [_freshest(affiliations)])
    changes = [] if dead else [*_changes(windows, today), *_ends_without_right(affiliations, today)]
    state, since = _state(current, today, activated=activated), None
    if not current:
        since = closed_on or today
        # Whoever is to come back keeps what they had.
        judged_on = since if any(w.opens and w.opens > today for w in windows) and not dead else today
        state, purge_on = stage(since, judged_on, lifecycle, _closed(stage_reached))
        changes += [purge_on] if purge_on and judged_on == today else []
    return Standing(
        state=state,
        open=bool(current),
        account_end=end,
        population=primary_population(populations),
        populations=populations,
        why=why,
        next_transition_on=min(changes, default=None),
        closed_on=since,
        quiet=bool(dead),
    )


def _state(current: Iterable[Window], today: date, *, activated: bool) -> str:
    """Of an open account."""
    if not activated:
        return CREATED
    windows = list(current)
    if any(not w.is_early(today) and not w.is_late(today) for w in windows):
        return CURRENT
    return ANTICIPATED if any(w.is_early(today) for w in windows) else REPRIEVED


def _closed(state: str) -> str:
    return EXPIRED if state in OPEN or state == PRECREATED else state


def _announced(
    affiliations: Iterable[Affiliation], windows: Sequence[Window], today: date, lifecycle: Lifecycle
) -> Standing | None:
    """The verdict on somebody for whom nothing has begun yet; None when something has, or nothing will."""
    if any(w.closes is not None and w.closes < today for w in windows):
        return None
    coming = [w.opens for w in windows if w.opens and w.opens > today]
    expected = [(a, last) for a in affiliations if (last := expected_until(a, lifecycle)) and last >= today]
    if not coming and not expected:
        return None
    populations = _populations([w.affiliation for w in windows] or [a for a, _ in expected])
    changes = _changes(windows, today)
    return Standing(
        state=PRECREATED,
        open=False,
        account_end=None,
        population=primary_population(populations),
        populations=populations,
        why=f"begins on {min(coming):%d/%m/%Y}" if coming else "pre-admitted: an account once enrolled",
        next_transition_on=min([*changes, *(last + ONE_DAY for _, last in expected)]),
    )


def _changes(windows: Iterable[Window], today: date) -> list[date]:
    return [day for w in windows for day in next_days(w, today)]


def _ends_without_right(affiliations: Iterable[Affiliation], today: date) -> list[date]:
    """Days on which what never began is over all the same."""
    return [a.end + ONE_DAY for a in affiliations if a.end and a.end >= today and not a.gives_right]


def _end_of_run(windows: Iterable[Window], today: date) -> date | None:
    """End of the unbroken stretch of windows that covers ``today``."""
    end = today
    for each in sorted(windows, key=lambda w: w.opens or date.min):
        if each.opens and each.opens > end + ONE_DAY:
            break
        if each.closes is None:
            return None
        end = max(end, each.closes)
    return end


def _last_end(affiliations: Iterable[Affiliation], windows: Iterable[Window], today: date) -> date | None:
    ends = [*(w.closes for w in windows), *(a.end for a in affiliations if not a.gives_right)]
    return max((end for end in ends if end and end < today), default=None)


def _freshest(affiliations: Iterable[Affiliation]) -> Affiliation:
    return max(affiliations, key=lambda a: a.recency)


def _populations(affiliations: Iterable[Affiliation]) -> tuple[str, ...]:
    return tuple(sorted({a.population for a in affiliations}))


def _why_open(current: Iterable[Window], today: date, end: date | None) -> str:
    names = " and ".join(sorted({_name(w, today) for w in current}))
    return f"{names}, until {end:%d/%m/%Y}" if end else f"{names}, open-ended"


def _name(window: Window, today: date) -> str:
    a = window.affiliation
    name = f"{a.population} {a.year}/{a.year + 1}" if a.year else a.population
    name += "" if a.status == VALID else f" {a.status}"
    if window.is_early(today) and window.first:
        return f"{name} from {window.first:%d/%m/%Y}"
    if window.is_late(today) and window.last:
        return f"{name} ended on {window.last:%d/%m/%Y}, grace"
    return name


def _why_closed(affiliations: Iterable[Affiliation], end: date | None) -> str:
    last = _freshest(affiliations)
    what = last.population if last.status == VALID else f"{last.population} {last.status}"
    return f"{what}, ended on {end:%d/%m/%Y}" if end else f"{what}, no right left"
