"""What the Keycloak server is and offers, and the refusal of one that must not be used."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.realm.actions import PREFIX
from kc_bridge.realm.realm_settings import THEME, THEMES

__all__ = ["MINIMUM", "Server", "inspect", "refuse_old"]

MINIMUM = (26, 7, 2)
"""CVE-2026-18963 (CVSS 9.1): before it, a password can be reset without proof of the mailbox."""


@dataclass(frozen=True)
class Server:
    """What ``kcb setup`` has to know of a server."""

    version: str
    required_actions: tuple[str, ...]
    """Ids of ours that the JAR offers."""
    themes: frozenset[str]
    """Kinds of theme (``login``, ``email``) for which it has ours."""


def inspect(admin: KeycloakAdmin) -> Server:
    """Asks the server about itself.

    Raises :class:`ConfigurationError` for a server that is too old or lacks the JAR, before anything is written.
    """
    info = admin.get("serverinfo")
    version = info["systemInfo"]["version"]
    refuse_old(version)
    actions = info["providers"]["required-action"]["providers"]
    ours = tuple(sorted(action for action in actions if action.startswith(PREFIX)))
    if not ours:
        raise ConfigurationError(
            f"Keycloak {version} does not have kc-bridge's JAR: it offers no required action « {PREFIX}… ».",
            "Build it (make jar), copy it to Keycloak's folder providers/, restart Keycloak, then run this again.",
        )
    themes = info["themes"]
    themed = frozenset(k for k in THEMES if any(theme["name"] == THEME for theme in themes[k]))
    return Server(version, ours, themed)


def refuse_old(version: str) -> None:
    """Raises :class:`ConfigurationError` for a version below :data:`MINIMUM`, or one that cannot be read."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is None or tuple(map(int, numbers.groups())) < MINIMUM:
        raise ConfigurationError(
            f"Keycloak {version} lets a password be reset without proof of the mailbox (CVE-2026-18963).",
            f"Upgrade Keycloak to {'.'.join(map(str, MINIMUM))} or newer, then run this again.",
        )
