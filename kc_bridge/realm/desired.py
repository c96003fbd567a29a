"""The realm kc-bridge needs, as plain data, in the order in which its parts can be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.realm.actions import required_actions
from kc_bridge.realm.applications import ApplicationClient, application_clients
from kc_bridge.realm.clients import bridge_clients
from kc_bridge.realm.colours import colour_texts
from kc_bridge.realm.login_flow import login_flow
from kc_bridge.realm.realm_settings import realm_settings
from kc_bridge.realm.resource import Resource
from kc_bridge.realm.scopes import client_scopes, consent_texts
from kc_bridge.realm.server import Server
from kc_bridge.realm.user_profile import profile_texts, user_profile
from kc_bridge.realm.words import localisation
from kc_bridge.settings import Settings

__all__ = ["desired_realm"]


def desired_realm(
    settings: Settings,
    profile: UniversityProfile,
    server: Server,
    jwks: Mapping[str, Mapping[str, Any]],
    applications: tuple[ApplicationClient, ...] = (),
) -> list[Resource]:
    """Every resource, each after those it refers to. ``jwks``: public keys of our clients by client id."""
    language = profile.languages[0]
    return [
        realm_settings(settings, profile, server.themes),
        *localisation(profile_texts() | consent_texts() | colour_texts(profile), profile.languages),
        user_profile(),
        *client_scopes(language),
        *bridge_clients(settings.public_url, jwks, by_admin_api=settings.directory == "admin"),
        *application_clients(applications),
        *required_actions(settings, profile, server),
        *login_flow(server.authenticators, language),
    ]
