"""Which university profile a realm belongs to: one realm has one password policy (ADR 17)."""

from __future__ import annotations

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.errors import ConfigurationError

__all__ = ["PROFILE_ATTRIBUTE", "refuse_another_profile"]

PROFILE_ATTRIBUTE = "kcbProfile"
"""Attribute of the realm in which setup leaves the profile's name; applications and people never see it."""


def refuse_another_profile(admin: KeycloakAdmin, realm: str, name: str) -> None:
    """Raises :class:`ConfigurationError` when the realm was set up from a profile of another name. Reads only."""
    found = admin.get(f"realms/{realm}")
    present = (found or {}).get("attributes", {}).get(PROFILE_ATTRIBUTE)
    if present not in (None, name):
        raise ConfigurationError(
            f"The realm « {realm} » belongs to the profile « {present} », not to « {name} »: two password policies "
            "cannot share a realm.",
            "Give this profile a realm of its own (setting realm), or set profile right. To make the realm over for "
            "good: kcb setup --change-profile. Passwords already chosen keep working.",
        )
