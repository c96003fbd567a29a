"""What operators see of plans, runs and quarantine, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Column, Table

from kc_bridge.store.sync import Quarantine
from sync.engine import Prepared, Report
from sync.plan import Action, Kind, Plan
from sync.plan_files import chosen

__all__ = ["BarProgress", "show_plan", "show_quarantine", "show_report"]

STYLES = {
    Kind.CREATE: "green",
    Kind.UPDATE: "yellow",
    Kind.DISABLE: "red",
    Kind.ENABLE: "cyan",
    Kind.PURGE: "bold red",
    Kind.NOTHING: "dim",
}


LONGEST_TABLE = 1000
"""Lines: a table is in memory before it is drawn."""


class BarProgress:
    """A bar for each stage of a run; nothing when the output is not a terminal."""

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> BarProgress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def stage(self, name: str, total: int | None = None) -> Callable[[int], None]:
        """See :class:`sync.engine.Progress`."""
        task = self._bars.add_task(name, total=total)
        return lambda done: self._bars.advance(task, done)


def show_plan(
    console: Console,
    prepared: Prepared,
    only: Kind | None = None,
    limit: int | None = None,
    as_of: date | None = None,
) -> None:
    """The summary first and what the guard says; then who, what, before → after, and why, ``limit`` of them."""
    plan = prepared.plan
    day = f" as of {as_of.isoformat()}" if as_of else ""
    console.print(f"[bold]Plan {plan.digest[:16]}[/]{day}: {_counts(plan)}", highlight=False)
    if plan.ends_earlier:
        console.print(f"Open accounts that would end earlier than now: {plan.ends_earlier}", highlight=False)
    for name, counts in prepared.source_counts.items():
        console.print(
            f"{escape(name)}: {counts['rows']} rows, {counts['changed']} new or changed", highlight=False
        )
    _show_rejected(console, sum(counts["quarantined"] for counts in prepared.source_counts.values()))
    for refusal in prepared.refusals:
        console.print(
            f"[red]Refused:[/] {escape(refusal.problem)}\n  → {escape(refusal.remedy)}", soft_wrap=True
        )
    if prepared.refusals and as_of is None:  # a plan for another day is never applied
        console.print(
            f"To have it applied all the same: kcb sync approve {plan.digest} --reason …", soft_wrap=True
        )
    _show_actions(console, plan, only, limit)


def _show_actions(console: Console, plan: Plan, only: Kind | None, limit: int | None) -> None:
    """As a table while it is short; a long list goes out line by line, and needs no memory."""
    shown = 0
    if limit is not None and limit <= LONGEST_TABLE:
        table = Table("", Column("who", overflow="fold"), "what", "why")
        for action in chosen(plan, only, limit):
            table.add_row(_kind(action), escape(action.who), _what(action), escape(action.why))
        shown = table.row_count
        if shown:
            console.print(table)
    else:
        for action in chosen(plan, only, limit):
            shown += 1
            what = _what(action).replace("\n", "; ")
            console.print(
                f"{_kind(action)} {escape(action.who)}: {what} ({escape(action.why)})",
                highlight=False,
                soft_wrap=True,
            )
    if shown == limit:
        left = sum(1 for _ in chosen(plan, only)) - shown
        if left:
            console.print(
                f"… and {left} more: --limit 0 shows all, --csv and --json write them, --only chooses."
            )


def _kind(action: Action) -> str:
    return f"[{STYLES[action.kind]}]{action.kind}[/]"


def show_report(console: Console, report: Report) -> None:
    """What a run did."""
    done = ", ".join(f"{count} {kind}d" for kind, count in sorted(report.outcome.done.items()))
    console.print(done or "Nothing to write to Keycloak.")
    quarantined = sum(counts["quarantined"] for counts in report.sources.values())
    _show_rejected(console, quarantined)
    if report.outcome.partial:
        open_ = report.outcome.failed + report.outcome.left
        console.print(
            f"[yellow]Partial:[/] {open_} left, Keycloak: {report.outcome.last_error}. Nothing is lost: the next run goes on."
        )


def show_quarantine(console: Console, rows: Sequence[Quarantine]) -> None:
    """Every row that could not be used, and what to do; one line a problem, so that it can be searched."""
    for row in rows:
        column = f", column {row.column}" if row.column else ""
        line = f" line {row.line}" if row.line else ""
        console.print(
            f"[bold]{escape(row.file)}{line}[/]{escape(column)}: {escape(row.problem)} → {escape(row.remedy)}",
            highlight=False,
            soft_wrap=True,
        )
    if not rows:
        console.print("The quarantine is empty.")


def _what(action: Action) -> str:
    """New people in one line; of the others only what differs."""
    if action.subject.known is None:
        after = {change.what: change.after for change in action.changes}
        return escape(f"{after['first name']} {after['last name']}: {after['affiliations']}")
    return escape("\n".join(f"{c.what}: {c.before or '—'} → {c.after or '—'}" for c in action.changes))


def _counts(plan: Plan) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in plan.counts.items())


def _show_rejected(console: Console, count: int) -> None:
    if count:
        console.print(f"[yellow]{count} row{'s' if count > 1 else ''} in quarantine[/]: kcb sync quarantine")
