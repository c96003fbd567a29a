"""Reading the date table: affiliations and verdicts as somebody would write them on paper."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kc_bridge.domain.affiliation import VALID, Affiliation, Status
from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.lifecycle import Lifecycle
from sync.rules.ends import last_day
from sync.rules.lifecycle import Standing, standing

__all__ = ["Case", "affiliations", "cases"]

PARIS = "Europe/Paris"
FIRST_DAY = (7, 6)
"""Month and day on which enrolments of the table begin, unless it says otherwise."""


@dataclass(frozen=True)
class Case:
    """One line."""

    line: str
    ties: list[Affiliation]
    lifecycle: Lifecycle
    account: dict[str, Any]
    """What is known of the account: arguments of :func:`standing`."""
    today: date
    wanted: tuple[str, ...]

    def judge(self, ties: list[Affiliation] | None = None) -> Standing:
        return standing(ties or self.ties, self.today, lifecycle=self.lifecycle, **self.account)

    def found(self, verdict: Standing) -> tuple[str, ...]:
        """A verdict as the table writes it."""
        end, next_on = verdict.account_end, verdict.next_transition_on
        return (
            verdict.state,
            "open" if verdict.open else "shut",
            end.isoformat() if end else "-",
            next_on.isoformat() if next_on else "-",
            verdict.why,
        )


def affiliations(text: str) -> list[Affiliation]:
    """« student 2026 cancelled 2026-09-15; staff 2026-10-01..2029-09-30 »; an enrolment may have a ``from 2026-09-01``."""
    return [_affiliation(number, part.split()) for number, part in enumerate(text.split(";"))]


def _affiliation(number: int, words: list[str]) -> Affiliation:
    population, when, *rest = words
    start = date.fromisoformat(rest[rest.index("from") + 1]) if "from" in rest else None
    status = next((word for word in rest if word in set(Status)), VALID)
    day = rest[rest.index(status) + 1 :] if status in rest else []
    status_on = date.fromisoformat(day[0]) if day and day[0] != "from" else None
    year, end = (int(when), None) if when.isdigit() else (None, _day(when.partition("..")[2]))
    if year is None:
        start = _day(when.partition("..")[0])
    elif start is None:
        start = date(year, *FIRST_DAY)
    last = last_day(population=population, year=year, end=end, status=status, status_on=status_on)
    return Affiliation("table", str(number), population, start, last, status, year)


def cases(table: str) -> list[Case]:
    """Lines of « affiliations | account | day | state | open | end | next | why »; « [grace_days.staff = 30] » sets the
    profile of the lines below it."""
    found, lifecycle = [], Lifecycle()
    for line in (each.strip() for each in table.strip().splitlines()):
        if line.startswith("["):
            lifecycle = _lifecycle(line.strip("[]"))
        elif line and not line.startswith("#"):
            ties, account, day, *wanted = (cell.strip() for cell in line.split("|"))
            found.append(
                Case(line, affiliations(ties), lifecycle, _account(account), _today(day), tuple(wanted))
            )
    return found


def _lifecycle(text: str) -> Lifecycle:
    settings: dict[str, Any] = {}
    for name, population, days in re.findall(r"([a-z_]+)(?:\.([a-z]+))? = (\d+)", text):
        settings[name] = {**settings.get(name, {}), population: int(days)} if population else int(days)
    return Lifecycle(**settings)


def _account(text: str) -> dict[str, Any]:
    """« new », « active », « active, closed 2027-12-31 on 2028-01-01 as SupannExpire »."""
    account: dict[str, Any] = {"activated": "active" in text}
    if closed := re.search(r"closed (\S+) on (\S+) as (\S+)", text):
        account |= {"closed_after": _day(closed[1]), "closed_on": _day(closed[2]), "stage_reached": closed[3]}
    return account


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text and text != "-" else None


def _today(text: str) -> date:
    """A day, or an instant in UTC as a server's clock has it."""
    return local_date(datetime.fromisoformat(text), PARIS) if "T" in text else date.fromisoformat(text)
