"""Checks of the password policy against what authorities recommend today."""

from __future__ import annotations

from typing import Any

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.password_entropy import ALONE, THROTTLED, guaranteed_bits, length_for
from kc_bridge.domain.profile import load_profile
from kc_bridge.realm.finding import Finding, Installation

__all__ = ["password_policy"]

SOURCE = "CNIL 2022-100"
EXPIRY = "forceExpiredPasswordChange"


def password_policy(installation: Installation) -> Finding:
    """The profile's policy guarantees CNIL's bits, given whether this realm really holds tries back."""
    settings, admin = installation.settings, installation.admin
    assert admin is not None, "doctor leaves this check out without one"
    realm = admin.get(f"realms/{settings.realm}")
    if realm is None:
        raise ConfigurationError(f"Keycloak has no realm « {settings.realm} ».", "Run: kcb setup")
    policy = load_profile(settings.profile).password_policy
    held_back = bool(realm.get("bruteForceProtected"))
    bits, needed = guaranteed_bits(policy), THROTTLED if held_back else ALONE
    if bits < needed:
        remedies = [
            f"length = {length_for(policy, needed)} in the profile, or more classes of characters; then kcb setup"
        ]
        if bits >= THROTTLED:
            remedies.insert(
                0, "Realm settings → Security defenses: switch brute force detection on (kcb setup does)"
            )
        return Finding(
            "warn", f"{_said(bits)}; {SOURCE} asks for {needed} {_defence(realm)}", "; or: ".join(remedies)
        )
    if EXPIRY in (realm.get("passwordPolicy") or ""):
        return Finding(
            "warn",
            f"passwords expire ({EXPIRY}): {SOURCE} and NIST SP 800-63B advise against it, people then count upwards",
            "Authentication → Policies → Password policy: remove « Expire password ».",
        )
    return Finding("ok", f"{_said(bits)}; {SOURCE} asks for {needed} {_defence(realm)}")


def _said(bits: int) -> str:
    return f"its weakest password is worth {bits} bits"


def _defence(realm: dict[str, Any]) -> str:
    if not realm.get("bruteForceProtected"):
        return "where tries are not held back (brute force detection is off)"
    return f"where tries are held back (brute force detection is on, after {realm.get('failureFactor')} failures)"
