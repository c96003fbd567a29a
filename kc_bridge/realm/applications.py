"""Applications people log in to."""

from __future__ import annotations

from dataclasses import dataclass

from kc_bridge.realm.resource import AtLeast, Kind, Members, Resource
from kc_bridge.realm.scopes import FOR_APPLICATIONS, SCOPES

__all__ = ["ApplicationClient", "application_clients"]

DEFAULT_SCOPES = ("basic", "profile", "email", "acr", "roles")
NEVER_DEFAULT = frozenset(scope.name for scope in SCOPES)


@dataclass(frozen=True)
class ApplicationClient:
    """An application to declare in the realm: a public client with PKCE, which has no secret to keep."""

    client_id: str
    name: str
    login_url: str
    """Its login-starting address."""
    redirect_uris: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> ApplicationClient:
        """Reads ``id=name,login_url,redirect_uri[,redirect_uri…]``; raises ``ValueError`` when a part is missing."""
        client_id, _, rest = text.partition("=")
        parts = [part.strip() for part in (client_id, *rest.split(","))]
        if len(parts) < 4 or not all(parts):
            raise ValueError(f"incomplete application: {text}")
        return cls(parts[0], parts[1], parts[2], tuple(parts[3:]))


def application_clients(applications: tuple[ApplicationClient, ...]) -> list[Resource]:
    """One client for each application."""
    return [
        Resource(
            Kind.CLIENT,
            application.client_id,
            {
                "name": application.name,
                "enabled": True,
                "publicClient": True,
                "bearerOnly": False,
                "standardFlowEnabled": True,
                "implicitFlowEnabled": False,
                "directAccessGrantsEnabled": False,
                "serviceAccountsEnabled": False,
                "fullScopeAllowed": False,
                "baseUrl": application.login_url,
                "redirectUris": list(application.redirect_uris),
                "webOrigins": [],
                "defaultClientScopes": Members(DEFAULT_SCOPES, NEVER_DEFAULT),
                "optionalClientScopes": AtLeast(FOR_APPLICATIONS),
                "attributes": {
                    "pkce.code.challenge.method": "S256",
                    # « + »: the same addresses as redirectUris.
                    "post.logout.redirect.uris": "+",
                },
            },
        )
        for application in applications
    ]
