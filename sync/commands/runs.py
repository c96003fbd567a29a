"""``kcb sync run`` and ``quarantine``, and ``kcb scheduler``."""

from __future__ import annotations

import sys
import time

import click
from rich.console import Console
from sqlalchemy import Engine, select

from kc_bridge.adapters.directories import open_directory
from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.profile import load_profile
from kc_bridge.operator import operator
from kc_bridge.settings import Settings, load
from kc_bridge.store.database import check_schema, open_engine, session_factory
from kc_bridge.store.sync import Quarantine
from sync.engine import SyncEngine
from sync.judging.approvals import approve_plan, plan_named
from sync.report import BarProgress, show_quarantine, show_report
from sync.sources.build import build_sources
from sync.turns.lock import AlreadyRunning

__all__ = ["engine_of", "quarantine", "run", "scheduler"]

PARTIAL = 3


def engine_of(settings: Settings, database: Engine) -> SyncEngine:
    """The engine of those settings; Keycloak is asked only when there is something to write."""
    profile = load_profile(settings.profile)
    return SyncEngine(
        settings,
        profile,
        database,
        build_sources(settings, profile),
        lambda: open_directory(settings),
    )


@click.command()
@click.option("--accept", metavar="DIGEST", help="Approve that very plan (kcb sync approve), then run.")
@click.option("--reason", default="", help="Why, with --accept; for the audit.")
@click.option(
    "--as", "name", metavar="NAME", help="Who you are, with --accept; default: your account on this machine."
)
@click.option("--wait", is_flag=True, help="Wait for another run to end, then run.")
def run(accept: str | None, reason: str, name: str | None, wait: bool) -> None:
    """Read the sources and bring Keycloak up to date. Exit code 3: in part, the next run goes on."""
    settings = load()
    database = open_engine(settings.database_url)
    engine = engine_of(settings, database)
    if accept:
        check_schema(database)
        with session_factory(database).begin() as session:
            approve_plan(
                session,
                plan_named(session, accept),
                actor=operator(name),
                reason=reason or "kcb sync run --accept",
                now=system_clock(),
                lifetime=settings.approval_lifetime,
            )
    console = Console(stderr=True)
    with BarProgress(console) as progress:
        report = engine.run(progress=progress, waiting=_Patience(console) if wait else None)
    show_report(Console(), report)
    if report.outcome.partial:
        sys.exit(PARTIAL)


class _Patience:
    """Says once whom it waits for, and looks again a second later."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: tuple[object, ...] | None = None

    def __call__(self, busy: AlreadyRunning) -> None:
        about = (busy.holder, busy.since, busy.silent is None)
        if about != self._told:
            self._told = about
            who = (
                f"{busy.holder}, since {busy.since:%H:%M:%S} UTC" if busy.holder and busy.since else "another"
            )
            hint = "" if busy.silent is None else "; it gives no sign of life: stopped, or hanging"
            self._console.print(f"Waiting for the run of {who}{hint}.", highlight=False)
        time.sleep(1)


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
    from kc_bridge.web.logs import configure  # neither Flask nor the mail worker is for `kcb sync run`
    from sync.scheduler import serve

    settings = load()
    configure(settings.log_format)
    database = open_engine(settings.database_url)
    serve(settings, engine_of(settings, database), database)
