"""Whoever helps somebody with their account can end a password, and neither learns nor sets one (scenario 13)."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from kc_bridge.cli import cli
from kc_bridge.store.models import AuditEntry
from required_actions import commands
from tests.support.activation import activate
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker


def options(command: click.Command) -> dict[str, list[str]]:
    """Names of the options of every command, by command."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        subs = [command.get_command(context, name) for name in command.list_commands(context)]
        return {
            f"{command.name} {name}": found for sub in subs if sub for name, found in options(sub).items()
        }
    return {command.name or "": [parameter.name or "" for parameter in command.params]}


def test_no_command_takes_somebodys_password() -> None:
    """The administrator's own is the one password ``kcb`` is ever given."""
    given = {
        name for names in options(cli).values() for name in names if "password" in name or "secret" in name
    }
    assert given == {"admin_password"}
    assert any(name.endswith(" reset") for name in options(cli))


def test_a_reset_ends_the_password_and_makes_no_other(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    person = stack.person()
    activate(stack, Walker(), stack.mail_link(person))
    assert passwords(stack, person.keycloak_id) == 1
    monkeypatch.setattr(commands, "load", lambda: stack.realm.settings)
    monkeypatch.setattr(commands, "build", lambda _settings: stack.services)

    done = CliRunner().invoke(commands.reset, [person.login, "--reason", "appel", "--yes", "--json"])

    assert done.exit_code == 0, done.output
    assert passwords(stack, person.keycloak_id) == 0
    with stack.services.sessions() as db:
        noted = [
            str((row.action, row.actor, row.details))
            for row in db.query(AuditEntry).filter_by(person_id=person.id)
        ]
    assert any("appel" in row for row in noted)
    for seen in (done.output, *noted):
        assert GOOD_PASSWORD not in seen
        assert "/l/" not in seen, "the link that leads to a new password is the person's alone"


def passwords(stack: Stack, user_id: Any) -> int:
    """How many Keycloak has that work; those kept for the history do not."""
    found = stack.realm.call("GET", f"users/{user_id}/credentials")
    return sum(credential["type"] == "password" for credential in found)
