"""The clients of the realm, each with the least it needs.

==================  ==========================================================================================
``kc-bridge-web``   the Flask service: logs browsers in, holds its own service account on the back channel
``kc-bridge-sync``  the sync loop: service account only
``kcb``             nobody logs in with it: it carries the back channel's roles and is the audience of its tokens
==================  ==========================================================================================

« Full scope » is off: a token holds the roles named here and nothing else its account may have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kc_bridge.realm.resource import Kind, Resource

__all__ = ["BACK_CHANNEL", "SYNC", "WEB", "bridge_clients"]

WEB = "kc-bridge-web"
SYNC = "kc-bridge-sync"
BACK_CHANNEL = "kcb"

BACK_CHANNEL_ROLES = {
    "tickets": "May complete, extend and end pending activation steps",
    "links": "May mint activation links",
    "passwords": "May check a password against the realm's policy",
    "reset": "May ask users the bridge owns for steps again, ending their password and sessions",
    "batch": "May write users in batches",
    "digests": "May read the digest of every user the bridge owns",
}

GRANTED: dict[str, dict[str, list[str]]] = {
    WEB: {BACK_CHANNEL: ["tickets", "links", "passwords", "reset"], "realm-management": []},
    SYNC: {BACK_CHANNEL: ["batch", "digests"], "realm-management": []},
}
"""Roles by client, then by the client that defines them: exactly these, more is taken away."""

MANAGES_USERS = {"realm-management": ["manage-users", "view-users", "query-users"]}
"""What the sync needs besides where it writes by the plain Admin API: any user, administrators among them."""

NO_LOGIN = {
    "standardFlowEnabled": False,
    "implicitFlowEnabled": False,
    "directAccessGrantsEnabled": False,
}


def bridge_clients(
    public_url: str, jwks: Mapping[str, Mapping[str, Any]], *, by_admin_api: bool = False
) -> list[Resource]:
    """The three clients with their roles. ``jwks``: public keys by client id; ``by_admin_api``: how the sync writes."""
    back_channel = NO_LOGIN | {
        "name": "kc-bridge back channel",
        "enabled": True,
        "bearerOnly": True,
        "publicClient": False,
        "serviceAccountsEnabled": False,
        "fullScopeAllowed": False,
        "redirectUris": [],
        "webOrigins": [],
    }
    web = _signing_client("kc-bridge: activation pages", jwks[WEB]) | {
        "standardFlowEnabled": True,
        "baseUrl": public_url,
        "redirectUris": [
            f"{public_url}/oidc/*",
            f"{public_url}/activation/done",
            f"{public_url}/compte/retour",
        ],
        "defaultClientScopes": ["basic", "roles", "acr", "profile", "service_account"],
    }
    web["attributes"] |= {
        "pkce.code.challenge.method": "S256",
        "post.logout.redirect.uris": f"{public_url}/oidc/logged-out##{public_url}/",
    }
    sync = _signing_client("kc-bridge: synchronisation", jwks[SYNC])
    return [
        Resource(Kind.CLIENT, BACK_CHANNEL, back_channel),
        Resource(Kind.CLIENT_ROLES, BACK_CHANNEL, BACK_CHANNEL_ROLES),
        *_granted(Resource(Kind.CLIENT, WEB, web), GRANTED[WEB]),
        *_granted(Resource(Kind.CLIENT, SYNC, sync), GRANTED[SYNC] | (MANAGES_USERS if by_admin_api else {})),
    ]


def _signing_client(name: str, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """A confidential client with a service account, authenticated by a signature (RFC 7523)."""
    return NO_LOGIN | {
        "name": name,
        "enabled": True,
        "bearerOnly": False,
        "publicClient": False,
        "consentRequired": False,
        "serviceAccountsEnabled": True,
        "fullScopeAllowed": False,
        "clientAuthenticatorType": "client-jwt",
        "redirectUris": [],
        "webOrigins": [],
        "defaultClientScopes": ["basic", "roles", "service_account"],
        "optionalClientScopes": [],
        "attributes": {
            "use.jwks.url": "false",
            "use.jwks.string": "true",
            "jwks.string": json.dumps(jwks, separators=(",", ":")),
            "token.endpoint.auth.signing.alg": "RS256",
        },
    }


def _granted(client: Resource, roles: dict[str, list[str]]) -> list[Resource]:
    return [
        client,
        Resource(Kind.SERVICE_ACCOUNT_ROLES, client.name, roles),
        Resource(Kind.SCOPE_MAPPINGS, client.name, roles),
    ]
