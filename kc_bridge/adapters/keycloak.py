"""The directory on Keycloak's Admin API, by python-keycloak: user by user.

It works on a stock server. What the plain Admin API cannot give: a fence against a run that lost its turn (``fence`` is
ignored); an update that leaves what others write in the same instant (a PUT with attributes alone wipes mail and names,
so the user is read, merged and written whole); a quick way to find a user by our mark, so one whose id we never heard is
looked for by its username.

Nor does it tell who is an administrator: seeing the roles of realm-management takes view-clients, which would show us
every application's secret. So the JAR is asked before each write; without the JAR, the mark alone protects.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakConnectionError, KeycloakError
from requests import Request, Response
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from kc_bridge.adapters.http import RETRY_LATER, json_object, retry_after, send
from kc_bridge.adapters.tokens import ClientCredentials
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable, NotOwned
from kc_bridge.ports import DirectoryUser, Held, Result, Status, Write, WriteKind
from kc_bridge.settings import Settings

__all__ = ["SYNC_CLIENT", "KeycloakDirectory"]

SYNC_CLIENT = "kc-bridge-sync"
OWNER = "kcbKey"
DIGEST = "kcbDigest"
ATTEMPTS = 2
"""Of one request: a user takes several, and one that failed is cheaper to repeat than the whole request of the run."""
LONGEST_WAIT = 2.0
"""Seconds: whoever asks for more is answered by the run, which slows down or ends."""
PAGE = 100
"""Users of one page: reading larger ones takes Keycloak longer for each."""

T = TypeVar("T")


class _Busy(KeycloakUnavailable):
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
        raise _Busy(f"status {response.status_code}", retry_after(response.headers))
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

    batch = 10

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

    def write(self, writes: Sequence[Write], fence: int) -> list[Result]:  # noqa: ARG002
        """See :meth:`kc_bridge.ports.Directory.write`; unfenced."""
        return [self._result(write) for write in writes]

    def digests(self) -> Iterator[Held]:
        """See :meth:`kc_bridge.ports.Directory.digests`. By pages: one that is deleted meanwhile hides another."""
        first = 0
        while page := self._page(first):
            for found in page:
                owner = _first(found, OWNER)
                if owner and not found.get("serviceAccountClientId"):
                    enabled = bool(found["enabled"])
                    yield Held(found["id"], owner, found["username"], enabled, _first(found, DIGEST))
            first += PAGE

    def _page(self, first: int) -> list[dict[str, Any]]:
        query = {"first": first, "max": PAGE, "briefRepresentation": False}
        return list(self._call(lambda admin: admin.get_users(query)))

    def _result(self, write: Write) -> Result:
        try:
            if write.kind is WriteKind.CREATE:
                return self._create(write.user)
            user_id = write.user_id or self._find(write.user)
            if user_id is None:
                return Result(Status.ABSENT)
            return self._change(write.kind, user_id, write.user)
        except _Refused as refusal:
            return Result(refusal.status, reason=refusal.reason)
        except NotOwned:
            return Result(Status.NOT_OWNED, reason="it belongs to somebody else or to an administrator")

    def _change(self, kind: WriteKind, user_id: str, user: DirectoryUser) -> Result:
        if kind is WriteKind.DELETE:
            return self._delete(user_id, user)
        if kind is WriteKind.ENABLE:
            self._write(user_id, user, enabled=True)
            return Result(Status.ENABLED, user_id)
        if kind is WriteKind.DISABLE:
            self._disable(user_id, user)
            return Result(Status.DISABLED, user_id)
        self._write(user_id, user, enabled=None)
        return Result(Status.UPDATED, user_id)

    def _find(self, user: DirectoryUser) -> str | None:
        found = self._by_username(user.username)
        return str(found["id"]) if found and _first(found, OWNER) == user.key else None

    def _create(self, user: DirectoryUser) -> Result:
        body = _representation(user, {})
        body["attributes"] |= {name: list(values) for name, values in user.first_attributes.items()}
        body |= {"enabled": user.enabled, "requiredActions": list(user.required_actions)}
        try:
            return Result(Status.CREATED, str(self._call(lambda admin: admin.create_user(body))))
        except _Exists as error:
            # Ours already, when the answer of an earlier attempt was lost: its content is written again.
            found = self._by_username(user.username)
            if found is None:
                raise _Refused(Status.CONFLICT, f"{error} (mail {user.email})") from None
            if _first(found, OWNER) != user.key:
                taken = f"the username {user.username} belongs to a user that is not ours"
                raise _Refused(Status.CONFLICT, taken) from None
            self._write(str(found["id"]), user, enabled=user.enabled or None)
            return Result(Status.UPDATED, str(found["id"]))

    def _disable(self, user_id: str, user: DirectoryUser) -> None:
        """First closed, then logged out, so that no session can begin in between.

        The logout ends online sessions and sets the user's notBefore; offline sessions are removed by hand, because
        notBefore counts whole seconds and would leave a token of the same second alive once the account is opened
        again.
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

    def _delete(self, user_id: str, user: DirectoryUser) -> Result:
        try:
            if self._own(user_id, user)["enabled"]:
                raise _Refused(Status.INVALID, "the account is open")
            self._call(lambda admin: admin.delete_user(user_id))
        except _Missing:
            return Result(Status.ABSENT, user_id)
        return Result(Status.DELETED, user_id)

    def _write(self, user_id: str, user: DirectoryUser, enabled: bool | None) -> None:
        body = _representation(user, self._own(user_id, user).get("attributes") or {})
        if enabled is not None:
            body["enabled"] = enabled
        try:
            self._call(lambda admin: admin.update_user(user_id, body))
        except _Exists as error:
            raise _Refused(Status.CONFLICT, str(error)) from None

    def _own(self, user_id: str, user: DirectoryUser) -> Mapping[str, Any]:
        """The user as it is; raises :class:`NotOwned`."""
        found: Mapping[str, Any] = self._call(lambda admin: admin.get_user(user_id))
        if _first(found, OWNER) != user.key or found.get("serviceAccountClientId"):
            raise NotOwned
        self._call(lambda _: self._refuse_administrators(user_id))
        return found

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
            raise _Busy(error.reason, error.retry_after) from None

    def _admin(self) -> KeycloakAdmin:
        admin = getattr(self._local, "admin", None)
        if admin is None:
            admin = self._local.admin = KeycloakAdmin(
                connection=_Connection(self._settings, self._credentials)
            )
        return admin


class _Refused(Exception):
    """This write cannot be done; ``reason`` is for an operator."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class _Missing(_Refused):
    """404."""


class _Exists(Exception):
    """409: a username or mail is taken."""


def _meaning(error: KeycloakError) -> Exception:
    code = error.response_code
    text = _message(error)
    if code == 409:
        return _Exists(text)
    if code == 404:
        return _Missing(Status.ABSENT, "Keycloak no longer has this user: somebody deleted it by hand")
    if code in {401, 403}:
        return ConfigurationError(
            f"Keycloak does not let « {SYNC_CLIENT} » do this ({code}).", "Run: kcb setup, then kcb doctor."
        )
    if code == 400:
        return _Refused(Status.INVALID, text)
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


def _first(found: Mapping[str, Any], attribute: str) -> str | None:
    return next(iter(found.get("attributes", {}).get(attribute, [])), None)


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
