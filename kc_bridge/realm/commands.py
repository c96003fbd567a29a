"""``kcb setup``, ``kcb keys``, ``kcb doctor``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.realm.applications import ApplicationClient
from kc_bridge.realm.doctor import as_json, as_text, examine
from kc_bridge.realm.finding import Installation
from kc_bridge.realm.setup import SIGNING_CLIENTS, rotate_key, setup_realm
from kc_bridge.settings import Settings, load
from required_actions.profile_check import checked

__all__ = ["doctor", "keys", "setup"]

PATIENCE = timedelta(seconds=60)
"""For one call: nobody waits in a browser, and a busy server takes its time to make a realm with its keys."""


def admin_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The administrator's credentials: used by this command, stored nowhere."""
    for option in (
        click.option(
            "--admin-password",
            envvar="KCB_ADMIN_PASSWORD",
            prompt="Keycloak administrator's password",
            hide_input=True,
            help="Their password; asked for when not given. Prefer KCB_ADMIN_PASSWORD: arguments show in ps.",
        ),
        click.option(
            "--admin-user",
            envvar="KCB_ADMIN_USERNAME",
            prompt="Keycloak administrator",
            help="Administrator of the realm master.",
        ),
    ):
        command = option(command)
    return command


def _admin(settings: Settings, user: str, password: str) -> KeycloakAdmin:
    return KeycloakAdmin(settings.keycloak_url, user, password, PATIENCE.total_seconds())


class _Application(click.ParamType):
    name = "id=name,login_url,redirect_uri[,redirect_uri…]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ApplicationClient:
        try:
            return ApplicationClient.parse(value)
        except ValueError:
            self.fail(f"« {value} » is not {self.name}", param, ctx)


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@click.option(
    "--profile", help="University profile: a shipped name or a .toml path [default: from the settings]."
)
@click.option(
    "--application", "applications", type=_Application(), multiple=True, help="Also declare this one."
)
@click.option(
    "--change-profile",
    is_flag=True,
    help="Make the realm over to this profile though it belongs to another; chosen passwords keep working.",
)
@admin_options
def setup(
    dry_run: bool,
    profile: str | None,
    applications: tuple[ApplicationClient, ...],
    change_profile: bool,
    admin_user: str,
    admin_password: str,
) -> None:
    """Make the realm ready: compare it with what the profile needs, then write the differences."""
    settings = load()
    changed = setup_realm(
        settings,
        checked(profile or settings.profile),
        _admin(settings, admin_user, admin_password),
        click.echo,
        applications=applications,
        dry_run=dry_run,
        change_profile=change_profile,
    )
    if not changed:
        click.echo(f"Realm {settings.realm}: nothing to change.")
    elif dry_run:
        click.echo(f"Realm {settings.realm}: {changed} to write. Nothing was written (--dry-run).")
    else:
        click.echo(f"Realm {settings.realm}: {changed} written.")


@click.group()
def keys() -> None:
    """Private keys the bridge signs with."""


@keys.command()
@click.option(
    "--client",
    "clients",
    type=click.Choice(SIGNING_CLIENTS),
    multiple=True,
    default=SIGNING_CLIENTS,
    help="Only this client [default: all].",
)
@admin_options
def rotate(clients: tuple[str, ...], admin_user: str, admin_password: str) -> None:
    """Give clients a new key; the one before stays valid until the next rotation, so nothing has to be restarted."""
    settings = load()
    for client in clients:
        rotate_key(settings, client, _admin(settings, admin_user, admin_password), click.echo)


@click.command()
@click.option("--json", "machine", is_flag=True, help="For programs.")
@click.option(
    "--admin-user",
    envvar="KCB_ADMIN_USERNAME",
    help="Compare the realm's settings too, as this administrator.",
)
@click.option(
    "--admin-password", envvar="KCB_ADMIN_PASSWORD", help="Their password. Prefer KCB_ADMIN_PASSWORD."
)
@click.pass_context
def doctor(context: click.Context, machine: bool, admin_user: str | None, admin_password: str | None) -> None:
    """Check the whole installation; change nothing. Exit code 1 when something fails."""
    settings = load()
    admin = _admin(settings, admin_user, admin_password) if admin_user and admin_password else None
    found = []
    for name, finding in examine(Installation(settings, admin)):
        found.append((name, finding))
        if not machine:
            click.echo(as_text(name, finding))
    if machine:
        click.echo(as_json(found))
    context.exit(1 if any(finding.level == "fail" for _, finding in found) else 0)
