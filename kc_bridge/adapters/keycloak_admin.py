"""Keycloak's Admin API as ``kcb setup`` uses it: documents in, documents out, as an administrator of the server.

The administrator's credentials live in this object only, for as long as the command runs.
"""

from __future__ import annotations

import time
from typing import Any

import requests

from kc_bridge.adapters.http import json_object, send
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable

__all__ = ["KeycloakAdmin"]

RENEW_BEFORE = 15
"""Seconds: an administrator's token lives 60 s by default."""


class KeycloakAdmin:
    """Calls below ``{url}/admin``; ``url`` is the address the bridge reaches Keycloak by.

    Every call raises :class:`KeycloakUnavailable` when the server does not answer, and :class:`ConfigurationError`
    when it refuses the credentials or the document.
    """

    def __init__(self, url: str, username: str, password: str, timeout: float) -> None:
        self._url = url
        self._username = username
        self._password = password
        self._timeout = timeout
        self._token = ""
        self._renew_at = 0.0

    def get(self, path: str, **query: str) -> Any:
        """The document at ``path``; None when there is none."""
        response = self._call("GET", path, query=query)
        if response.status_code == 404:
            return None
        self._accepted(response, path)
        return response.json()

    def post(self, path: str, body: Any) -> None:
        """Creates."""
        self._accepted(self._call("POST", path, body=body), path)

    def put(self, path: str, body: Any = None) -> None:
        """Replaces."""
        self._accepted(self._call("PUT", path, body=body), path)

    def delete(self, path: str, body: Any = None) -> None:
        """Removes."""
        self._accepted(self._call("DELETE", path, body=body), path)

    def _call(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None
    ) -> requests.Response:
        request = requests.Request(
            method,
            f"{self._url}/admin/{path}",
            params=query,
            json=body,
            headers={"Authorization": f"Bearer {self._bearer()}"},
        )
        response = self._send(request)
        if response.status_code in {401, 403}:
            raise ConfigurationError(
                f"Keycloak does not let « {self._username} » do {method} {path}.",
                "Use an account with the role « admin » of the realm « master ».",
            )
        return response

    def _send(self, request: requests.Request) -> requests.Response:
        try:
            return send(request, self._timeout)
        except KeycloakUnavailable as error:
            raise KeycloakUnavailable(f"Keycloak does not answer at {self._url} ({error})") from None

    def _accepted(self, response: requests.Response, path: str) -> None:
        if not response.ok:
            raise ConfigurationError(
                f"Keycloak refuses {response.request.method} {path}: {_reason(response)}",
                "Correct that setting, or report it with the versions « kcb doctor » prints.",
            )

    def _bearer(self) -> str:
        if time.monotonic() >= self._renew_at:
            self._log_in()
        return self._token

    def _log_in(self) -> None:
        asked_at = time.monotonic()
        response = self._send(
            requests.Request(
                "POST",
                f"{self._url}/realms/master/protocol/openid-connect/token",
                data={
                    "grant_type": "password",
                    "client_id": "admin-cli",
                    "username": self._username,
                    "password": self._password,
                },
            )
        )
        answer = json_object(response)
        if not response.ok:
            raise ConfigurationError(
                f"Keycloak refuses the administrator « {self._username} »: {answer.get('error_description')}",
                "Give the account of an administrator of the realm « master », without a second factor.",
            )
        self._token = str(answer["access_token"])
        lifetime = float(answer.get("expires_in", 60))
        self._renew_at = asked_at + max(lifetime - RENEW_BEFORE, lifetime / 2)


def _reason(response: requests.Response) -> str:
    try:
        answer = json_object(response)
    except KeycloakUnavailable:
        return f"status {response.status_code}"
    return str(answer.get("errorMessage") or answer.get("error_description") or answer.get("error") or answer)
