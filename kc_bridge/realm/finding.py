"""What ``kcb doctor`` looks at, and what a check says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.errors import BridgeError, ConfigurationError
from kc_bridge.settings import Settings

__all__ = ["Check", "Finding", "Installation", "Level", "failure"]

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Installation:
    """What is looked at."""

    settings: Settings
    admin: KeycloakAdmin | None
    """None when nobody gave an administrator's credentials: the realm's settings are then not compared."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    level: Level
    detail: str
    remedy: str = ""


Check = Callable[[Installation], Finding]


def failure(error: BridgeError) -> Finding:
    """What a check that could not be made says."""
    if isinstance(error, ConfigurationError):
        return Finding("fail", error.problem, error.remedy)
    return Finding(
        "fail", str(error) or type(error).__name__, "Repair what failed above, then run this again."
    )
