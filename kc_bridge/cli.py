"""``kcb``: the one command. Each group is written where its subject lives; this file only gathers them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

from kc_bridge.domain.errors import BridgeError

__all__ = ["LazyGroup", "main"]

COMMANDS = {
    "serve": "kc_bridge.web.commands:serve",
    "db": "kc_bridge.store.commands:db",
    "outbox": "kc_bridge.store.commands:outbox",
    "setup": "kc_bridge.realm.commands:setup",
    "keys": "kc_bridge.realm.commands:keys",
    "doctor": "kc_bridge.realm.commands:doctor",
    "profile": "required_actions.profile_commands:profile",
    "reset": "required_actions.commands:reset",
    "person": "sync.persons.commands:person",
    "adopt": "sync.adopting.commands:adopt",
    "guest": "sync.commands.guests:guest",
    "scolpass": "required_actions.scolpass.commands:scolpass",
    "sync": "sync.commands:sync",
    "scheduler": "sync.commands.runs:scheduler",
    "demo": "kc_bridge.demo.commands:demo",
}


class LazyGroup(click.Group):
    """Imports a command when it is used, so that ``kcb --help`` is instant."""

    def __init__(self, *args: Any, commands_at: Mapping[str, str], **kwargs: Any) -> None:
        """``commands_at``: ``module:name`` by command."""
        super().__init__(*args, **kwargs)
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        target = self._commands_at.get(cmd_name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kc-bridge")
def cli() -> None:
    """From an enrolment record to a working Keycloak account.

    Exit codes: 0 done, 1 failed (the message says what to do), 2 wrong usage, 3 done in part.
    """


def main() -> None:
    """Entry point: errors raised on purpose, and a database that went away, are shown without a traceback."""
    os.umask(0o077)  # database, keys and reports hold people's data: nobody else's to read
    try:
        cli()
    except BridgeError as error:
        _fail(str(error) or type(error).__name__)
    except Exception as error:
        known = sys.modules.get("sqlalchemy.exc")  # where nobody imported it, it raised nothing
        if known is None or not isinstance(error, known.OperationalError):
            raise
        _fail(
            f"The bridge's database does not answer: {str(error.orig).partition(chr(10))[0]}\n"
            "  → Look at the server of database_url, then do this again: what was not finished is."
        )


def _fail(text: str) -> NoReturn:
    click.secho(text, fg="red", err=True)
    sys.exit(1)
