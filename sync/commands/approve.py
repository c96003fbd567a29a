"""``kcb sync approve``: an operator's yes to what the guard refuses."""

from __future__ import annotations

from datetime import date, timedelta

import click

from kc_bridge.domain.calendar import instant_in_words
from kc_bridge.domain.clock import system_clock
from kc_bridge.operator import operator
from kc_bridge.settings import load
from kc_bridge.store.database import check_schema, open_engine, session_factory
from sync.commands.plan import DAY
from sync.judging.approvals import approve_day, approve_plan, plan_named
from sync.judging.forecast import closings_ahead

__all__ = ["approve"]


@click.command()
@click.argument("digest", required=False)
@click.option(
    "--closings-of", type=DAY, help="Approve what the calendar closes on that day (2027-01-01) instead."
)
@click.option("--reason", required=True, help="Why it is right; for the audit.")
@click.option("--as", "name", metavar="NAME", help="Who you are; default: your account on this machine.")
def approve(digest: str | None, closings_of: date | None, reason: str, name: str | None) -> None:
    """Let a refused plan be applied by the next run that makes that very plan.

    DIGEST is the one the refusal, kcb sync plan and kcb sync status name; of a refused run its beginning is enough.
    """
    if (digest is None) == (closings_of is None):
        raise click.UsageError("Give the digest of a plan, or --closings-of and a day.")
    if not reason.strip():
        raise click.UsageError("Give a reason: whoever reads the audit wants to know.")
    settings = load()
    database = open_engine(settings.database_url)
    check_schema(database)
    now, actor = system_clock(), operator(name)
    with session_factory(database).begin() as session:
        if closings_of is not None:
            last_day = closings_of - timedelta(days=1)
            count = closings_ahead(session, last_day, closings_of).get(closings_of, 0)
            approval = approve_day(session, closings_of, actor=actor, reason=reason, now=now, foreseen=count)
            what = f"what the calendar closes on {closings_of.isoformat()} ({count} as of now)"
        else:
            approval = approve_plan(
                session,
                plan_named(session, digest or ""),
                actor=actor,
                reason=reason,
                now=now,
                lifetime=settings.approval_lifetime,
            )
            what = f"plan {(approval.digest or '')[:16]}"
    until = instant_in_words(approval.expires_at, "en", settings.timezone)
    click.echo(f"Approved by {actor}: {what}, until {until}. The next run applies it.")
