"""``kcb db`` and ``kcb outbox``: the schema, and what waits to be sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import func, select

from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.settings import Settings, load
from kc_bridge.store.database import (
    SessionFactory,
    check_schema,
    head,
    open_engine,
    session_factory,
    upgrade,
)
from kc_bridge.store.models import OutboxMessage
from kc_bridge.store.outbox import revive

__all__ = ["db", "outbox"]

SHOWN = 20


@click.group()
def db() -> None:
    """The bridge's database."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Create the schema, or bring it up to date."""
    upgrade(open_engine(load().database_url))
    click.echo(f"Database schema at {head()}.")


@click.command()
@click.option("--retry", metavar="CHANNEL", help="First try again what was given up on this channel.")
@click.option(
    "--directory",
    is_flag=True,
    help="First queue everybody for [ldap_writeback]: when it is new, or the directory was restored.",
)
def outbox(retry: str | None, directory: bool) -> None:
    """Count waiting, sent and dead messages of each channel; show the dead ones, and what those that wait wait for."""
    console = Console()
    settings = load()
    engine = open_engine(settings.database_url)
    check_schema(engine)
    if retry is not None:
        with session_factory(engine).begin() as session:
            count = revive(session, retry, system_clock())
        console.print(f"{count} messages of {retry} will be tried again.", highlight=False)
    if directory:
        _fill_directory(console, settings, session_factory(engine))
    what = (OutboxMessage.channel, OutboxMessage.kind, OutboxMessage.state)
    with session_factory(engine)() as session:
        counts = session.execute(select(*what, func.count()).group_by(*what).order_by(*what)).all()
        dead = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "dead")).all()
        held = session.execute(
            select(OutboxMessage.channel, OutboxMessage.last_error, func.count())
            .where(OutboxMessage.state == "waiting", OutboxMessage.last_error.is_not(None))
            .group_by(OutboxMessage.channel, OutboxMessage.last_error)
            .order_by(OutboxMessage.channel, func.count().desc())
        ).all()
    for channel, kind, state, count in counts:
        console.print(f"{channel:<16} {kind:<18} {state:<8} {count}", highlight=False)
    if not counts:
        console.print("Nothing has been written to the outbox yet.")
    waiting = [(channel, count, error) for channel, error, count in held[:SHOWN]]
    _show(console, "Tried in vain, will be tried again", ("channel", "messages", "last error"), waiting)
    _show(
        console,
        "Given up",
        ("id", "channel", "kind", "attempts", "last error"),
        [(one.id, one.channel, one.kind, one.attempts, one.last_error) for one in dead],
    )


def _fill_directory(console: Console, settings: Settings, sessions: SessionFactory) -> None:
    from kc_bridge.channels.announcements import announce_everybody

    if settings.ldap_writeback is None:
        raise ConfigurationError("No directory is written to.", "Add an [ldap_writeback] block to kcb.toml.")
    with sessions.begin() as session:
        count = announce_everybody(session, system_clock())
    console.print(f"{count} people are queued for the directory.", highlight=False)


def _show(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    if table.row_count:
        console.print(table)
