"""One way to call Keycloak over HTTP: bounded in time, and every failure a :class:`KeycloakUnavailable`."""

from __future__ import annotations

import threading
from typing import Any

import requests

from kc_bridge.domain.errors import KeycloakUnavailable

__all__ = ["json_object", "send"]

_local = threading.local()
RETRY_LATER = frozenset({408, 429, 500, 502, 503, 504})


def send(request: requests.Request, timeout: float) -> requests.Response:
    """Sends once, on a connection kept per thread; raises :class:`KeycloakUnavailable` for faults of the server.

    Never repeats by itself: only the caller knows whether its request may be sent twice.
    """
    session = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False  # a proxy for the outside must not see the back channel
    try:
        response: requests.Response = session.send(
            session.prepare_request(request), timeout=timeout, allow_redirects=False
        )
    except requests.RequestException as error:
        raise KeycloakUnavailable(type(error).__name__) from None
    if response.status_code in RETRY_LATER:
        raise KeycloakUnavailable(f"status {response.status_code}")
    return response


def json_object(response: requests.Response) -> dict[str, Any]:
    """The answer's JSON object; a page of HTML with status 200 is a broken proxy, not an answer."""
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        raise KeycloakUnavailable(f"status {response.status_code} without JSON") from None
    if not isinstance(answer, dict):
        raise KeycloakUnavailable(f"status {response.status_code} with JSON that is no object")
    return answer
