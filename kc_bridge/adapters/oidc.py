"""OpenID Connect towards browsers: who is logged in here (``prompt=none``), and logout."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from kc_bridge.adapters.http import json_object, send
from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.adapters.tokens import client_assertion
from kc_bridge.domain.errors import KeycloakUnavailable, LoginGone
from kc_bridge.settings import Settings

__all__ = ["LoggedIn", "Oidc", "Question"]

CLIENT = "kc-bridge-web"


@dataclass(frozen=True)
class Question:
    """What must be kept in the browser's session until the answer comes."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class LoggedIn:
    """Who holds the browser's Keycloak session."""

    user_id: str
    username: str
    id_token: str


class Oidc:
    """Asks Keycloak who is logged in, as ``kc-bridge-web``, without showing anything."""

    def __init__(self, settings: Settings, keys: RealmKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._public = f"{settings.keycloak_public_url}/realms/{settings.realm}/protocol/openid-connect"
        self._internal = f"{settings.keycloak_url}/realms/{settings.realm}/protocol/openid-connect"
        self._redirect_uri = f"{settings.public_url}/oidc/silent"

    def question(self) -> Question:
        """A ``prompt=none`` request; the answer comes to ``/oidc/silent``."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        query = {
            "client_id": CLIENT,
            "redirect_uri": self._redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "prompt": "none",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return Question(f"{self._public}/auth?{urlencode(query)}", state, nonce, verifier)

    def answer(self, code: str, nonce: str, verifier: str) -> LoggedIn:
        """Who the ``code`` stands for.

        Raises :class:`LoginGone` for a code that was used or is too old (its first answer was lost),
        :class:`KeycloakUnavailable` for every other answer that is not a valid one.
        """
        response = send(
            requests.Request(
                "POST",
                f"{self._internal}/token",
                data={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": self._redirect_uri,
                    "code_verifier": verifier,
                    **client_assertion(self._settings, CLIENT),
                },
            ),
            timeout=self._settings.keycloak_timeout.total_seconds(),
        )
        answer = json_object(response)
        if answer.get("error") == "invalid_grant":
            raise LoginGone
        if response.status_code != 200 or "id_token" not in answer:
            raise KeycloakUnavailable(f"code refused: {answer.get('error')}")
        claims = self._claims(answer["id_token"], nonce)
        return LoggedIn(claims["sub"], claims.get("preferred_username", ""), answer["id_token"])

    def logout_url(self, id_token: str) -> str:
        """Ends the browser's Keycloak session and comes back to ``/oidc/logged-out`` (RP-initiated logout)."""
        query = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": f"{self._settings.public_url}/oidc/logged-out",
            "client_id": CLIENT,
        }
        return f"{self._public}/logout?{urlencode(query)}"

    def _claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """Straight from the token endpoint over our own connection: still checked, OIDC Core 3.1.3.7."""
        from joserfc import jws
        from joserfc.errors import JoseError
        from joserfc.jwt import JWTClaimsRegistry

        try:
            kid = jws.extract_compact(id_token.encode()).headers().get("kid", "")
            claims = self._keys.verified(id_token, kid).claims
            JWTClaimsRegistry(
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": CLIENT},
                exp={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise KeycloakUnavailable(f"id token refused: {error}") from None
        return claims
