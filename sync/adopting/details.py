"""What only an administrator may see and do: the bridge's own client never touches users that are not marked."""

from __future__ import annotations

from typing import Any

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.errors import ConfigurationError

__all__ = ["OWNER", "Details", "Marker"]

OWNER = "kcbKey"


class Details:
    """Asks about one user at a time; needed only where the list of users does not tell (no JAR)."""

    def __init__(self, admin: KeycloakAdmin | None, realm: str) -> None:
        self._admin = admin
        self._realm = realm
        self._management = ""

    def federated(self, user_id: str) -> bool:
        """Whether another directory holds the user."""
        user = self._ask(f"users/{user_id}") or {}
        return bool(user.get("federationLink") or user.get("origin"))

    def has_password(self, user_id: str) -> bool:
        """Whether Keycloak holds a password."""
        credentials = self._ask(f"users/{user_id}/credentials") or []
        return any(credential["type"] == "password" for credential in credentials)

    def administrator(self, user_id: str) -> bool:
        """Whether any role of realm-management is theirs, directly or through groups and other roles."""
        if not self._management:
            (client,) = self._ask("clients", clientId="realm-management")
            self._management = client["id"]
        return bool(self._ask(f"users/{user_id}/role-mappings/clients/{self._management}/composite"))

    def _ask(self, path: str, **query: str) -> Any:
        if self._admin is None:
            raise ConfigurationError(
                "Without the JAR, an administrator must look at each user.",
                "Give --admin-user, and KCB_ADMIN_PASSWORD.",
            )
        return self._admin.get(f"realms/{self._realm}/{path}", **query)


class Marker:
    """Writes the mark, and nothing else."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self._admin = admin
        self._realm = realm

    def mark(self, user_id: str, username: str, mark: str) -> str | None:
        """None when the user bears the mark now; else why not.

        Raises :class:`kc_bridge.domain.errors.KeycloakUnavailable`.
        """
        path = f"realms/{self._realm}/users/{user_id}"
        user = self._admin.get(path)
        if user is None:
            return "is gone"
        held = next(iter((user.get("attributes") or {}).get(OWNER, [])), None)
        if held == mark:
            return None
        if held is not None or user["username"] != username or user.get("federationLink"):
            return "has changed since the plan was made"
        # The whole document, as it is: what a PUT leaves out is deleted.
        user["attributes"] = (user.get("attributes") or {}) | {OWNER: [mark]}
        try:
            self._admin.put(path, user)
        except ConfigurationError as error:
            return str(error).partition("\n")[0]
        return None
