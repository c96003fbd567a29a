"""Reading and writing each kind of resource through the Admin API.

A handler decides nothing: it reads a document in the shape :mod:`kc_bridge.realm.resource` describes, or writes the
one it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kc_bridge.adapters.keycloak_admin import KeycloakAdmin
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.realm.flow_handlers import FlowBinding, LoginFlow
from kc_bridge.realm.resource import Kind
from kc_bridge.realm.role_handlers import ClientRoles, ScopeMappings, ServiceAccountRoles

__all__ = ["Document", "Handler", "handlers"]

Document = Mapping[str, Any]


class Handler(Protocol):
    """One kind of resource of one realm."""

    def read(self, name: str) -> Document | None:
        """The resource as it is; None when there is none."""

    def create(self, name: str, after: Document) -> None:
        """Makes the resource."""

    def update(self, name: str, before: Document, after: Document) -> None:
        """Writes the whole document ``after`` over ``before``."""


class _Single:
    """A document that always exists with its realm, at one address."""

    def __init__(self, admin: KeycloakAdmin, path: str) -> None:
        self.admin, self.path = admin, path

    def read(self, name: str) -> Document | None:  # noqa: ARG002
        document: Document | None = self.admin.get(self.path)
        return document

    def create(self, name: str, after: Document) -> None:  # noqa: ARG002
        self.admin.put(self.path, after)

    def update(self, name: str, before: Document, after: Document) -> None:  # noqa: ARG002
        self.admin.put(self.path, after)


class Realm(_Single):
    """The realm itself."""

    def create(self, name: str, after: Document) -> None:
        self.admin.post("realms", {"realm": name, **after})


class Texts:
    """Localisation texts of the realm, by language."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.base = admin, f"realms/{realm}/localization"

    def read(self, name: str) -> Document:
        return self.admin.get(f"{self.base}/{name}") or {}

    def create(self, name: str, after: Document) -> None:
        self.admin.post(f"{self.base}/{name}", after)

    def update(self, name: str, before: Document, after: Document) -> None:  # noqa: ARG002
        self.create(name, after)


class ClientScope:
    """A client scope with its mappers, which the Admin API writes one by one."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.base = admin, f"realms/{realm}/client-scopes"

    def read(self, name: str) -> Document | None:
        return next((scope for scope in self.admin.get(self.base) or [] if scope["name"] == name), None)

    def create(self, name: str, after: Document) -> None:
        self.admin.post(self.base, {"name": name, **after})

    def update(self, name: str, before: Document, after: Document) -> None:  # noqa: ARG002
        scope = f"{self.base}/{after['id']}"
        self.admin.put(scope, {key: value for key, value in after.items() if key != "protocolMappers"})
        for mapper in after["protocolMappers"]:
            if mapper in before.get("protocolMappers", []):
                continue
            if "id" in mapper:
                self.admin.put(f"{scope}/protocol-mappers/models/{mapper['id']}", mapper)
            else:
                self.admin.post(f"{scope}/protocol-mappers/models", mapper)


class Client:
    """A client; its scopes have addresses of their own, and a PUT of the client ignores them."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.realm = admin, f"realms/{realm}"

    def read(self, name: str) -> Document | None:
        found = self.admin.get(f"{self.realm}/clients", clientId=name) or []
        return found[0] if found else None

    def create(self, name: str, after: Document) -> None:
        self.admin.post(f"{self.realm}/clients", {"clientId": name, "protocol": "openid-connect", **after})

    def update(self, name: str, before: Document, after: Document) -> None:  # noqa: ARG002
        client = f"{self.realm}/clients/{after['id']}"
        self.admin.put(client, after)
        ids = {scope["name"]: scope["id"] for scope in self.admin.get(f"{self.realm}/client-scopes")}
        for field, address in (
            ("defaultClientScopes", "default-client-scopes"),
            ("optionalClientScopes", "optional-client-scopes"),
        ):
            present, wanted = set(before.get(field, [])), set(after.get(field, []))
            for scope in present - wanted:
                self.admin.delete(f"{client}/{address}/{ids[scope]}")
            for scope in wanted - present:
                self.admin.put(f"{client}/{address}/{ids[scope]}")


class RequiredAction:
    """A required action the server offers, registered in the realm."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.base = admin, f"realms/{realm}/authentication"

    def read(self, name: str) -> Document | None:
        document: Document | None = self.admin.get(f"{self.base}/required-actions/{name}")
        return document

    def create(self, name: str, after: Document) -> None:
        offered = self.admin.get(f"{self.base}/unregistered-required-actions")
        provider = next((action for action in offered if action["providerId"] == name), None)
        if provider is None:
            raise ConfigurationError(
                f"Keycloak does not offer the required action « {name} ».",
                "Restart Keycloak with kc-bridge's JAR.",
            )
        self.admin.post(f"{self.base}/register-required-action", provider)
        # Keycloak switches on whatever is registered: one that no journey asks for waits for the console.
        self.update(name, {}, {**(self.read(name) or {}), "enabled": False, **after})

    def update(self, name: str, before: Document, after: Document) -> None:  # noqa: ARG002
        self.admin.put(f"{self.base}/required-actions/{name}", after)


class RequiredActionConfig:
    """What stands behind the gear of a required action."""

    def __init__(self, admin: KeycloakAdmin, realm: str) -> None:
        self.admin, self.base = admin, f"realms/{realm}/authentication/required-actions"

    def read(self, name: str) -> Document | None:
        document: Document | None = self.admin.get(f"{self.base}/{name}/config")
        return document

    def create(self, name: str, after: Document) -> None:
        self.admin.put(f"{self.base}/{name}/config", after)

    def update(self, name: str, before: Document, after: Document) -> None:  # noqa: ARG002
        self.create(name, after)


def handlers(admin: KeycloakAdmin, realm: str) -> dict[Kind, Handler]:
    """A handler for every kind."""
    return {
        Kind.REALM: Realm(admin, f"realms/{realm}"),
        Kind.TEXTS: Texts(admin, realm),
        Kind.USER_PROFILE: _Single(admin, f"realms/{realm}/users/profile"),
        Kind.CLIENT_SCOPE: ClientScope(admin, realm),
        Kind.CLIENT: Client(admin, realm),
        Kind.CLIENT_ROLES: ClientRoles(admin, realm),
        Kind.SERVICE_ACCOUNT_ROLES: ServiceAccountRoles(admin, realm),
        Kind.SCOPE_MAPPINGS: ScopeMappings(admin, realm),
        Kind.REQUIRED_ACTION: RequiredAction(admin, realm),
        Kind.REQUIRED_ACTION_CONFIG: RequiredActionConfig(admin, realm),
        Kind.LOGIN_FLOW: LoginFlow(admin, realm),
        Kind.FLOW_BINDING: FlowBinding(admin, realm),
    }
