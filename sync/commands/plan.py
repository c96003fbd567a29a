"""``kcb sync plan``."""

from __future__ import annotations

import sys
from datetime import date, datetime

import click
from rich.console import Console

from kc_bridge.settings import load
from kc_bridge.store.database import open_engine
from sync.commands.runs import engine_of
from sync.engine import Prepared
from sync.plan import Kind
from sync.plan_files import chosen, write_csv, write_json
from sync.report import BarProgress, show_plan

__all__ = ["DAY", "plan"]

SHOWN = 50
"""Actions shown on a terminal unless somebody asks for more."""


class _Day(click.ParamType):
    """``2027-01-01``."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"{value!r} is no day: write 2027-01-01.", param, ctx)


DAY = _Day()


@click.command()
@click.option("--json", "form", flag_value="json", help="For scripts; as confidential as the sources.")
@click.option(
    "--csv", "form", flag_value="csv", help="For a spreadsheet, a line for each change; as confidential."
)
@click.option("--as-of", type=DAY, help="Judge on that day (2027-01-01) what the sources say now.")
@click.option("--only", type=click.Choice([kind.value for kind in Kind]), help="Actions of one kind.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    metavar="N",
    help=f"The first N actions, 0: all; default: {SHOWN} here, all with --json and --csv.",
)
def plan(form: str | None, as_of: date | None, only: str | None, limit: int | None) -> None:
    """Show what a run would change, and why; change nothing."""
    settings = load()
    engine = engine_of(settings, open_engine(settings.database_url))
    kind = Kind(only) if only else None
    bars = BarProgress(Console(stderr=True))
    with bars as progress:
        prepared = engine.prepare(progress, as_of=as_of)
    with prepared:
        if form == "json":
            write_json(_about(prepared), chosen(prepared.plan, kind, limit or None), sys.stdout)
        elif form == "csv":
            write_csv(chosen(prepared.plan, kind, limit or None), sys.stdout)
        else:
            shown = SHOWN if limit is None else limit or None
            show_plan(Console(), prepared, kind, shown, as_of)


def _about(prepared: Prepared) -> dict[str, object]:
    plan = prepared.plan
    return {
        "digest": plan.digest,
        "counts": plan.counts,
        "ends_earlier": plan.ends_earlier,
        "sources": prepared.source_counts,
        "refusals": [{"problem": r.problem, "remedy": r.remedy} for r in prepared.refusals],
    }
