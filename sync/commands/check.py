"""``kcb sync check``: what the sources hold, before any of it counts."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.profile import load_profile
from kc_bridge.settings import load
from sync.reading.checking import Check, check
from sync.report import BarProgress
from sync.sources.build import build_sources
from sync.sources.mapping import FIELDS

__all__ = ["check_command"]


@click.command("check")
@click.argument("names", nargs=-1, metavar="[SOURCE]…")
def check_command(names: tuple[str, ...]) -> None:
    """Read sources and say what they hold: rows, fields filled, problems with an example each.

    Nothing is written, and neither the database nor Keycloak is asked. Exit code 1: some row cannot be used.
    """
    settings = load()
    known = [source.name for source in settings.sources]
    if unknown := set(names) - set(known):
        raise ConfigurationError(
            f"There is no source « {min(unknown)} ».", f"Name one of {', '.join(known)}."
        )
    chosen = [source for source in settings.sources if source.name in (names or known)]
    sources = build_sources(settings.model_copy(update={"sources": chosen}), load_profile(settings.profile))
    faults = False
    for source in sources:
        with BarProgress(Console(stderr=True)) as progress:
            found = check(source, progress.stage(f"Reading {source.name}"))
        show(Console(), found)
        faults = faults or bool(found.faults)
    if faults:
        sys.exit(1)


def show(console: Console, found: Check) -> None:
    """On a terminal."""
    console.print(f"[bold]{escape(found.source)}[/bold]: {found.rows} rows, {found.records} usable")
    kinds = Table("population", "year", "status", "rows", box=None)
    for (population, year, status), count in sorted(found.kinds.items()):
        kinds.add_row(population, year, status, str(count))
    if found.kinds:
        console.print(kinds)
        empty = sorted(FIELDS - set(found.filled) - {"key"})
        console.print(f"Never filled: {', '.join(empty) or 'nothing'}.")
    for kind, count in found.faults.most_common():
        example, column = found.examples[kind], kind[0]
        console.print(
            f"[red]{count}[/red] × {escape(column or 'the whole row')}, first in {escape(example.place.file)}"
            f" line {example.place.line}: {escape(example.problem)}\n  → {escape(example.remedy)}",
            soft_wrap=True,
        )
