"""The directory on Keycloak's Admin API, by python-keycloak.

It works on a stock server. What the plain Admin API cannot give: a fence against a stale writer, and an update that
leaves what others write in the same instant (a PUT with attributes alone wipes mail and names, so the user is read,
merged and written whole).

Nor does it tell who is an administrator: seeing the roles of realm-management takes view-clients, which would show us
every application's secret. So the JAR is asked before each write; without the JAR, the mark alone protects.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakConnectionError, KeycloakError
from requests import Request, Response
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from kc_bridge.adapters.http import json_object, send
from kc_bridge.adapters.tokens import ClientCredentials
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable, NotOwned
from kc_bridge.ports import DirectoryConflict, DirectoryRefused, DirectoryUser
from kc_bridge.settings import Settings

__all__ = ["SYNC_CLIENT", "KeycloakDirectory"]

SYNC_CLIENT = "kc-bridge-sync"
OWNER = "kcbKey"
DIGEST = "kcbDigest"
ATTEMPTS = 4
LONGEST_WAIT = 10.0
"""Seconds: a Retry-After beyond that ends the attempts, the next run goes on."""
RETRY_LATER = frozenset({408, 429, 500, 502, 503, 504})

T = TypeVar("T")


class _Busy(KeycloakUnavailable):
    """A failure worth another attempt; ``retry_after`` in seconds, when Keycloak says."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


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
    """Turns « not now » into :class:`_Busy` while headers are still at hand."""
    if response.status_code in RETRY_LATER:
        after = response.headers.get("Retry-After", "")
        raise _Busy(f"status {response.status_code}", float(after) if after.isdigit() else None)
    if response.status_code == 200 and "json" not in response.headers.get("Content-Type", ""):
        raise _Busy("status 200 without JSON: is a proxy in between?")
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
        return isinstance(error, _Busy) and (error.retry_after or 0) > LONGEST_WAIT


class KeycloakDirectory:
    """Meets :class:`kc_bridge.ports.Directory`; one connection per thread, one token for all."""

    def __init__(self, settings: Settings, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._credentials = ClientCredentials(settings, SYNC_CLIENT)
        self._local = threading.local()
        self._retrying = Retrying(
            retry=retry_if_exception_type(_Busy),
            stop=stop_after_attempt(ATTEMPTS) | _OutOfPatience(),
            wait=_RetryAfter(),
            reraise=True,
            sleep=sleep,
        )

    def find(self, user: DirectoryUser) -> str | None:
        """See :meth:`kc_bridge.ports.Directory.find`."""
        found = self._by_username(user.username)
        return str(found["id"]) if found and _owner(found) == user.key else None

    def create(self, user: DirectoryUser) -> str:
        """See :meth:`kc_bridge.ports.Directory.create`."""
        body = _representation(user, {})
        body["attributes"] |= {name: list(values) for name, values in user.first_attributes.items()}
        body |= {"enabled": user.enabled, "requiredActions": list(user.required_actions)}
        try:
            return str(self._call(lambda admin: admin.create_user(body)))
        except _Exists as error:
            # Ours already, when the answer of an earlier attempt was lost: its content is written again.
            found = self._by_username(user.username)
            if found is None:
                raise DirectoryConflict(f"{error} (mail {user.email})") from None
            if _owner(found) != user.key:
                raise DirectoryConflict(
                    f"the username {user.username} belongs to a user that is not ours"
                ) from None
            self._write(str(found["id"]), user, enabled=user.enabled or None)
            return str(found["id"])

    def update(self, user_id: str, user: DirectoryUser) -> None:
        """See :meth:`kc_bridge.ports.Directory.update`."""
        self._write(user_id, user, enabled=None)

    def enable(self, user_id: str, user: DirectoryUser) -> None:
        """See :meth:`kc_bridge.ports.Directory.enable`."""
        self._write(user_id, user, enabled=True)

    def disable(self, user_id: str, user: DirectoryUser) -> None:
        """See :meth:`kc_bridge.ports.Directory.disable`.

        First closed, then logged out, so that no session can begin in between. The logout ends online sessions and
        sets the user's notBefore; offline sessions are removed by hand, because notBefore counts whole seconds and
        would leave a token of the same second alive once the account is opened again.
        """
        self._write(user_id, user, enabled=False)
        self._call(lambda admin: admin.user_logout(user_id))
        for consent in self._call(lambda admin: admin.user_consents(user_id)):
            if consent.get("additionalGrants"):
                self._revoke(user_id, quote(consent["clientId"], safe=""))

    def _revoke(self, user_id: str, client_id: str) -> None:
        # Gone already when the answer of an earlier attempt was lost.
        with suppress(_Missing):
            self._call(lambda admin: admin.revoke_consent(user_id, client_id))

    def _write(self, user_id: str, user: DirectoryUser, enabled: bool | None) -> None:
        found = self._call(lambda admin: admin.get_user(user_id))
        if _owner(found) != user.key or found.get("serviceAccountClientId"):
            raise NotOwned
        self._call(lambda _: self._refuse_administrators(user_id))
        body = _representation(user, found.get("attributes") or {})
        if enabled is not None:
            body["enabled"] = enabled
        try:
            self._call(lambda admin: admin.update_user(user_id, body))
        except _Exists as error:
            raise DirectoryConflict(str(error)) from None

    def _refuse_administrators(self, user_id: str) -> None:
        """Raises :class:`NotOwned` when the JAR says so."""
        settings = self._settings
        url = f"{settings.keycloak_url}/realms/{settings.realm}/kcb/users/{user_id}/owned"
        headers = {"Authorization": f"Bearer {self._credentials.token()}"}
        response = send(Request("GET", url, headers=headers), settings.keycloak_timeout.total_seconds())
        if response.status_code in {204, 404}:  # 404: no JAR, or a user the write itself will miss
            return
        if response.status_code == 401:
            self._credentials.forget()
            raise _Busy("token revoked before its time")
        if json_object(response).get("error") == "not_owned":
            raise NotOwned
        raise ConfigurationError(
            f"Keycloak does not tell « {SYNC_CLIENT} » whose a user is ({response.status_code}).",
            "Run: kcb setup, then kcb doctor.",
        )

    def _by_username(self, username: str) -> Mapping[str, Any] | None:
        users = self._call(lambda admin: admin.get_users({"username": username, "exact": True, "max": 2}))
        return next((found for found in users if found["username"] == username.lower()), None)

    def _call(self, ask: Callable[[KeycloakAdmin], T]) -> T:
        """Asks, again where Keycloak may answer better; every caller's request may be repeated without harm."""
        return self._retrying(self._once, ask)

    def _once(self, ask: Callable[[KeycloakAdmin], T]) -> T:
        try:
            return ask(self._admin())
        except KeycloakConnectionError as error:
            raise _Busy(type(error.__cause__ or error).__name__) from None
        except KeycloakError as error:
            raise _meaning(error) from None
        except (ConfigurationError, _Busy):
            raise
        except KeycloakUnavailable as error:
            raise _Busy(error.reason) from None

    def _admin(self) -> KeycloakAdmin:
        admin = getattr(self._local, "admin", None)
        if admin is None:
            admin = self._local.admin = KeycloakAdmin(
                connection=_Connection(self._settings, self._credentials)
            )
        return admin


class _Missing(DirectoryRefused):
    """404."""


class _Exists(Exception):
    """409: a username or mail is taken."""


def _meaning(error: KeycloakError) -> Exception:
    code = error.response_code
    text = _message(error)
    if code == 409:
        return _Exists(text)
    if code == 404:
        return _Missing("Keycloak no longer has this user: somebody deleted it by hand")
    if code in {401, 403}:
        return ConfigurationError(
            f"Keycloak does not let « {SYNC_CLIENT} » do this ({code}).", "Run: kcb setup, then kcb doctor."
        )
    if code == 400:
        return DirectoryRefused(text)
    return _Busy(f"status {code}: {text}")


def _message(error: KeycloakError) -> str:
    try:
        answer = json.loads(error.response_body or b"")
        errors = answer.get("errors") or [answer]
        return "; ".join(
            " ".join(str(part) for part in (e.get("field"), e.get("errorMessage")) if part) for e in errors
        )
    except (ValueError, AttributeError):
        return f"status {error.response_code}"


def _owner(found: Mapping[str, Any]) -> str | None:
    return next(iter(found.get("attributes", {}).get(OWNER, [])), None)


def _representation(user: DirectoryUser, attributes: Mapping[str, list[str]]) -> dict[str, Any]:
    """What is written: ours over what is there; an attribute of ours without value is removed."""
    merged = dict(attributes)
    for name, values in user.attributes.items():
        merged.pop(name, None)
        if values:
            merged[name] = list(values)
    merged |= {OWNER: [user.key], DIGEST: [user.digest]}
    return {
        "username": user.username,
        "email": user.email,
        "emailVerified": True,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "attributes": merged,
    }
