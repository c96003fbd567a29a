"""``kcb sync`` and ``kcb scheduler``: one file a subject, imported when it is used."""

from __future__ import annotations

import click

from kc_bridge.cli import LazyGroup

__all__ = ["COMMANDS", "sync"]

COMMANDS = {
    "check": "sync.commands.check:check_command",
    "plan": "sync.commands.plan:plan",
    "run": "sync.commands.runs:run",
    "quarantine": "sync.commands.runs:quarantine",
    "approve": "sync.commands.approve:approve",
    "forecast": "sync.commands.forecast:forecast",
    "status": "sync.commands.status:status",
    "drift": "sync.commands.drift:drift",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def sync() -> None:
    """From enrolment records to Keycloak users."""
