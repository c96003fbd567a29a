"""OpenID Connect towards browsers: who is logged in here (``prompt=none``), login, one step asked for, logout."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from kc_bridge.adapters.http import json_object, send
from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.adapters.tokens import client_assertion
from kc_bridge.domain.errors import KeycloakUnavailable, LoginGone
from kc_bridge.settings import Settings

__all__ = ["ACCOUNT_RETURN", "CLIENT", "LoggedIn", "Oidc", "Question"]

CLIENT = "kc-bridge-web"
SILENT = "/oidc/silent"
ACCOUNT_RETURN = "/compte/retour"
"""Where answers to :meth:`Oidc.login` come."""


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
    refresh_token: str = field(default="", repr=False)
    """Asks again whether the session lives; worth nothing without our client's private key."""


class Oidc:
    """Asks Keycloak who somebody is, as ``kc-bridge-web``."""

    def __init__(self, settings: Settings, keys: RealmKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._public = f"{settings.keycloak_public_url}/realms/{settings.realm}/protocol/openid-connect"
        self._internal = f"{settings.keycloak_url}/realms/{settings.realm}/protocol/openid-connect"

    def question(self) -> Question:
        """A ``prompt=none`` request, which shows nothing; the answer comes to ``/oidc/silent``."""
        return self._question(SILENT, {"prompt": "none"})

    def login(self, language: str, action: str | None = None) -> Question:
        """A login, seen by nobody who has a session; the answer comes to ``/compte/retour``.

        ``action``: a step Keycloak is asked for besides (``kc_action``), with whatever proof of presence it wants first.
        """
        asked = {"ui_locales": language} | ({"kc_action": action} if action else {})
        return self._question(ACCOUNT_RETURN, asked)

    def _question(self, redirect_path: str, more: dict[str, str]) -> Question:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        query = {
            "client_id": CLIENT,
            "redirect_uri": self._settings.public_url + redirect_path,
            "response_type": "code",
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
            **more,
        }
        return Question(f"{self._public}/auth?{urlencode(query)}", state, nonce, verifier)

    def answer(self, code: str, nonce: str, verifier: str, redirect_path: str = SILENT) -> LoggedIn:
        """Who the ``code`` stands for.

        Raises :class:`LoginGone` for a code that was used or is too old (its first answer was lost),
        :class:`KeycloakUnavailable` for every other answer that is not a valid one.
        """
        answer = self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._settings.public_url + redirect_path,
                "code_verifier": verifier,
            }
        )
        claims = self._claims(answer["id_token"], nonce)
        return LoggedIn(
            claims["sub"],
            claims.get("preferred_username", ""),
            answer["id_token"],
            answer.get("refresh_token", ""),
        )

    def still(self, who: LoggedIn) -> LoggedIn:
        """The same person, once Keycloak has said that their session lives and their account is enabled.

        Raises :class:`LoginGone` when either is over, :class:`KeycloakUnavailable`.
        """
        answer = self._tokens({"grant_type": "refresh_token", "refresh_token": who.refresh_token})
        claims = self._claims(answer["id_token"])
        if claims["sub"] != who.user_id:
            raise LoginGone
        return LoggedIn(
            who.user_id,
            claims.get("preferred_username", who.username),
            answer["id_token"],
            answer.get("refresh_token", who.refresh_token),
        )

    def logout_url(self, id_token: str, back_to: str = "/oidc/logged-out") -> str:
        """Ends the browser's Keycloak session and comes back to a path of ours (RP-initiated logout)."""
        query = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": self._settings.public_url + back_to,
            "client_id": CLIENT,
        }
        return f"{self._public}/logout?{urlencode(query)}"

    def _tokens(self, grant: dict[str, str]) -> dict[str, Any]:
        """The token endpoint's answer, which holds an id token. Never sent twice: codes and some tokens count once."""
        response = send(
            requests.Request(
                "POST",
                f"{self._internal}/token",
                data={**grant, **client_assertion(self._settings, CLIENT)},
            ),
            timeout=self._settings.keycloak_timeout.total_seconds(),
        )
        answer = json_object(response)
        if answer.get("error") == "invalid_grant":
            raise LoginGone
        if response.status_code != 200 or "id_token" not in answer:
            raise KeycloakUnavailable(f"{grant['grant_type']} refused: {answer.get('error')}")
        return answer

    def _claims(self, id_token: str, nonce: str | None = None) -> dict[str, Any]:
        """Straight from the token endpoint over our own connection: still checked, OIDC Core 3.1.3.7 and 12.2."""
        from joserfc import jws
        from joserfc.errors import JoseError
        from joserfc.jwt import JWTClaimsRegistry

        try:
            kid = jws.extract_compact(id_token.encode()).headers().get("kid", "")
            claims = self._keys.verified(id_token, kid).claims
            asked: dict[str, Any] = {"nonce": {"essential": True, "value": nonce}} if nonce else {}
            JWTClaimsRegistry(
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": CLIENT},
                exp={"essential": True},
                sub={"essential": True},
                **asked,
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise KeycloakUnavailable(f"id token refused: {error}") from None
        return claims
