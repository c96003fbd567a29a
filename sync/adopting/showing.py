"""A plan of adoption for a terminal, or a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from sync.adopting.plan import Adoption, AdoptionPlan, Undecided

__all__ = ["rows", "show"]

SHOWN = 40
"""Lines of each kind on a terminal; --json and --csv have all."""


def show(plan: AdoptionPlan) -> None:
    """Everything somebody should see before they say yes."""
    console = Console()
    table = Table(*(Column(name, overflow="fold") for name in ("user", "is", "by", "active", "will change")))
    for adoption in plan.adoptions[:SHOWN]:
        table.add_row(*(escape(cell) for cell in _cells(adoption)))
    if plan.adoptions:
        console.print(table)
    if len(plan.adoptions) > SHOWN:
        console.print(f"… and {len(plan.adoptions) - SHOWN} more: --csv or --json has all.")
    _list(
        console,
        "Ambiguous, left for you to decide (a file of keys and ids does: --by FILE.csv)",
        plan.ambiguous,
    )
    _list(console, "Never adopted", plan.refused)
    if plan.strangers:
        names = ", ".join(plan.strangers[:SHOWN]) + (" …" if len(plan.strangers) > SHOWN else "")
        console.print(f"[bold]Known to no source, left alone[/] ({len(plan.strangers)}): {escape(names)}")
    console.print(", ".join(f"{count} {name}" for name, count in plan.counts.items()))
    if plan.ambiguous:
        console.print(
            "Decide before the next run: to the sync these people have no user, and it makes them one."
        )
    if plan.adoptions:
        console.print(f"To adopt exactly this: kcb adopt apply {plan.digest[:16]} (with the same options)")


def rows(plan: AdoptionPlan) -> Iterator[tuple[str, ...]]:
    """One line a change, the first naming the columns."""
    yield ("verdict", "user", "key", "by", "active", "what", "before", "after")
    for a in plan.adoptions:
        head = ("adopt", a.account.login, a.candidate.key, a.by, "yes" if a.active else "no")
        for change in a.changes:
            yield (*head, change.what, change.before, change.after)
        if a.closes:
            yield (*head, "enabled", "yes", "no")
        if not a.changes and not a.closes:
            yield (*head, "", "", "")
    for verdict, group in (("ambiguous", plan.ambiguous), ("never", plan.refused)):
        yield from ((verdict, left.who, "", left.why, "", "", "", "") for left in group)
    yield from (("left alone", name, "", "", "", "", "", "") for name in plan.strangers)


def _cells(adoption: Adoption) -> tuple[str, ...]:
    changes = [f"{c.what}: {c.before or '–'} → {c.after or '–'}" for c in adoption.changes]
    if adoption.closes:
        changes.append("closes: no source gives a right any more")
    return (
        adoption.account.login,
        adoption.candidate.key,
        adoption.by,
        "yes" if adoption.active else "no",
        "\n".join(changes) or "nothing",
    )


def _list(console: Console, title: str, group: list[Undecided]) -> None:
    if group:
        console.print(f"[bold]{title}[/] ({len(group)}):")
        for left in group[:SHOWN]:
            console.print(f"  {escape(left.who)}: {escape(left.why)}")
