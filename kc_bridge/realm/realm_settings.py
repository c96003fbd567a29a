"""The realm's own settings: what people see, how long a login lasts, what is recorded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import urljoin

from kc_bridge.domain.password_policy import PasswordPolicy
from kc_bridge.domain.profile import Branding, UniversityProfile
from kc_bridge.realm.belonging import PROFILE_ATTRIBUTE
from kc_bridge.realm.colours import colour_attributes
from kc_bridge.realm.resource import AtLeast, Kind, Policy, Resource
from kc_bridge.settings import Settings

__all__ = ["THEME", "THEMES", "realm_settings"]

THEME = "kc-bridge"
THEMES = {"login": "loginTheme", "email": "emailTheme"}
"""Field of the realm by kind of theme."""

LOGIN_STEP_LIFETIME = timedelta(minutes=30)
"""Between two requests of a login: the wizard touches Keycloak at each page, and ends itself after
``settings.session_idle`` without one."""

EVENTS_KEPT = timedelta(days=180)
"""CNIL's recommendation 2021-122 on logs: between six months and a year."""

RECORDED = (
    "LOGIN",
    "LOGOUT",
    "CODE_TO_TOKEN",
    "CUSTOM_REQUIRED_ACTION",
    "EXECUTE_ACTIONS",
    "EXECUTE_ACTION_TOKEN",
    "IMPERSONATE",
    "REMOVE_CREDENTIAL",
    "RESET_PASSWORD",
    "RESTART_AUTHENTICATION",
    "UPDATE_CREDENTIAL",
    "UPDATE_EMAIL",
    "UPDATE_PASSWORD",
    "UPDATE_PROFILE",
    "USER_DISABLED_BY_PERMANENT_LOCKOUT",
    "USER_DISABLED_BY_TEMPORARY_LOCKOUT",
)
EVENT_TYPES = AtLeast(
    ["CLIENT_LOGIN_ERROR", *(name + outcome for name in RECORDED for outcome in ("", "_ERROR"))]
)
"""What an investigation of an account asks for. Successful ``CLIENT_LOGIN`` is left out: the bridge's own tokens would
bury the rest."""

GOVERNED_BY_PROFILE = frozenset(
    (
        "length",
        "maxLength",
        "lowerCase",
        "upperCase",
        "digits",
        "specialChars",
        "regexPattern",
        "notUsername",
        "notContainsUsername",
        "notEmail",
        "passwordHistory",
    )
)
"""Rules a profile always decides. A black list is an administrator's as long as the profile names none."""


def realm_settings(settings: Settings, profile: UniversityProfile, themes: Collection[str]) -> Resource:
    """``themes``: the kinds for which the server has ours; a realm must not name a theme that is not there."""
    recovers = profile.recovery != "off"
    body: dict[str, Any] = {
        "enabled": True,
        "displayName": profile.branding.name,
        "displayNameHtml": _header(settings.public_url, profile.branding),
        "internationalizationEnabled": True,
        "supportedLocales": AtLeast(profile.languages),
        "defaultLocale": profile.languages[0],
        "sslRequired": "external",
        "registrationAllowed": False,
        "loginWithEmailAllowed": True,
        "duplicateEmailsAllowed": False,
        "editUsernameAllowed": True,  # by administrators and the sync: see the user profile
        "bruteForceProtected": True,
        "accessCodeLifespanUserAction": int(LOGIN_STEP_LIFETIME.total_seconds()),
        "passwordPolicy": _password_policy(profile.password_policy),
        "eventsEnabled": True,
        "eventsExpiration": int(EVENTS_KEPT.total_seconds()),
        "enabledEventTypes": EVENT_TYPES,
        "adminEventsEnabled": True,
        "attributes": {
            "adminEventsExpiration": str(int(EVENTS_KEPT.total_seconds())),
            PROFILE_ATTRIBUTE: profile.name,
            "kcbFirstLoginUrl": f"{settings.public_url}/premiere-connexion",
            "kcbProblemUrl": f"{settings.public_url}/probleme-de-connexion",
            "kcbHelpUrl": f"{settings.public_url}/aide",
            "kcbRecoveryUrl": f"{settings.public_url}/mot-de-passe-oublie" if recovers else "",
            **colour_attributes(profile.branding.primary),
        },
    }
    if recovers:
        body["resetPasswordAllowed"] = (
            False  # Keycloak's own asks no question, and knows nothing of our links
        )
    body |= {THEMES[kind]: THEME for kind in themes}
    return Resource(Kind.REALM, settings.realm, body)


def _password_policy(asked: PasswordPolicy) -> Policy:
    governed = GOVERNED_BY_PROFILE | ({"passwordBlacklist"} if asked.blacklist else set())
    return Policy(asked.keycloak(), governed)


def _header(public_url: str, brand: Branding) -> str:
    """The university's logo and name on Keycloak's pages; empty: our neutral mark and ``displayName``."""
    if brand.logo_url is None:
        return ""
    return (
        f'<img src="{escape(urljoin(public_url, brand.logo_url))}" alt="" height="40"> {escape(brand.name)}'
    )
