"""A bare realm for tests of the JAR alone, made by the Admin REST API.

It holds what the JAR needs and nothing of the bridge: the project's own ``kcb setup`` has tests of its own.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from json import dumps
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

STEP_URL = "http://bridge.test/activation/enter"
"""Never contacted: the tests' browsers stop in front of it."""
LANDING = "http://bridge.test/activation/done"
ENT = "http://ent.test/callback"
STEPS = (
    "kcb-charter",
    "kcb-backup-mail",
    "kcb-mail-forwarding",
    "kcb-security-question",
    "kcb-sms-consent",
    "kcb-photo-use",
    "kcb-directory-visibility",
    "kcb-new-password",
    "kcb-extra",
)
POLICY = (
    "length(12) and digits(1) and upperCase(1) and specialChars(1) and notUsername() and passwordHistory(2)"
)
GOOD = "Printemps-2026!"
PROVISIONAL = "Provisoire-1234!"
WRONG = "Faux-mot-de-passe-1!"
GENERIC = "Nom d'utilisateur ou mot de passe invalide."
"""What Keycloak says in the realm's first language to whoever it does not let in."""
OTP = {
    "type": "otp",
    "secretData": '{"value": "DJmQfC73VGFhw7D4QJ8A"}',
    "credentialData": '{"digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1", "subType": "totp"}',
}
"""A second factor, for ``credentials`` of a user."""


class Admin:
    """Administrator of a whole Keycloak."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self._credentials = {"username": username, "password": password}
        self._token, self._until = "", 0.0

    def token(self) -> str:
        """An access token of the master realm, valid for a while yet."""
        if time.monotonic() > self._until:
            grant = {"grant_type": "password", "client_id": "admin-cli", **self._credentials}
            token_url = f"{self.url}/realms/master/protocol/openid-connect/token"
            answer = requests.post(token_url, data=grant, timeout=30).json()
            self._token, self._until = answer["access_token"], time.monotonic() + answer["expires_in"] - 15
        return self._token

    def call(self, method: str, path: str, json: Any = None, **options: Any) -> Any:
        """Call below ``/admin/realms``; answers parsed JSON, or the new id after a POST."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        url = f"{self.url}/admin/realms{path}"
        response = requests.request(method, url, json=json, headers=headers, timeout=60, **options)
        if not response.ok:
            raise AssertionError(f"{method} {path}: {response.status_code} {response.text[:500]}")
        if response.content:
            return response.json()
        return response.headers.get("Location", "").rpartition("/")[2]


@dataclass
class ServiceClient:
    """A client that proves itself by private_key_jwt, as the bridge does."""

    realm: JarRealm
    client_id: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}))

    def jwks(self) -> str:
        self.key.ensure_kid()
        return dumps(KeySet([self.key]).as_dict(private=False))

    def token(self) -> str:
        """A fresh access token of the service account."""
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.realm.issuer, "iat": now}
        claims |= {"exp": now + 60, "jti": str(uuid.uuid4())}
        grant = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key),
        }
        response = requests.post(self.realm.oidc("token"), data=grant, timeout=30)
        assert response.ok, response.text
        return response.json()["access_token"]

    def call(self, method: str, path: str, json: Any = None, token: str | None = None) -> requests.Response:
        """Call the back channel; ``token`` replaces the client's own."""
        headers = {"Authorization": f"Bearer {token or self.token()}"}
        url = f"{self.realm.url}/realms/{self.realm.name}/kcb/{path}"
        return requests.request(method, url, json=json, headers=headers, timeout=60)

    def complete(self, ticket: str, done: Iterable[str], **more: Any) -> requests.Response:
        return self.call("POST", f"tickets/{ticket}/complete", {"done": list(done), **more})

    def mint(self, user_id: str, actions: Iterable[str], **more: Any) -> requests.Response:
        body = {"userId": user_id, "actions": list(actions), "clientId": self.client_id}
        return self.call("POST", "activation-links", body | {"expiresAt": int(time.time()) + 300} | more)

    def reset(self, user_id: str, actions: Iterable[str], **more: Any) -> requests.Response:
        return self.call("POST", f"users/{user_id}/reset", {"actions": list(actions), **more})


class JarRealm:
    """One realm with all steps enabled, an application, and the bridge's two clients."""

    def __init__(self, admin: Admin, name: str, enabled: Iterable[str] = STEPS) -> None:
        self.admin, self.name, self.url = admin, name, admin.url
        self.web = ServiceClient(self, "kc-bridge-web")
        self.sync = ServiceClient(self, "kc-bridge-sync")
        admin.call("POST", "", self._representation(set(enabled)))
        profile = self.call("GET", "users/profile")
        self.call("PUT", "users/profile", profile | {"unmanagedAttributePolicy": "ADMIN_EDIT"})

    @property
    def issuer(self) -> str:
        return f"{self.url}/realms/{self.name}"

    def oidc(self, endpoint: str) -> str:
        return f"{self.issuer}/protocol/openid-connect/{endpoint}"

    def call(self, method: str, path: str = "", json: Any = None, **options: Any) -> Any:
        return self.admin.call(method, f"/{self.name}/{path}".rstrip("/"), json, **options)

    def delete(self) -> None:
        self.admin.call("DELETE", f"/{self.name}")

    def set_realm(self, **fields: Any) -> None:
        self.call("PUT", "", {"realm": self.name, **fields})

    def configure(self, step: str, **config: str) -> None:
        """Set values in a step's gear, keeping the others."""
        old = self.call("GET", f"authentication/required-actions/{step}/config")["config"]
        self.call("PUT", f"authentication/required-actions/{step}/config", {"config": old | config})

    def enable(self, step: str, enabled: bool) -> None:
        action = self.call("GET", f"authentication/required-actions/{step}")
        self.call("PUT", f"authentication/required-actions/{step}", action | {"enabled": enabled})

    def log_in_on_two_pages(self) -> None:
        """Keycloak's browser flow with our two pages in the place of its one."""
        flow = f"pages-{uuid.uuid4().hex[:6]}"
        self.call("POST", "authentication/flows/browser/copy", {"newName": flow})
        for execution in self.call("GET", f"authentication/flows/{flow}/executions"):
            if execution.get("providerId") == "auth-username-password-form":
                self.call("DELETE", f"authentication/executions/{execution['id']}")
        for place, page in enumerate(("kcb-identifier", "kcb-password"), start=1):
            new = {"provider": page, "priority": place}
            self.call("POST", f"authentication/flows/{flow} forms/executions/execution", new)
        for execution in self.call("GET", f"authentication/flows/{flow}/executions"):
            if execution.get("providerId", "").startswith("kcb-"):
                required = execution | {"requirement": "REQUIRED"}
                self.call("PUT", f"authentication/flows/{flow}/executions", required)
        self.set_realm(browserFlow=flow)

    def user(
        self,
        username: str | None = None,
        actions: Iterable[str] = (),
        password: str | None = PROVISIONAL,
        owned: bool = True,
        **more: Any,
    ) -> dict[str, Any]:
        """Make a user; the answer holds at least ``id`` and ``username``."""
        username = username or f"u{uuid.uuid4().hex[:10]}"
        user: dict[str, Any] = {
            "username": username,
            "enabled": True,
            "firstName": "Camille",
            "lastName": "O'Connor",
            "email": f"{username}@etu.univ-demo.fr",
            "requiredActions": list(actions),
            "attributes": {"kcbKey": [f"demo:{username}"]} if owned else {},
        }
        if password:
            user["credentials"] = [{"type": "password", "value": password, "temporary": False}]
        user |= more
        user["id"] = self.call("POST", "users", user)
        return user

    def update_user(self, user_id: str, **fields: Any) -> None:
        self.call("PUT", f"users/{user_id}", self.call("GET", f"users/{user_id}") | fields)

    def pending(self, user_id: str) -> list[str]:
        return sorted(self.call("GET", f"users/{user_id}")["requiredActions"])

    def attribute(self, user_id: str, name: str) -> list[str]:
        return self.call("GET", f"users/{user_id}").get("attributes", {}).get(name, [])

    def sessions(self, user_id: str) -> list[dict[str, Any]]:
        return self.call("GET", f"users/{user_id}/sessions")

    def events(self, user_id: str, *types: str) -> list[dict[str, Any]]:
        """Events of a user, oldest first."""
        found = self.call("GET", "events", params={"user": user_id, "type": types, "max": 100})
        return sorted(found, key=lambda event: event["time"])

    def grant(self, user_id: str, client_id: str, role: str) -> None:
        client = self.call("GET", "clients", params={"clientId": client_id})[0]["id"]
        found = self.call("GET", f"clients/{client}/roles/{role}")
        self.call("POST", f"users/{user_id}/role-mappings/clients/{client}", [found])

    def _representation(self, enabled: set[str]) -> dict[str, Any]:
        return {
            "realm": self.name,
            "enabled": True,
            "sslRequired": "none",
            "accessCodeLifespanUserAction": 1800,
            "passwordPolicy": POLICY,
            "internationalizationEnabled": True,
            "supportedLocales": ["fr", "en"],
            "defaultLocale": "fr",
            "eventsEnabled": True,
            "resetPasswordAllowed": True,
            "requiredActions": [_native("UPDATE_PASSWORD", 30), _native("CONFIGURE_TOTP", 40)]
            + [_step(step, 100 + place, step in enabled) for place, step in enumerate(STEPS)],
            "roles": {
                "client": {
                    "kcb": [
                        {"name": n} for n in ("tickets", "links", "passwords", "reset", "batch", "digests")
                    ]
                }
            },
            "clients": [
                {"clientId": "kcb", "bearerOnly": True},
                self._service(
                    self.web, standardFlowEnabled=True, redirectUris=["http://bridge.test/oidc/*", LANDING]
                ),
                self._service(self.sync, standardFlowEnabled=False),
                {"clientId": "ent-demo", "publicClient": True, "redirectUris": [ENT]},
                {
                    "clientId": "other-app",
                    "publicClient": True,
                    "redirectUris": ["http://other.test/callback"],
                },
            ],
            "users": [
                _account("kc-bridge-web", kcb=["tickets", "links", "passwords", "reset"]),
                _account("kc-bridge-sync", kcb=["batch", "digests"]),
            ],
        }

    def _service(self, client: ServiceClient, **more: Any) -> dict[str, Any]:
        return {
            "clientId": client.client_id,
            "clientAuthenticatorType": "client-jwt",
            "serviceAccountsEnabled": True,
            "directAccessGrantsEnabled": False,
            "attributes": {"use.jwks.string": "true", "jwks.string": client.jwks()},
            **more,
        }


def two_pages_realm(admin: Admin) -> JarRealm:
    """A realm that logs in on our two pages, and locks whom somebody guesses three times at."""
    made = JarRealm(admin, f"jar-{uuid.uuid4().hex[:8]}")
    made.log_in_on_two_pages()
    made.set_realm(rememberMe=True, bruteForceProtected=True, failureFactor=3, quickLoginCheckMilliSeconds=0)
    return made


def _native(alias: str, priority: int) -> dict[str, Any]:
    return {"alias": alias, "providerId": alias, "name": alias, "enabled": True, "priority": priority}


def _step(alias: str, priority: int, enabled: bool) -> dict[str, Any]:
    config = {"step_url": STEP_URL}
    return _native(alias, priority) | {"enabled": enabled, "defaultAction": False, "config": config}


def _account(client_id: str, **roles: list[str]) -> dict[str, Any]:
    return {
        "username": f"service-account-{client_id}",
        "enabled": True,
        "serviceAccountClientId": client_id,
        "clientRoles": roles,
    }
