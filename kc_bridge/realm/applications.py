"""Applications people log in to, and the client scope that tells them the SUPANN attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kc_bridge.realm.resource import AtLeast, Kind, Resource

__all__ = ["ApplicationClient", "application_clients", "supann_scope"]

SUPANN = "supann"
CLAIMS = {
    "uid": False,
    "displayName": False,
    "eduPersonAffiliation": True,
    "eduPersonPrimaryAffiliation": False,
    "supannEtablissement": False,
    "accountEnd": False,
}
"""User attributes an application may read under the same name; True for several values."""


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


def supann_scope() -> Resource:
    """The scope ``supann``: claims in the ID token and userinfo, not in access tokens, which travel further."""
    return Resource(
        Kind.CLIENT_SCOPE,
        SUPANN,
        {
            "description": "SUPANN attributes of the person",
            "protocol": "openid-connect",
            "attributes": {"include.in.token.scope": "true", "display.on.consent.screen": "false"},
            "protocolMappers": [_mapper(name, several) for name, several in CLAIMS.items()],
        },
    )


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
                "defaultClientScopes": AtLeast(("basic", "profile", "email", "acr", "roles", SUPANN)),
                "attributes": {
                    "pkce.code.challenge.method": "S256",
                    # « + »: the same addresses as redirectUris.
                    "post.logout.redirect.uris": "+",
                },
            },
        )
        for application in applications
    ]


def _mapper(name: str, several: bool) -> dict[str, Any]:
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-attribute-mapper",
        "config": {
            "user.attribute": name,
            "claim.name": name,
            "jsonType.label": "String",
            "multivalued": str(several).lower(),
            "id.token.claim": "true",
            "userinfo.token.claim": "true",
            "access.token.claim": "false",
            "introspection.token.claim": "false",
        },
    }
