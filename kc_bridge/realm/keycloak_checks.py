"""Checks of Keycloak: its addresses, versions and clock."""

from __future__ import annotations

import base64
import json
import time
from importlib.metadata import version as installed_version

import requests

from kc_bridge.adapters.backchannel import BackChannel
from kc_bridge.adapters.http import json_object, send
from kc_bridge.adapters.tokens import ClientCredentials
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable
from kc_bridge.realm.clients import WEB
from kc_bridge.realm.finding import Finding, Installation, Level
from kc_bridge.realm.server import refuse_old
from kc_bridge.settings import Settings

__all__ = ["clock", "internal_address", "jar_version", "public_address", "server_version"]

NOTED, REFUSED = 5, 30
"""Seconds of clock difference: a handoff lives 120 s and a client's assertion 60 s, so half a minute breaks logins
now and then, and less shows only on the slowest."""


def public_address(installation: Installation) -> Finding:
    """Keycloak answers where browsers reach it, and calls itself what we expect."""
    return _issuer(installation.settings, "keycloak_public_url", installation.settings.keycloak_public_url)


def internal_address(installation: Installation) -> Finding:
    """Keycloak answers where the bridge reaches it, under the same name: ``iss`` must not follow the address."""
    return _issuer(installation.settings, "keycloak_internal_url", installation.settings.keycloak_url)


def _issuer(settings: Settings, setting: str, url: str) -> Finding:
    address = f"{url}/realms/{settings.realm}/.well-known/openid-configuration"
    try:
        response = send(requests.Request("GET", address), settings.keycloak_timeout.total_seconds())
    except KeycloakUnavailable as error:
        return Finding("fail", f"{url} does not answer ({error})", f"Start Keycloak, or correct {setting}.")
    if response.status_code == 404:
        return Finding(
            "fail", f"{url} has no realm « {settings.realm} »", "Run: kcb setup (or correct realm)."
        )
    issuer = json_object(response).get("issuer")
    if issuer != settings.issuer:
        return Finding(
            "fail",
            f"{url} says iss = {issuer}, not {settings.issuer}",
            f"Start Keycloak with hostname={settings.keycloak_public_url} and hostname-backchannel-dynamic=true.",
        )
    return Finding("ok", url)


def server_version(installation: Installation) -> Finding:
    """The server is new enough to be safe."""
    server = _versions(installation)["keycloak"]
    refuse_old(server)
    return Finding("ok", f"Keycloak {server}")


def jar_version(installation: Installation) -> Finding:
    """The JAR in Keycloak and this program are of one release."""
    jar, own = _versions(installation)["version"], installed_version("kc-bridge")
    if jar != own:
        return Finding(
            "fail",
            f"the JAR is {jar}, this program {own}",
            "Build the JAR of this version (make jar), copy it to Keycloak's providers/, restart Keycloak.",
        )
    return Finding("ok", jar)


def _versions(installation: Installation) -> dict[str, str]:
    channel = BackChannel(installation.settings)
    channel.credentials.token()  # a client that is refused has another remedy than a JAR that is missing
    try:
        return channel.version()
    except ConfigurationError as error:
        remedy = "Build the JAR (make jar), copy it to Keycloak's providers/, restart Keycloak."
        raise ConfigurationError(error.problem, remedy) from None


def clock(installation: Installation) -> Finding:
    """Both machines agree on the time. Keycloak sends no ``Date``: the ``iat`` of a fresh token is its clock."""
    before = time.time()
    token = ClientCredentials(installation.settings, WEB).token()
    payload = token.split(".")[1]
    issued = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iat"]
    # iat is whole seconds, cut off: half a second is the best guess of what it lost.
    difference = issued + 0.5 - (before + time.time()) / 2
    detail = f"Keycloak is {abs(difference):.0f} s {'ahead' if difference > 0 else 'behind'}"
    if abs(difference) > NOTED:
        level: Level = "fail" if abs(difference) > REFUSED else "warn"
        return Finding(level, detail, "Synchronise both machines (chrony, systemd-timesyncd).")
    return Finding("ok", "same time")
