"""What operators see of plans, runs and quarantine, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from kc_bridge.store.sync import Quarantine
from sync.engine import Prepared, Report
from sync.plan import Action, Kind, Plan

__all__ = ["BarProgress", "show_plan", "show_quarantine", "show_report"]

STYLES = {
    Kind.CREATE: "green",
    Kind.UPDATE: "yellow",
    Kind.DISABLE: "red",
    Kind.ENABLE: "cyan",
    Kind.NOTHING: "dim",
}


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

    def stage(self, name: str, total: int | None = None) -> Callable[[], None]:
        """See :class:`sync.engine.Progress`."""
        task = self._bars.add_task(name, total=total)
        return lambda: self._bars.advance(task)


def show_plan(console: Console, prepared: Prepared) -> None:
    """Who, what, before → after, and why; then what the guard says."""
    plan = prepared.plan
    table = Table("", "who", "what", "why", title=f"Plan {plan.digest[:16]}", title_justify="left")
    for action in plan.visible:
        table.add_row(
            f"[{STYLES[action.kind]}]{action.kind}[/]", action.who, _what(action), escape(action.why)
        )
    if table.row_count:
        console.print(table)
    console.print(_counts(plan))
    _show_rejected(console, sum(counts["quarantined"] for counts in prepared.source_counts.values()))
    for refusal in prepared.refusals:
        console.print(f"[red]Refused:[/] {escape(refusal.problem)}\n  → {escape(refusal.remedy)}")
    if prepared.refusals:
        console.print(f"To apply it all the same: kcb sync run --accept {plan.digest}", soft_wrap=True)


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
        console.print(
            f"[bold]{escape(row.file)} line {row.line}[/]{escape(column)}: {escape(row.problem)} → {escape(row.remedy)}",
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
