"""``kcb demo``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from kc_bridge.demo.layout import Ports
from kc_bridge.demo.runner import Demo, stopped_by_signal

__all__ = ["demo"]

FOLDER = Path(".demo")


def _port_options(command: Callable[..., None]) -> Callable[..., None]:
    for part, port in reversed(Ports().named().items()):
        option = click.option(f"--{part}-port", type=click.IntRange(1, 65535), envvar=f"KCB_DEMO_{part.upper()}_PORT",
                              show_envvar=True, help=f"[default: {port}]")  # fmt: skip
        command = option(command)
    return command


@click.command()
@click.option("--ports", type=click.IntRange(1024, 65500), help="First of six ports in a row, for all parts.")
@click.option(
    "--profile",
    default="default",
    envvar="KCB_DEMO_PROFILE",
    help="University profile: default, um, uphf, or a .toml path.",
)
@_port_options
def demo(ports: int | None, profile: str, **chosen: int | None) -> None:
    """Start Keycloak, kc-bridge, a mail catcher and an application on this machine, until Ctrl-C."""
    base = Ports.starting_at(ports) if ports else Ports()
    named = {option.removesuffix("_port"): port for option, port in chosen.items() if port}
    if profile.endswith(".toml"):
        profile = str(Path(profile).absolute())
    with stopped_by_signal():
        Demo(replace(base, **named), FOLDER.absolute(), profile).run()
