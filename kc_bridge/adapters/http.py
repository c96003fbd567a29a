"""One way to call Keycloak over HTTP: bounded in time, and every failure a :class:`KeycloakUnavailable`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from kc_bridge.adapters.patience import be_patient
from kc_bridge.domain.errors import KeycloakUnavailable

__all__ = ["RETRY_LATER", "json_object", "retry_after", "send"]

_local = threading.local()
RETRY_LATER = frozenset({408, 429, 500, 502, 503, 504})


def send(request: requests.Request, timeout: float, *, stream: bool = False) -> requests.Response:
    """Sends once, on a connection kept per thread; raises :class:`KeycloakUnavailable` for faults of the server.

    Never repeats by itself: only the caller knows whether its request may be sent twice. ``timeout`` is for the whole, in
    seconds. ``stream`` leaves the body on the wire: the caller reads and closes it, for as long as it goes on.
    """
    session = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False  # a proxy for the outside must not see the back channel
        be_patient(session)
    try:
        response: requests.Response = session.send(
            session.prepare_request(request), timeout=timeout, allow_redirects=False, stream=stream
        )
    except requests.RequestException as error:
        raise KeycloakUnavailable(type(error).__name__) from None
    if response.status_code in RETRY_LATER:
        response.close()
        raise KeycloakUnavailable(f"status {response.status_code}", retry_after(response.headers))
    return response


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the header ``Retry-After`` asks for, which gives them or a date (RFC 9110, 10.2.3); None without it."""
    said = headers.get("Retry-After", "").strip()
    if said.isdigit():
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def json_object(response: requests.Response) -> dict[str, Any]:
    """The answer's JSON object; a page of HTML with status 200 is a broken proxy, not an answer."""
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        raise KeycloakUnavailable(f"status {response.status_code} without JSON") from None
    if not isinstance(answer, dict):
        raise KeycloakUnavailable(f"status {response.status_code} with JSON that is no object")
    return answer
