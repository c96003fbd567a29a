"""``kcb db`` and ``kcb outbox``: the schema, and what waits to be sent."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from kc_bridge.settings import load
from kc_bridge.store.database import check_schema, head, open_engine, session_factory, upgrade
from kc_bridge.store.models import OutboxMessage

__all__ = ["db", "outbox"]


@click.group()
def db() -> None:
    """The bridge's database."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Create the schema, or bring it up to date."""
    upgrade(open_engine(load().database_url))
    click.echo(f"Database schema at {head()}.")


@click.command()
def outbox() -> None:
    """Count waiting, sent and dead messages; show the dead ones."""
    console = Console()
    engine = open_engine(load().database_url)
    check_schema(engine)
    with session_factory(engine)() as session:
        counts = session.execute(
            select(OutboxMessage.kind, OutboxMessage.state, func.count()).group_by(
                OutboxMessage.kind, OutboxMessage.state
            )
        ).all()
        dead = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "dead")).all()
    for kind, state, count in counts:
        console.print(f"{kind:<14} {state:<8} {count}")
    if not counts:
        console.print("Nothing has been written to the outbox yet.")
    if dead:
        table = Table("id", "kind", "attempts", "last error", title="Given up")
        for message in dead:
            table.add_row(str(message.id), message.kind, str(message.attempts), message.last_error)
        console.print(table)
