"""Access tokens for our own service accounts, by a signed assertion instead of a shared secret (RFC 7523)."""

from __future__ import annotations

import secrets
import threading
import time

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from kc_bridge.adapters.http import json_object, send
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable
from kc_bridge.realm.keys import load_signing_key
from kc_bridge.settings import Settings

__all__ = ["ASSERTION_TYPE", "ClientCredentials", "client_assertion"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME = 60
RENEW_BEFORE = 15
"""Seconds before its end at which a token is renewed: Keycloak's live 60 s by default, and one that ends during
a call costs a failure."""


def client_assertion(settings: Settings, client_id: str) -> dict[str, str]:
    """The form fields that authenticate ``client_id`` at the token endpoint.

    The audience is the realm's issuer, which Keycloak accepts whichever address it was reached by.
    """
    key: RSAKey = load_signing_key(settings.keys_dir, client_id)
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": settings.issuer,
        "jti": secrets.token_urlsafe(24),
        "iat": now,
        "exp": now + ASSERTION_LIFETIME,
    }
    assertion = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
    return {"client_id": client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


class ClientCredentials:
    """The current access token of one service account; safe to share between threads."""

    def __init__(self, settings: Settings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0
        self._failure: KeycloakUnavailable | None = None

    def token(self) -> str:
        """A token good for some seconds more.

        Raises :class:`KeycloakUnavailable` when Keycloak does not answer and :class:`ConfigurationError` when it
        refuses the client.
        """
        known = self._failure
        with self._lock:
            if time.monotonic() >= self._renew_at:
                failed = self._failure
                if failed is not None and failed is not known:
                    # While we waited for it: if each asked again in turn, the last would wait for all their patience.
                    raise KeycloakUnavailable(failed.reason, failed.retry_after)
                try:
                    self._fetch()
                except KeycloakUnavailable as error:
                    self._failure = error
                    raise
            return self._token

    def forget(self) -> None:
        """Drops a token Keycloak no longer accepts (its keys were rotated, it was restarted)."""
        with self._lock:
            self._renew_at = 0.0

    def _fetch(self) -> None:
        settings = self._settings
        url = f"{settings.keycloak_url}/realms/{settings.realm}/protocol/openid-connect/token"
        asked_at = time.monotonic()
        response = send(
            requests.Request(
                "POST",
                url,
                data={"grant_type": "client_credentials", **client_assertion(settings, self._client_id)},
            ),
            timeout=settings.keycloak_timeout.total_seconds(),
        )
        answer = json_object(response)
        if response.status_code in {400, 401, 404}:
            raise ConfigurationError(
                f"Keycloak refuses the client « {self._client_id} » of realm « {settings.realm} »: "
                f"{answer.get('error_description') or answer.get('error')}",
                "Run: kcb setup (it writes the client and its public keys), then kcb doctor.",
            )
        if response.status_code != 200 or "access_token" not in answer:
            raise KeycloakUnavailable(f"status {response.status_code} without a token")
        self._token = str(answer["access_token"])
        lifetime = float(answer.get("expires_in", 60))
        self._renew_at = asked_at + max(lifetime - RENEW_BEFORE, lifetime / 2)
