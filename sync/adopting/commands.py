"""``kcb adopt``: users that were there before the bridge."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import click
from rich.console import Console
from sqlalchemy import Engine, select

from kc_bridge.adapters.directories import open_directory
from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.errors import BridgeError
from kc_bridge.domain.profile import UniversityProfile, load_profile
from kc_bridge.operator import operator
from kc_bridge.settings import Settings, load
from kc_bridge.store.database import SessionFactory, check_schema, open_engine, session_factory
from kc_bridge.store.models import Person
from sync.adopting.applying import apply
from sync.adopting.details import Details, Marker
from sync.adopting.plan import AdoptionPlan
from sync.adopting.preparing import prepare
from sync.adopting.showing import rows, show
from sync.adopting.ways import activity, ways
from sync.commands.runs import engine_of
from sync.engine import Progress
from sync.persons.alone import no_run
from sync.plan_files import neutral
from sync.report import BarProgress
from sync.turns.heartbeat import Felt

__all__ = ["adopt"]

PATIENCE = 60.0
"""Seconds for one call as an administrator."""
PARTIAL = 3


@dataclass
class AnotherPlan(BridgeError):
    """Sources or users have changed since the plan was read."""

    digest: str

    def __str__(self) -> str:
        return (
            f"That is not the plan any more: it is {self.digest} now. Nothing was written.\n"
            "  → Read the new one: kcb adopt plan, with the same options."
        )


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--admin-password", envvar="KCB_ADMIN_PASSWORD", help="Their password. Prefer KCB_ADMIN_PASSWORD."
        ),
        click.option(
            "--admin-user",
            envvar="KCB_ADMIN_USERNAME",
            help="Administrator of the realm master; stored nowhere.",
        ),
        click.option(
            "--active-when",
            default="password",
            show_default=True,
            metavar="password|attribute=NAME[:VALUE]|all|none",
            help="Whose accounts are active already: nothing is asked of them, nothing mailed.",
        ),
        click.option(
            "--by",
            "asked",
            multiple=True,
            default=("username",),
            show_default=True,
            metavar="username|email|attribute=NAME|FILE.csv",
            help="How users are known: by their number as username or in an attribute, by the mail the source gives,"
            " by a file of keys and ids. Several may be given.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def adopt() -> None:
    """Make users that were in Keycloak before the bridge its own, after a plan somebody has read."""


@adopt.command()
@_options
@click.option("--json", "as_json", is_flag=True, help="All of it, for scripts; confidential.")
@click.option("--csv", "as_csv", is_flag=True, help="One line a change, for a spreadsheet; confidential.")
def plan(as_json: bool, as_csv: bool, **options: Any) -> None:
    """Show which users are whose, what would change, and who is left alone; write nothing."""
    work = _Work.of(options)
    with BarProgress(Console(stderr=True)) as bars:
        found = work.plan(bars)
    if as_json:
        click.echo(json.dumps(_document(found), ensure_ascii=False, indent=2))
    elif as_csv:
        writer = csv.writer(sys.stdout, quoting=csv.QUOTE_ALL)
        writer.writerows([neutral(cell) for cell in row] for row in rows(found))
    else:
        show(found)


@adopt.command("apply")
@click.argument("digest")
@_options
@click.option("--reason", default="", help="Why, for the audit.")
@click.option("--as", "name", metavar="NAME", help="Who you are, beside the account you are logged in with.")
def apply_(digest: str, reason: str, name: str | None, **options: Any) -> None:
    """Adopt exactly what the plan of that DIGEST said; with the options the plan was made with.

    Interrupted, it goes on when it is given again. Exit code 3: some could not be adopted.
    """
    work = _Work.of(options)
    if work.admin is None:
        raise click.UsageError("Only an administrator can mark users: --admin-user and KCB_ADMIN_PASSWORD.")
    with no_run(work.engine) as pulse, BarProgress(Console(stderr=True)) as bars:
        progress = Felt(bars, pulse)
        found = work.plan(progress)
        if len(digest) < 8 or not found.digest.startswith(digest.lower()):
            raise AnotherPlan(found.digest)
        done = progress.stage("Adopting", len(found.adoptions))
        report = apply(
            work.sessions,
            Marker(work.admin, work.settings.realm),
            found.adoptions,
            actor=operator(name),
            reason=reason,
            languages=work.profile.languages,
            now=system_clock,
            on_done=lambda: done(1),
        )
    for left in report.not_done:
        click.secho(f"{left.who}: not adopted: {left.why}", fg="red", err=True)
    click.echo(f"{report.done} adopted. The next run of the sync writes what the plan said.")
    if report.not_done:
        sys.exit(PARTIAL)


@dataclass
class _Work:
    settings: Settings
    profile: UniversityProfile
    engine: Engine
    sessions: SessionFactory
    admin: KeycloakAdmin | None
    options: dict[str, Any]

    @classmethod
    def of(cls, options: dict[str, Any]) -> _Work:
        settings = load()
        engine = open_engine(settings.database_url)
        check_schema(engine)
        user, password = options["admin_user"], options["admin_password"]
        admin = KeycloakAdmin(settings.keycloak_url, user, password, PATIENCE) if user and password else None
        return cls(settings, load_profile(settings.profile), engine, session_factory(engine), admin, options)

    def plan(self, progress: Progress) -> AdoptionPlan:
        try:
            active = activity(self.options["active_when"])
        except ValueError:
            raise click.UsageError(
                "--active-when is password, attribute=NAME[:VALUE], all or none."
            ) from None
        with self.sessions() as db:
            uid_of = {row.uid: row.key for row in db.execute(select(Person.uid, Person.key))}
        return prepare(
            engine_of(self.settings, self.engine),
            uid_of,
            self.profile,
            open_directory(self.settings),
            Details(self.admin, self.settings.realm),
            ways(tuple(self.options["asked"])),
            active,
            self._today(),
            progress,
        )

    def _today(self) -> date:
        return local_date(system_clock(), self.settings.timezone)


def _document(found: AdoptionPlan) -> dict[str, Any]:
    return {
        "digest": found.digest,
        "counts": found.counts,
        "adoptions": [adoption.as_json() for adoption in found.adoptions],
        "ambiguous": [{"who": left.who, "why": left.why} for left in found.ambiguous],
        "refused": [{"who": left.who, "why": left.why} for left in found.refused],
        "left alone": found.strangers,
    }
