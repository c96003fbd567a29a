"""A second realm as the identity provider of the bridge's: people who log in elsewhere."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urljoin

from kc_bridge.store.models import Person
from tests.support.stack import Stack
from tests.support.walker import Page, Walker

__all__ = ["ELSEWHERE", "IdentityProvider"]

ELSEWHERE = "Ailleurs-2026-à-Lyon!"
ALIAS = "partner"


@dataclass
class IdentityProvider:
    """Its realm, and the stack that trusts it."""

    stack: Stack
    name: str

    @classmethod
    def trusted_by(cls, stack: Stack) -> IdentityProvider:
        """Makes the realm, and declares it in the stack's as a partner's identity provider (OIDC)."""
        found = cls(stack, f"{stack.realm.name}-partner")
        secret, broker = secrets.token_urlsafe(24), f"{stack.realm.settings.issuer}/broker/{ALIAS}/endpoint"
        client = {"clientId": "kc-bridge", "secret": secret, "redirectUris": [broker]}
        found._call("POST", "", {"realm": found.name, "enabled": True, "clients": [client]})
        issuer = f"{stack.realm.settings.keycloak_public_url}/realms/{found.name}"
        endpoint = f"{issuer}/protocol/openid-connect"
        config = {
            "issuer": issuer,
            "authorizationUrl": f"{endpoint}/auth",
            "tokenUrl": f"{endpoint}/token",
            "jwksUrl": f"{endpoint}/certs",
            "useJwksUrl": "true",
            "validateSignature": "true",
            "clientId": "kc-bridge",
            "clientSecret": secret,
            "clientAuthMethod": "client_secret_post",
            "defaultScope": "openid profile email",
            "syncMode": "IMPORT",
        }
        provider = {"alias": ALIAS, "displayName": "Partenaire", "providerId": "oidc", "enabled": True}
        provider |= {"trustEmail": True, "config": config}
        stack.realm.call("POST", "identity-provider/instances", provider)
        return found

    def delete(self) -> None:
        self._call("DELETE", f"/{self.name}")

    def add(self, **fields: Any) -> str:
        """Somebody there, with the password :data:`ELSEWHERE`; answers their username."""
        username = f"alix-{secrets.token_hex(4)}"
        user = {
            "username": username,
            "enabled": True,
            "emailVerified": True,
            "firstName": "Alix",
            "lastName": "Roy",
        }
        user |= {"email": f"{username}@partenaire.example"}
        user["credentials"] = [{"type": "password", "value": ELSEWHERE, "temporary": False}]
        self._call("POST", f"/{self.name}/users", user | fields)
        return username

    def link(self, username: str, person: Person) -> None:
        """Links the account here to the one there, as the console does."""
        theirs = self._call("GET", f"/{self.name}/users", params={"username": username, "exact": "true"})[0]
        body = {"identityProvider": ALIAS, "userId": theirs["id"], "userName": username}
        self.stack.realm.call("POST", f"users/{person.keycloak_id}/federated-identity/{ALIAS}", body)

    def user_here(self, username: str) -> dict[str, Any]:
        """Keycloak's user here that the first login made of them."""
        query = {"username": username, "exact": "true"}
        (found,) = self.stack.realm.call("GET", "users", params=query)
        user: dict[str, Any] = self.stack.realm.call("GET", f"users/{found['id']}")
        return user

    def log_in(self, walker: Walker, page: Page, username: str) -> Page:
        """From our login page by the partner's, to wherever that leads."""
        link = re.search(rf'href="([^"]*/broker/{ALIAS}/login[^"]*)"', page.response.text)
        assert link, page
        page = walker.get(urljoin(page.url, unescape(link[1])))
        return walker.log_in(page, username, ELSEWHERE)

    def enter(self, walker: Walker, username: str) -> Page:
        """From the application, by the partner's login."""
        return self.log_in(walker, walker.get(f"{self.stack.ent_url}/connexion"), username)

    def _call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        return self.stack.realm.admin.call(method, path, body, **options)
