"""``kcb sync forecast``: what the calendar alone will close."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta

import click
from rich.console import Console
from rich.table import Table

from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import system_clock
from kc_bridge.settings import load
from kc_bridge.store.database import check_schema, open_engine, session_factory
from sync.guard import at_once, unforeseen
from sync.judging.approvals import approved_days
from sync.judging.forecast import HORIZON, NOTICE, closings_ahead, foreseen
from sync.judging.months import MONTHS, bars, by_month
from sync.people import known

__all__ = ["forecast"]

DAYS = 31 * MONTHS


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts: closings by day.")
def forecast(as_json: bool) -> None:
    """Show how many accounts the calendar alone will close, in the days and months to come."""
    settings = load()
    database = open_engine(settings.database_url)
    check_schema(database)
    now = system_clock()
    today = local_date(now, settings.timezone)
    with session_factory(database)() as session:
        ahead = closings_ahead(session, today, today + timedelta(days=DAYS))
        near = {day: count for day, count in ahead.items() if day <= today + HORIZON}
        before = foreseen(session, near.keys())
        approved = approved_days(session, near.keys(), now)
        allowed = at_once(known.open_accounts(session))
    said = {day: _said(day, count, today, allowed, before, approved) for day, count in near.items()}
    if as_json:
        days = [
            {
                "day": day.isoformat(),
                "closings": count,
                "foreseen": before.get(day),
                "approved": day in approved,
                "guard": said.get(day),
            }
            for day, count in sorted(ahead.items())
        ]
        click.echo(json.dumps({"today": today.isoformat(), "at_once": allowed, "days": days}, indent=2))
        return
    _show(Console(), today, near, said, ahead)


def _said(
    day: date,
    count: int,
    today: date,
    allowed: int,
    before: Mapping[date, int],
    approved: frozenset[date],
) -> str:
    """What the guard will say of those closings."""
    if day in approved:
        return "approved"
    if count <= allowed:
        return "few"
    if unforeseen({day: count}, allowed, before, approved) is None:
        return "foreseen"
    if day - NOTICE >= today:
        return "will be foreseen"
    return f"needs: kcb sync approve --closings-of {day.isoformat()}"


def _show(
    console: Console,
    today: date,
    near: Mapping[date, int],
    said: Mapping[date, str],
    ahead: Mapping[date, int],
) -> None:
    if near:
        table = Table("closed from", "accounts", "guard", title="The next two weeks", title_justify="left")
        for day, count in sorted(near.items()):
            table.add_row(day.isoformat(), str(count), said[day])
        console.print(table)
    else:
        console.print("The calendar closes nothing in the next two weeks.")
    console.print("\nAccounts closed by the calendar, month by month:")
    for line in bars(by_month(ahead, today), max(20, console.width - 40)):
        console.print(line, highlight=False, soft_wrap=True)
    if ahead:
        day = max(ahead, key=lambda each: (ahead[each], -each.toordinal()))
        console.print(f"Most on one day: {ahead[day]}, on {day.isoformat()}.", highlight=False)
