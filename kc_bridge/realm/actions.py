"""The activation steps as Keycloak required actions: which are switched on, in what order, with what settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.realm.resource import Kind, Resource
from kc_bridge.settings import Settings

__all__ = ["PREFIX", "required_actions"]

PREFIX = "kcb-"
FIRST_PRIORITY = 200
"""After Keycloak's own actions that secure the login (second factor, passkey), which are below it."""
STEP_BETWEEN = 10


def required_actions(
    settings: Settings, profile: UniversityProfile, offered: Iterable[str]
) -> list[Resource]:
    """Every action the server offers; those of the profile's journeys are switched on.

    The others stay as the console has them. None is a default action: the sync says who has something to do.
    """
    used = _journey_order(profile)
    resources = []
    for alias in sorted(offered, key=lambda a: (used.index(a) if a in used else len(used), a)):
        body: dict[str, Any] = {"defaultAction": False}
        if alias in used:
            body |= {"enabled": True, "priority": FIRST_PRIORITY + STEP_BETWEEN * used.index(alias)}
        resources += [
            Resource(Kind.REQUIRED_ACTION, alias, body),
            Resource(Kind.REQUIRED_ACTION_CONFIG, alias, {"config": _config(settings, alias)}),
        ]
    return resources


def _journey_order(profile: UniversityProfile) -> list[str]:
    """Ids of the steps in the order of the journeys, each once. Pages without an action are not among them."""
    steps = [step for journey in profile.journeys for step in journey.steps if step != "summary"]
    return [PREFIX + step.replace("_", "-") for step in dict.fromkeys(steps)]


def _config(settings: Settings, alias: str) -> dict[str, str]:
    config = {
        "step_url": f"{settings.public_url}/activation/enter",
        "ticket_ttl": str(int(settings.session_absolute.total_seconds())),
    }
    if alias == PREFIX + "new-password":
        # So that a provisional password leads to the journey, not to Keycloak's own page.
        config |= {"replace_update_password": "true"}
    return config
