"""Handlers for roles: those a client defines, those its service account has, those its tokens may carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin

__all__ = ["ClientRoles", "ScopeMappings", "ServiceAccountRoles", "client_uuid"]

Roles = Mapping[str, list[str]]
"""Role names by the client that defines them."""


def client_uuid(admin: KeycloakAdmin, realm: str, client_id: str) -> str | None:
    """Keycloak's own id of a client; None when there is no such client."""
    found = admin.get(f"realms/{realm}/clients", clientId=client_id) or []
    return found[0]["id"] if found else None


class ClientRoles:
    """The roles a client defines, with their descriptions."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.realm = admin, realm

    def read(self, name: str) -> Mapping[str, Any] | None:
        uuid = client_uuid(self.admin, self.realm, name)
        if uuid is None:
            return None
        roles = self.admin.get(f"realms/{self.realm}/clients/{uuid}/roles")
        return {role["name"]: role.get("description", "") for role in roles}

    def create(self, name: str, after: Mapping[str, Any]) -> None:
        self.update(name, {}, after)

    def update(self, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        base = f"realms/{self.realm}/clients/{client_uuid(self.admin, self.realm, name)}/roles"
        for role, description in after.items():
            body = {"name": role, "description": description}
            if role not in before:
                self.admin.post(base, body)
            elif before[role] != description:
                self.admin.put(f"{base}/{role}", body)


class _Mappings:
    """Roles of other clients, mapped to something at an address that depends on a client."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.realm = admin, realm

    def address(self, uuid: str) -> str:
        raise NotImplementedError

    def read(self, name: str) -> Roles | None:
        uuid = client_uuid(self.admin, self.realm, name)
        if uuid is None:
            return None
        mapped = self.admin.get(self.address(uuid)).get("clientMappings", {})
        return {client: [role["name"] for role in found["mappings"]] for client, found in mapped.items()}

    def create(self, name: str, after: Roles) -> None:
        self.update(name, {}, after)

    def update(self, name: str, before: Roles, after: Roles) -> None:
        uuid = client_uuid(self.admin, self.realm, name)
        assert uuid is not None, f"{name} is written before its roles"
        for client, wanted in after.items():
            present = set(before.get(client, []))
            self._write(uuid, client, sorted(set(wanted) - present), remove=False)
            self._write(uuid, client, sorted(present - set(wanted)), remove=True)

    def _write(self, uuid: str, client: str, roles: list[str], *, remove: bool) -> None:
        if not roles:
            return
        owner = client_uuid(self.admin, self.realm, client)
        found = [self.admin.get(f"realms/{self.realm}/clients/{owner}/roles/{role}") for role in roles]
        path = f"{self.address(uuid)}/clients/{owner}"
        (self.admin.delete if remove else self.admin.post)(path, found)


class ServiceAccountRoles(_Mappings):
    """What a client's service account may do."""

    def read(self, name: str) -> Roles | None:
        found = self.admin.get(f"realms/{self.realm}/clients", clientId=name) or []
        return super().read(name) if found and found[0]["serviceAccountsEnabled"] else None

    def address(self, uuid: str) -> str:
        account = self.admin.get(f"realms/{self.realm}/clients/{uuid}/service-account-user")
        return f"realms/{self.realm}/users/{account['id']}/role-mappings"


class ScopeMappings(_Mappings):
    """What a client's tokens may carry of it, « full scope » being off."""

    def address(self, uuid: str) -> str:
        return f"realms/{self.realm}/clients/{uuid}/scope-mappings"
