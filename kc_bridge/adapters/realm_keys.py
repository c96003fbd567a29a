"""The realm's public keys, as its JWKS publishes them."""

from __future__ import annotations

import threading
import time
from typing import Any

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import Token

from kc_bridge.adapters.http import json_object, send
from kc_bridge.settings import Settings

__all__ = ["RealmKeys"]

REFETCH_PAUSE = 5.0
"""Seconds after a fetch in vain: forged tokens with invented key ids must not make us hammer Keycloak."""


class RealmKeys:
    """Verifies tokens signed by the realm; refetches the keys once when a token names one not yet seen."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.keycloak_url}/realms/{settings.realm}/protocol/openid-connect/certs"
        self._timeout = settings.keycloak_timeout.total_seconds()
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._known: frozenset[str] = frozenset()
        self._in_vain_at = float("-inf")

    def verified(self, token: str, kid: str) -> Token:
        """The token, its RS256 signature checked; its claims are for the caller to check.

        Raises ``joserfc.errors.JoseError`` or ``ValueError`` for a bad token,
        :class:`KeycloakUnavailable` when keys are needed and Keycloak does not answer.
        """
        keys = self._keys_with(kid)
        if keys is None:
            raise JoseError(description="unknown key")
        return jwt.decode(token, keys, algorithms=["RS256"])

    def _keys_with(self, kid: str) -> KeySet | None:
        with self._lock:
            if kid not in self._known and time.monotonic() - self._in_vain_at >= REFETCH_PAUSE:
                self._fetch()
                if kid not in self._known:
                    self._in_vain_at = time.monotonic()
            return self._keys if kid in self._known else None

    def _fetch(self) -> None:
        answer = json_object(send(requests.Request("GET", self._url), self._timeout))
        signing: list[dict[str, Any]] = [key for key in answer.get("keys", []) if key.get("use") == "sig"]
        self._keys = KeySet.import_key_set({"keys": signing})
        self._known = frozenset(key["kid"] for key in signing)
