"""What the Keycloak server is and offers, and the refusal of one that must not be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.realm.realm_settings import THEME, THEMES

__all__ = ["MINIMUM", "Server", "inspect", "refuse_old"]

PREFIX = "kcb-"
"""Begins the id of everything the JAR brings."""

MINIMUM = (26, 7, 2)
"""CVE-2026-18963 (CVSS 9.1): before it, a password can be reset without proof of the mailbox."""


@dataclass(frozen=True)
class Server:
    """What ``kcb setup`` has to know of a server."""

    version: str
    required_actions: tuple[str, ...]
    """Ids of ours that the JAR offers."""
    authenticators: frozenset[str]
    """Ids of ours that the JAR offers for the flow people log in by."""
    charter_settings: frozenset[str]
    """Names of what can be set behind the gear of the charter's step."""
    themes: frozenset[str]
    """Kinds of theme (``login``, ``email``) for which it has ours."""


def inspect(admin: KeycloakAdmin) -> Server:
    """Asks the server about itself.

    Raises :class:`ConfigurationError` for a server that is too old or lacks the JAR, before anything is written.
    """
    info = admin.get("serverinfo")
    version = info["systemInfo"]["version"]
    refuse_old(version)
    actions = tuple(sorted(_ours(info, "required-action")))
    if not actions:
        raise ConfigurationError(
            f"Keycloak {version} does not have kc-bridge's JAR: it offers no required action « {PREFIX}… ».",
            "Build it (make jar), copy it to Keycloak's folder providers/, restart Keycloak, then run this again.",
        )
    themes = info["themes"]
    themed = frozenset(k for k in THEMES if any(theme["name"] == THEME for theme in themes[k]))
    return Server(version, actions, frozenset(_ours(info, "authenticator")), _charter_settings(admin), themed)


def _ours(info: Mapping[str, Any], kind: str) -> list[str]:
    """Ids of the JAR's providers of a kind (an SPI, in Keycloak's words)."""
    return [provider for provider in info["providers"][kind]["providers"] if provider.startswith(PREFIX)]


def _charter_settings(admin: KeycloakAdmin) -> frozenset[str]:
    """Keycloak tells them in any realm, and silently drops a setting that is not among them."""
    described = admin.get("realms/master/authentication/required-actions/kcb-charter/config-description")
    return frozenset(setting["name"] for setting in (described or {}).get("properties", ()))


def refuse_old(version: str) -> None:
    """Raises :class:`ConfigurationError` for a version below :data:`MINIMUM`, or one that cannot be read."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is None or tuple(map(int, numbers.groups())) < MINIMUM:
        raise ConfigurationError(
            f"Keycloak {version} lets a password be reset without proof of the mailbox (CVE-2026-18963).",
            f"Upgrade Keycloak to {'.'.join(map(str, MINIMUM))} or newer, then run this again.",
        )
