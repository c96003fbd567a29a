"""Which way the sync writes users, by the setting ``directory``."""

from __future__ import annotations

from kc_bridge.ports import Directory
from kc_bridge.settings import Settings

__all__ = ["open_directory"]


def open_directory(settings: Settings) -> Directory:
    """Asks Keycloak nothing yet. Each way is imported when it is taken: python-keycloak is slow to import."""
    if settings.directory == "admin":
        from kc_bridge.adapters.keycloak import KeycloakDirectory

        return KeycloakDirectory(settings)
    from kc_bridge.adapters.keycloak_batch import BatchDirectory

    return BatchDirectory(settings)
