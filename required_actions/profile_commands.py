"""``kcb profile``: what can be said of a university's file without a Keycloak and without a database."""

from __future__ import annotations

import click

from kc_bridge.settings import load
from required_actions.profile_check import checked, in_short

__all__ = ["profile"]


@click.group()
def profile() -> None:
    """University profiles."""


@profile.command()
@click.argument("name", required=False, metavar="[NAME|PATH]")
def check(name: str | None) -> None:
    """Name every fault of a profile: a shipped name or a .toml path [default: from the settings].

    Needs neither Keycloak nor database, and changes nothing. Exit code 1 when something is wrong.
    """
    name = name or load().profile
    click.echo(f"{name} is sound: {in_short(checked(name))}")
