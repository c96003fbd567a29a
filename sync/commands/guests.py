"""``kcb guest``: people the university vouches for without a register."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.profile import UniversityProfile, load_profile
from kc_bridge.operator import operator
from kc_bridge.settings import load
from kc_bridge.store.database import check_schema, open_engine, session_factory
from kc_bridge.store.sync import Guest
from sync import guests
from sync.guests import NewGuest, Seen

__all__ = ["guest"]

Act = Callable[[Session, UniversityProfile, datetime, date], Any]
by_whom = click.option("--by", metavar="NAME", help="Who does it, beside the account you are logged in with.")
in_json = click.option("--json", "as_json", is_flag=True, help="For scripts.")


class Day(click.DateTime):
    """``2027-06-30`` or ``30/06/2027``."""

    name = "day"

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%d/%m/%Y"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value, param, ctx).date()


@click.group()
def guest() -> None:
    """Guests kept here: each with a sponsor among the staff, and a last day. The next run of the sync follows."""


@guest.command()
@click.option("--first-name", required=True)
@click.option("--last-name", required=True)
@click.option("--mail", help="Where the activation mail goes; outside the university.")
@click.option(
    "--birth-date", type=Day(), help="Tells people of one name apart, and proves who asks for help."
)
@click.option("--phone")
@click.option("--sponsor", required=True, metavar="LOGIN", help="The member of staff who vouches.")
@click.option("--from", "start", type=Day(), help="First day; default: today.")
@click.option("--until", type=Day(), required=True, help="Last day.")
@click.option("--reason", required=True, help="What they come for.")
@by_whom
@in_json
def add(
    first_name: str,
    last_name: str,
    mail: str | None,
    birth_date: date | None,
    phone: str | None,
    sponsor: str,
    start: date | None,
    until: date,
    reason: str,
    by: str | None,
    as_json: bool,
) -> None:
    """Keep a new guest."""

    def act(db: Session, profile: UniversityProfile, now: datetime, today: date) -> Guest:
        new = NewGuest(first_name, last_name, mail, start or today, until, reason, birth_date, phone)
        return guests.add(db, new, sponsor, profile, operator(by), now, today)

    _show(_do(act), "added", as_json)


@guest.command()
@click.argument("number")
@click.option("--until", type=Day(), required=True, help="The new last day.")
@click.option("--reason", required=True, help="Why, for the audit.")
@click.option(
    "--sponsor", metavar="LOGIN", help="Who vouches from now on; needed when the former sponsor has left."
)
@by_whom
@in_json
def renew(number: str, until: date, reason: str, sponsor: str | None, by: str | None, as_json: bool) -> None:
    """Prolong a stay, or take one up again."""

    def act(db: Session, profile: UniversityProfile, now: datetime, today: date) -> Guest:
        return guests.renew(db, number, until, reason, profile, operator(by), now, today, sponsor)

    _show(_do(act), "renewed", as_json)


@guest.command()
@click.argument("number")
@click.option("--last-day", type=Day(), help="Default: yesterday, so that the next run closes the account.")
@click.option("--reason", required=True, help="Why, for the audit.")
@by_whom
@in_json
def end(number: str, last_day: date | None, reason: str, by: str | None, as_json: bool) -> None:
    """End a stay before its last day."""

    def act(db: Session, _profile: UniversityProfile, now: datetime, today: date) -> Guest:
        last = last_day or today - timedelta(days=1)
        return guests.end(db, number, last, reason, operator(by), now)

    _show(_do(act), "ended", as_json)


@guest.command("list")
@click.option("--all", "everybody", is_flag=True, help="Those whose stay is over, too.")
@in_json
def list_(everybody: bool, as_json: bool) -> None:
    """Show guests, those whose stay ends first before the others, and what somebody should look at."""

    def act(db: Session, _profile: UniversityProfile, _now: datetime, today: date) -> list[Seen]:
        return [one for one in guests.seen(db, today) if everybody or one.last_day >= today]

    found: list[Seen] = _do(act)
    if as_json:
        click.echo(json.dumps([_plain(one) for one in found], ensure_ascii=False, indent=2))
    else:
        _list(Console(), found)


def _do(act: Act) -> Any:
    """One act in one transaction."""
    settings = load()
    database = open_engine(settings.database_url)
    check_schema(database)
    now = system_clock()
    today = local_date(now, settings.timezone)
    profile = load_profile(settings.profile)
    sessions = session_factory(database)
    with sessions.begin() as db:
        done = act(db, profile, now, today)
        db.flush()
        db.expunge_all()
        return done


def _show(one: Guest, what: str, as_json: bool) -> None:
    last = one.status_on - timedelta(days=1) if one.status_on else one.end
    if as_json:
        told = {
            "number": one.number,
            "done": what,
            "start": one.start.isoformat(),
            "last_day": last.isoformat(),
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{one.number}  {one.first_name} {one.last_name}: {what}, last day {last:%d/%m/%Y}")


def _plain(one: Seen) -> dict[str, Any]:
    row = one.guest
    return {
        "number": row.number,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "sponsor": one.sponsor,
        "reason": row.reason,
        "start": row.start.isoformat(),
        "last_day": one.last_day.isoformat(),
        "open": one.open,
        "warning": one.warning,
    }


def _list(console: Console, found: Sequence[Seen]) -> None:
    if not found:
        console.print("No guest. --all shows those whose stay is over, too.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("Number", "Guest", "Sponsor", "From", "Last day", "For"):
        table.add_column(name, no_wrap=name in {"Number", "From", "Last day"}, overflow="fold")
    if any(one.warning for one in found):
        table.add_column("Look at", overflow="fold")
    for one in found:
        row = one.guest
        name = f"{row.first_name} {row.last_name}"
        days = f"{row.start:%d/%m/%Y}", f"{one.last_day:%d/%m/%Y}"
        warning = f"[red]{escape(one.warning)}[/]" if one.warning else ""
        cells = (row.number, escape(name), escape(one.sponsor), *days, escape(row.reason), warning)
        table.add_row(*cells[: len(table.columns)])
    console.print(table)
