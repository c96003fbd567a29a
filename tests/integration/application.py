"""An application of a realm made by ``kcb setup``: asks Keycloak who somebody is, and what it is told."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.integration.kcb_realm import KcbRealm
from tests.support.walker import Walker

__all__ = ["PASSWORD", "Tokens", "account_console", "claims", "log_in"]

PASSWORD = "Printemps-2026!"
VERIFIER = "v" * 64


@dataclass
class Tokens:
    """What an application got."""

    realm: KcbRealm
    answer: dict[str, Any]
    """The token endpoint's."""

    @property
    def access(self) -> str:
        found: str = self.answer["access_token"]
        return found

    @property
    def told(self) -> dict[str, dict[str, Any]]:
        """Claims by where the application reads them."""
        address = f"{self.realm.settings.issuer}/protocol/openid-connect/userinfo"
        userinfo = requests.get(address, headers={"Authorization": f"Bearer {self.access}"}, timeout=20)
        return {
            "ID token": claims(self.answer["id_token"]),
            "userinfo": userinfo.json(),
            "access token": claims(self.access),
        }


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return decoded


def log_in(
    realm: KcbRealm,
    username: str,
    scope: str = "openid",
    client: str = "ent-demo",
    redirect_uri: str = "http://ent.test/cb",
) -> Tokens:
    """Logs somebody with :data:`PASSWORD` in, in a browser of their own, and fetches the tokens."""
    endpoint = f"{realm.settings.issuer}/protocol/openid-connect"
    question = {
        "client_id": client,
        "response_type": "code",
        "scope": scope,
        "redirect_uri": redirect_uri,
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    walker = Walker()
    address = requests.Request("GET", f"{endpoint}/auth", params=question).prepare().url or ""
    page = walker.log_in(
        walker.get(address), username, PASSWORD, stop=lambda url: url.startswith(redirect_uri)
    )
    (code,) = parse_qs(urlsplit(page.location).query)["code"]
    exchange = {"grant_type": "authorization_code", "client_id": client, "code": code}
    exchange |= {"redirect_uri": redirect_uri, "code_verifier": VERIFIER}
    return Tokens(realm, requests.post(f"{endpoint}/token", data=exchange, timeout=20).json())


def account_console(realm: KcbRealm, username: str) -> requests.Session:
    """Keycloak's account API as the person's own browser calls it; relative to ``{issuer}/account``."""
    token = log_in(realm, username, "openid", "account-console", f"{realm.settings.issuer}/account/").access
    session = requests.Session()
    session.headers.update({"Accept": "application/json", "Authorization": f"Bearer {token}"})
    return session
