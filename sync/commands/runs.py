"""``kcb sync plan``, ``run`` and ``quarantine``, and ``kcb scheduler``."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console
from sqlalchemy import Engine, select

from kc_bridge.domain.profile import load_profile
from kc_bridge.ports import Directory
from kc_bridge.settings import Settings, load
from kc_bridge.store.database import check_schema, open_engine, session_factory
from kc_bridge.store.sync import Quarantine
from sync.engine import SyncEngine
from sync.report import BarProgress, show_plan, show_quarantine, show_report
from sync.sources.build import build_sources

__all__ = ["engine_of", "plan", "quarantine", "run", "scheduler"]

PARTIAL = 3


def engine_of(settings: Settings, database: Engine) -> SyncEngine:
    """The engine of those settings; Keycloak is asked only when there is something to write."""
    profile = load_profile(settings.profile)
    return SyncEngine(
        settings,
        profile,
        database,
        build_sources(settings, profile),
        lambda: _directory(settings),
    )


def _directory(settings: Settings) -> Directory:
    from kc_bridge.adapters.keycloak import KeycloakDirectory  # slow to import, and a plan needs none

    return KeycloakDirectory(settings)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts; as confidential as the sources.")
def plan(as_json: bool) -> None:
    """Show what a run would change, and why; change nothing."""
    console = Console()
    settings = load()
    engine = engine_of(settings, open_engine(settings.database_url))
    with BarProgress(Console(stderr=True)) as progress:
        prepared = engine.prepare(progress)
    if as_json:
        refusals = [{"problem": r.problem, "remedy": r.remedy} for r in prepared.refusals]
        document = prepared.plan.as_json() | {"sources": prepared.source_counts, "refusals": refusals}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        show_plan(console, prepared)


@click.command()
@click.option("--accept", metavar="DIGEST", help="Apply this very plan although the guard refused it.")
def run(accept: str | None) -> None:
    """Read the sources and bring Keycloak up to date. Exit code 3: in part, the next run goes on."""
    settings = load()
    engine = engine_of(settings, open_engine(settings.database_url))
    with BarProgress(Console(stderr=True)) as progress:
        report = engine.run(accept=accept, progress=progress)
    show_report(Console(), report)
    if report.outcome.partial:
        sys.exit(PARTIAL)


@click.command()
def quarantine() -> None:
    """List the rows that could not be used: where, why, and what to do."""
    engine = open_engine(load().database_url)
    check_schema(engine)
    with session_factory(engine)() as session:
        rows = session.scalars(select(Quarantine).order_by(Quarantine.file, Quarantine.line)).all()
    show_quarantine(Console(), rows)


@click.command()
def scheduler() -> None:
    """Sync and send waiting mails at the intervals of the settings, until stopped."""
    from sync.scheduler import serve  # APScheduler and the mail worker are not for `kcb sync plan`

    settings = load()
    database = open_engine(settings.database_url)
    serve(settings, engine_of(settings, database), database)
