"""``kcb sync status``: the last runs, who leads, what waits for somebody, when the next run begins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select

from kc_bridge.domain.clock import system_clock
from kc_bridge.settings import Settings, load
from kc_bridge.store.database import check_schema, open_engine, session_factory
from kc_bridge.store.sync import Approval, SyncRun
from sync.judging.approvals import waiting

__all__ = ["status"]

STYLES = {"ok": "green", "partial": "yellow", "running": "cyan"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option(
    "--last", default=10, type=click.IntRange(1, 1000), metavar="N", help="How many runs; default: 10."
)
def status(as_json: bool, last: int) -> None:
    """Show the last runs, who leads, what was refused and how to approve it."""
    settings = load()
    database = open_engine(settings.database_url)
    check_schema(database)
    now = system_clock()
    with session_factory(database)() as session:
        runs = session.scalars(select(SyncRun).order_by(SyncRun.id.desc()).limit(last)).all()
        approvals = waiting(session, now)
    if as_json:
        document = {"runs": [_run(run) for run in runs], "approvals": [_approval(each) for each in approvals]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _show(Console(), settings, runs, approvals, now)


def _show(
    console: Console,
    settings: Settings,
    runs: Sequence[SyncRun],
    approvals: Sequence[Approval],
    now: datetime,
) -> None:
    zone = ZoneInfo(settings.timezone)
    if not runs:
        console.print("No run yet: kcb sync run, or start kcb scheduler.")
    else:
        console.print(_leader(settings, runs[0], now), highlight=False)
        table = Table("began", "lasted", "", "by", "done", "why not")
        for run in runs:
            style = STYLES.get(run.status, "red")
            lasted = f"{(run.finished_at - run.started_at).total_seconds():.0f} s" if run.finished_at else ""
            why = (run.error or "").splitlines()
            table.add_row(
                f"{run.started_at.astimezone(zone):%d/%m %H:%M:%S}",
                lasted,
                f"[{style}]{run.status}[/]",
                escape(run.holder or ""),
                ", ".join(f"{count} {kind}" for kind, count in run.counts.get("done", {}).items()),
                escape(_why(why)),
            )
        console.print(table)
        # A scheduler makes the same plan again and again: while it does, this one still waits.
        ended = next((run for run in runs if run.status != "running"), runs[0])
        if ended.status == "refused":
            console.print("[red]The last plan was refused[/] and waits for somebody:")
            console.print(ended.error or "", highlight=False, markup=False, soft_wrap=True)
    for each in approvals:
        what = f"plan {each.digest[:16]}…" if each.digest else f"closings of {each.due_on}"
        until = f"{each.expires_at.astimezone(zone):%d/%m %H:%M}"
        line = f"Approved, until {until}: {what}, by {each.actor}: {each.reason}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _leader(settings: Settings, latest: SyncRun, now: datetime) -> str:
    """Who made the last run, and when the next is due."""
    if latest.status == "running":
        silent = now - (latest.heartbeat_at or latest.started_at)
        sign = f"last sign of life {int(silent.total_seconds())} s ago"
        if silent > settings.sync_takeover_after:
            return f"[yellow]Running, or hanging:[/] {escape(latest.holder or '?')}, {sign}."
        return f"Running: {escape(latest.holder or '?')}, {sign}."
    due = latest.started_at + settings.sync_every - now
    when = f"in {int(due.total_seconds())} s" if due > timedelta() else "now, if a scheduler runs"
    late = now - (latest.finished_at or latest.started_at) > 2 * settings.sync_every + timedelta(minutes=1)
    warning = " [yellow]No scheduler seems to run.[/]" if late else ""
    return f"Leader of late: {escape(latest.holder or '?')}. Next scheduled run: {when}.{warning}"


def _why(lines: Sequence[str]) -> str:
    """In one line; a refusal's first is the same for all."""
    if not lines:
        return ""
    return lines[1] if len(lines) > 1 and lines[0].startswith("Nothing was changed") else lines[0]


def _run(run: SyncRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "status": run.status,
        "holder": run.holder,
        "started_at": run.started_at.isoformat(),
        "heartbeat_at": run.heartbeat_at.isoformat() if run.heartbeat_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "digest": run.plan_digest,
        "counts": run.counts,
        "error": run.error,
    }


def _approval(approval: Approval) -> dict[str, Any]:
    return {
        "digest": approval.digest,
        "closings_of": approval.due_on.isoformat() if approval.due_on else None,
        "actor": approval.actor,
        "reason": approval.reason,
        "expires_at": approval.expires_at.isoformat(),
    }
