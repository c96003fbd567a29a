"""The directory on Keycloak's Admin API, by python-keycloak: user by user.

It works on a stock server. What the plain Admin API cannot give: a fence against a run that lost its turn (``fence`` is
ignored); an update that leaves what others write in the same instant (a PUT with attributes alone wipes mail and names,
so the user is read, merged and written whole); a quick way to find a user by our mark, which with 100,000 of them takes
Keycloak most of a second: it is looked for only where an answer may have been lost.

Nor does it tell who is an administrator: seeing the roles of realm-management takes view-clients, which would show us
every application's secret. So the JAR is asked before each write; without the JAR, the mark alone protects.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from requests import Request

from kc_bridge.adapters.admin_calls import SYNC_CLIENT, AdminCalls, Busy, Exists, Missing, Refused
from kc_bridge.adapters.http import json_object, send
from kc_bridge.domain.buckets import bucket
from kc_bridge.domain.errors import ConfigurationError, NotOwned
from kc_bridge.ports import DirectoryUser, Held, HeldUser, Result, Status, Write, WriteKind
from kc_bridge.settings import Settings

__all__ = ["SYNC_CLIENT", "KeycloakDirectory"]

OWNER = "kcbKey"
DIGEST = "kcbDigest"
PAGE = 100
"""Users of one page: reading larger ones takes Keycloak longer for each."""


class KeycloakDirectory:
    """Meets :class:`kc_bridge.ports.Directory`; one connection per thread, one token for all."""

    batch = 10

    def __init__(self, settings: Settings, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._call = AdminCalls(settings, sleep)

    def write(self, writes: Sequence[Write], fence: int) -> list[Result]:  # noqa: ARG002
        """See :meth:`kc_bridge.ports.Directory.write`; unfenced."""
        return [self._result(write) for write in writes]

    def summary(self, attributes: Collection[str], seed: str, on_user: Callable[[int], None]) -> None:
        """See :meth:`kc_bridge.ports.Directory.summary`: the Admin API reads whole users in any case."""

    def digests(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[Held]:
        """See :meth:`kc_bridge.ports.Directory.digests`."""
        for found in self._found(buckets):
            key = _first(found, OWNER)
            if key:
                current = _held(found, attributes).digest if attributes else None
                stored = _first(found, DIGEST)
                yield Held(found["id"], key, found["username"], bool(found["enabled"]), stored, current)

    def users(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[HeldUser]:
        """See :meth:`kc_bridge.ports.Directory.users`."""
        for found in self._found(buckets):
            user = _held(found, attributes)
            names = (user.username, user.email, user.first_name, user.last_name)
            yield HeldUser(found["id"], user.key or None, *names, user.enabled, user.attributes)

    def _found(self, buckets: Collection[int] | None) -> Iterator[dict[str, Any]]:
        """Everybody but service accounts, by pages: one that is deleted meanwhile hides another."""
        first = 0
        while page := self._page(first):
            for found in page:
                chosen = buckets is None or bucket(found["id"]) in buckets
                if chosen and not found.get("serviceAccountClientId"):
                    yield found
            first += PAGE

    def _page(self, first: int) -> list[dict[str, Any]]:
        query = {"first": first, "max": PAGE, "briefRepresentation": False}
        return list(self._call(lambda admin: admin.get_users(query)))

    def _result(self, write: Write) -> Result:
        try:
            if write.kind is WriteKind.CREATE:
                # By another name since, perhaps: Keycloak would make a second one.
                lost = self._by_key(write.user.key) if write.known else None
                return self._again(lost, write.user) if lost else self._create(write.user)
            user_id = write.user_id or self._by_key(write.user.key)
            if user_id is None:
                return Result(Status.ABSENT)
            if write.forget:
                self._forget(user_id, write.user)
            return self._change(write.kind, user_id, write.user)
        except Refused as refusal:
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

    def _forget(self, user_id: str, user: DirectoryUser) -> None:
        """Before the account may be opened: what opened it of old is gone by then."""
        found = self._own(user_id, user)
        for credential in self._call(lambda admin: admin.get_credentials(user_id)):
            self._take_away(user_id, credential["id"])
        body = {**found, "requiredActions": list(user.required_actions)}
        self._call(lambda admin: admin.update_user(user_id, body))

    def _take_away(self, user_id: str, credential_id: str) -> None:
        with suppress(Missing):
            self._call(lambda admin: admin.delete_credential(user_id, credential_id))

    def _create(self, user: DirectoryUser) -> Result:
        body = _representation(user, {})
        body["attributes"] |= {name: list(values) for name, values in user.first_attributes.items()}
        body |= {"enabled": user.enabled, "requiredActions": list(user.required_actions)}
        try:
            return Result(Status.CREATED, str(self._call(lambda admin: admin.create_user(body))))
        except Exists as error:
            # Ours already, when the answer of an earlier attempt was lost: its content is written again.
            found = self._by_username(user.username)
            if found is None:
                raise Refused(Status.CONFLICT, f"{error} (mail {user.email})") from None
            if _first(found, OWNER) != user.key:
                taken = f"the username {user.username} belongs to a user that is not ours"
                raise Refused(Status.CONFLICT, taken) from None
            return self._again(str(found["id"]), user)

    def _again(self, user_id: str, user: DirectoryUser) -> Result:
        self._write(user_id, user, enabled=user.enabled or None)
        return Result(Status.UPDATED, user_id)

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
        with suppress(Missing):
            self._call(lambda admin: admin.revoke_consent(user_id, client_id))

    def _delete(self, user_id: str, user: DirectoryUser) -> Result:
        try:
            if self._own(user_id, user)["enabled"]:
                raise Refused(Status.INVALID, "the account is open")
            self._call(lambda admin: admin.delete_user(user_id))
        except Missing:
            return Result(Status.ABSENT, user_id)
        return Result(Status.DELETED, user_id)

    def _write(self, user_id: str, user: DirectoryUser, enabled: bool | None) -> None:
        body = _representation(user, self._own(user_id, user).get("attributes") or {})
        if enabled is not None:
            body["enabled"] = enabled
        try:
            self._call(lambda admin: admin.update_user(user_id, body))
        except Exists as error:
            raise Refused(Status.CONFLICT, str(error)) from None

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
        headers = {"Authorization": f"Bearer {self._call.credentials.token()}"}
        response = send(Request("GET", url, headers=headers), settings.keycloak_timeout.total_seconds())
        if response.status_code in {204, 404}:  # 404: no JAR, or a user the write itself will miss
            return
        if response.status_code == 401:
            self._call.credentials.forget()
            raise Busy("token revoked before its time")
        if json_object(response).get("error") == "not_owned":
            raise NotOwned
        raise ConfigurationError(
            f"Keycloak does not tell « {SYNC_CLIENT} » whose a user is ({response.status_code}).",
            "Run: kcb setup, then kcb doctor.",
        )

    def _by_key(self, key: str) -> str | None:
        users = self._call(lambda admin: admin.get_users({"q": f"{OWNER}:{key}", "max": 3}))
        ours = [str(found["id"]) for found in users if _first(found, OWNER) == key]
        if len(ours) > 1:
            raise Refused(Status.CONFLICT, f"{len(ours)} users bear its mark ({', '.join(ours)})")
        return next(iter(ours), None)

    def _by_username(self, username: str) -> Mapping[str, Any] | None:
        users = self._call(lambda admin: admin.get_users({"username": username, "exact": True, "max": 2}))
        return next((found for found in users if found["username"] == username.lower()), None)


def _first(found: Mapping[str, Any], attribute: str) -> str | None:
    return next(iter(found.get("attributes", {}).get(attribute, [])), None)


def _held(found: Mapping[str, Any], names: Collection[str]) -> DirectoryUser:
    held = found.get("attributes", {})
    return DirectoryUser(
        key=_first(found, OWNER) or "",
        username=found["username"],
        email=found.get("email", ""),
        first_name=found.get("firstName", ""),
        last_name=found.get("lastName", ""),
        enabled=bool(found["enabled"]),
        attributes={name: tuple(held[name]) for name in names if held.get(name)},
    )


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
