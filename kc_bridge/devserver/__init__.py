"""A Keycloak server with our JAR, for the demo and the tests: fetched, built, started and stopped. Not for production."""

from __future__ import annotations

from kc_bridge.devserver.distribution import KEYCLOAK_VERSION, fetch_distribution
from kc_bridge.devserver.jar import build_jar
from kc_bridge.devserver.server import KeycloakServer, PortBusy, ServerDied, free_port

__all__ = [
    "KEYCLOAK_VERSION",
    "KeycloakServer",
    "PortBusy",
    "ServerDied",
    "build_jar",
    "fetch_distribution",
    "free_port",
]
