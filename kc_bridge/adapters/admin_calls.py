"""Asking Keycloak's Admin API through python-keycloak: bounded patience, our tokens, and answers that mean something."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakConnectionError, KeycloakError
from requests import Response
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from kc_bridge.adapters.http import RETRY_LATER, retry_after
from kc_bridge.adapters.patience import be_patient
from kc_bridge.adapters.tokens import ClientCredentials
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable
from kc_bridge.ports import Status
from kc_bridge.settings import Settings

__all__ = ["SYNC_CLIENT", "AdminCalls", "Busy", "Exists", "Missing", "Refused"]

SYNC_CLIENT = "kc-bridge-sync"
ATTEMPTS = 2
"""Of one request: a user takes several, and one that failed is cheaper to repeat than the whole request of the run."""
LONGEST_WAIT = 2.0
"""Seconds: whoever asks for more is answered by the run, which slows down or ends."""

T = TypeVar("T")


class Busy(KeycloakUnavailable):
    """A failure worth another attempt."""


class _Connection(KeycloakOpenIDConnection):
    """python-keycloak's connection with our private_key_jwt tokens, which it has no way to ask for itself."""

    def __init__(self, settings: Settings, credentials: ClientCredentials) -> None:
        self._credentials = credentials
        super().__init__(
            server_url=settings.keycloak_url + "/",
            realm_name=settings.realm,
            client_id=SYNC_CLIENT,
            timeout=max(1, round(settings.keycloak_timeout.total_seconds())),
            max_retries=0,  # python-keycloak would send a POST twice
        )
        self._s.trust_env = False
        be_patient(self._s)

    def _refresh_if_required(self) -> None:
        self.add_param_headers("Authorization", f"Bearer {self._credentials.token()}")

    def refresh_token(self) -> None:
        """Called after a 401: the token was revoked before its time."""
        self._credentials.forget()
        self._refresh_if_required()

    def raw_get(self, *args: Any, **kwargs: Any) -> Response:
        return _checked(super().raw_get(*args, **kwargs))

    def raw_post(self, *args: Any, **kwargs: Any) -> Response:
        return _checked(super().raw_post(*args, **kwargs))

    def raw_put(self, *args: Any, **kwargs: Any) -> Response:
        return _checked(super().raw_put(*args, **kwargs))

    def raw_delete(self, *args: Any, **kwargs: Any) -> Response:
        return _checked(super().raw_delete(*args, **kwargs))


def _checked(response: Response) -> Response:
    """Turns « not now » into :class:`Busy` while headers are still at hand."""
    if response.status_code in RETRY_LATER:
        raise Busy(f"status {response.status_code}", retry_after(response.headers))
    if response.status_code == 200 and "json" not in response.headers.get("Content-Type", ""):
        raise Busy("status 200 without JSON: is a proxy in between?")
    return response


class _RetryAfter(wait_base):
    """As long as Keycloak asks, else a growing moment."""

    def __init__(self) -> None:
        self._otherwise = wait_random_exponential(multiplier=0.2, max=3.0)

    def __call__(self, retry_state: Any) -> float:
        error = retry_state.outcome.exception()
        return error.retry_after if error.retry_after is not None else self._otherwise(retry_state)


class _OutOfPatience(stop_base):
    """Keycloak asks for more time than a run should wait."""

    def __call__(self, retry_state: Any) -> bool:
        error = retry_state.outcome.exception()
        return isinstance(error, Busy) and (error.retry_after or 0) > LONGEST_WAIT


class Refused(Exception):
    """This write cannot be done; ``reason`` is for an operator."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Missing(Refused):
    """404."""


class Exists(Exception):
    """409: a username or mail is taken."""


class AdminCalls:
    """One connection per thread, one token for all."""

    def __init__(self, settings: Settings, sleep: Callable[[float], None] = time.sleep) -> None:
        self.credentials = ClientCredentials(settings, SYNC_CLIENT)
        self._settings = settings
        self._local = threading.local()
        self._retrying = Retrying(
            retry=retry_if_exception_type(Busy),
            stop=stop_after_attempt(ATTEMPTS) | _OutOfPatience(),
            wait=_RetryAfter(),
            reraise=True,
            sleep=sleep,
        )

    def __call__(self, ask: Callable[[KeycloakAdmin], T]) -> T:
        """Asks, again where Keycloak may answer better; every caller's request may be repeated without harm."""
        return self._retrying(self._once, ask)

    def _once(self, ask: Callable[[KeycloakAdmin], T]) -> T:
        try:
            return ask(self._admin())
        except KeycloakConnectionError as error:
            raise Busy(type(error.__cause__ or error).__name__) from None
        except KeycloakError as error:
            raise _meaning(error) from None
        except (ConfigurationError, Busy):
            raise
        except KeycloakUnavailable as error:
            raise Busy(error.reason, error.retry_after) from None

    def _admin(self) -> KeycloakAdmin:
        admin = getattr(self._local, "admin", None)
        if admin is None:
            admin = self._local.admin = KeycloakAdmin(
                connection=_Connection(self._settings, self.credentials)
            )
        return admin


def _meaning(error: KeycloakError) -> Exception:
    code = error.response_code
    text = _message(error)
    if code == 409:
        return Exists(text)
    if code == 404:
        return Missing(Status.ABSENT, "Keycloak no longer has this user: somebody deleted it by hand")
    if code in {401, 403}:
        return ConfigurationError(
            f"Keycloak does not let « {SYNC_CLIENT} » do this ({code}).", "Run: kcb setup, then kcb doctor."
        )
    if code == 400:
        return Refused(Status.INVALID, text)
    return Busy(f"status {code}: {text}")


def _message(error: KeycloakError) -> str:
    try:
        answer = json.loads(error.response_body or b"")
        errors = answer.get("errors") or [answer]
        return "; ".join(
            " ".join(str(part) for part in (e.get("field"), e.get("errorMessage")) if part) for e in errors
        )
    except (ValueError, AttributeError):
        return f"status {error.response_code}"
