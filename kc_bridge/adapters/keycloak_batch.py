"""The directory on kc-bridge's own JAR: many users a request, fenced (docs/protocol.md, « users/batch »)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import urlencode

import requests

from kc_bridge.adapters.http import json_object, send
from kc_bridge.adapters.tokens import ClientCredentials
from kc_bridge.domain.buckets import Buckets
from kc_bridge.domain.errors import ConfigurationError, KeycloakUnavailable
from kc_bridge.ports import Held, HeldUser, Result, StaleFence, Status, Write, WriteKind
from kc_bridge.settings import Settings

__all__ = ["BatchDirectory"]

SYNC_CLIENT = "kc-bridge-sync"
BLOCK = 64 * 1024
"""Bytes of one read of a stream."""
TOO_LARGE = 413


class BatchDirectory:
    """Meets :class:`kc_bridge.ports.Directory`; one connection per thread, one token for all. Nothing is tried twice
    here but a request whose token was refused: whoever calls knows the pace, and may repeat everything."""

    batch = 500

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.keycloak_url}/realms/{settings.realm}/kcb/users"
        self._timeout = settings.keycloak_timeout.total_seconds()
        self._credentials = ClientCredentials(settings, SYNC_CLIENT)

    def write(self, writes: Sequence[Write], fence: int) -> list[Result]:
        """See :meth:`kc_bridge.ports.Directory.write`."""
        body = {"fence": fence, "users": [_row(write) for write in writes]}
        response = self._send("POST", "batch", json.dumps(body, ensure_ascii=False).encode())
        if response.status_code == TOO_LARGE:
            # A proxy in between: fewer users next time.
            raise KeycloakUnavailable(f"status {TOO_LARGE}: {len(writes)} users are too many for one request")
        answer = json_object(response)
        if response.status_code == 409 and answer.get("error") == "stale_fence":
            raise StaleFence(int(answer["fence"]))
        if response.status_code != 200:
            _refused(response.status_code, answer)
        results = answer.get("results")
        if not isinstance(results, list) or len(results) != len(writes):
            raise KeycloakUnavailable("an answer to other users than were asked about")
        return [_result(result) for result in results]

    def digests(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[Held]:
        """See :meth:`kc_bridge.ports.Directory.digests`."""
        for said in self._stream("digests", attributes, _chosen(buckets)):
            yield Held(
                said["id"],
                said["key"],
                said["username"],
                said["enabled"],
                said.get("digest"),
                said.get("current"),
            )

    def summary(self, attributes: Collection[str], seed: str, on_user: Callable[[int], None]) -> Buckets:
        """See :meth:`kc_bridge.ports.Directory.summary`."""
        buckets: dict[int, tuple[int, int]] = {}
        for said in self._stream("digests/summary", attributes, {"seed": seed}):
            if "read" in said:
                on_user(said["read"])
            else:
                buckets[said["bucket"]] = said["count"], int(said["sum"], 16)
        return buckets

    def users(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[HeldUser]:
        """See :meth:`kc_bridge.ports.Directory.users`."""
        for said in self._stream("directory", attributes, _chosen(buckets)):
            held = {name: tuple(values) for name, values in said.get("attributes", {}).items()}
            yield HeldUser(
                said["id"],
                said.get("key"),
                said["username"],
                said.get("email") or "",
                said.get("firstName") or "",
                said.get("lastName") or "",
                said["enabled"],
                held,
                said.get("federated"),
                said.get("hasPassword"),
                said.get("administrator"),
            )

    def _stream(
        self, path: str, attributes: Collection[str], chosen: dict[str, str]
    ) -> Iterator[dict[str, Any]]:
        """One object a line, complete only with the last one, which counts them."""
        query = {"attributes": ",".join(sorted(attributes))} if attributes else {}
        asked = urlencode(query | chosen)
        with self._send("GET", f"{path}?{asked}" if asked else path, stream=True) as response:
            if response.status_code != 200:
                _refused(response.status_code, json_object(response))
            for count, line in enumerate(_lines(response)):
                said = _object(line)
                if "end" not in said:
                    yield said
                elif said["end"] == count:
                    return
                else:
                    break
        raise KeycloakUnavailable("the list of users ended too early")

    def _send(
        self, method: str, path: str, data: bytes | None = None, *, stream: bool = False
    ) -> requests.Response:
        response = self._once(method, path, data, stream)
        if response.status_code == 401:
            response.close()
            self._credentials.forget()  # Keycloak was restarted, or its keys were rotated
            response = self._once(method, path, data, stream)
        return response

    def _once(self, method: str, path: str, data: bytes | None, stream: bool) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {self._credentials.token()}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",  # packing costs Keycloak more than the network saves
        }
        request = requests.Request(method, f"{self._url}/{path}", headers=headers, data=data)
        return send(request, self._timeout, stream=stream)


def _chosen(buckets: Collection[int] | None) -> dict[str, str]:
    return {} if buckets is None else {"buckets": ",".join(map(str, sorted(buckets)))}


def _row(write: Write) -> dict[str, Any]:
    user = write.user
    row: dict[str, Any] = {
        "do": write.kind.value,
        "key": user.key,
        "username": user.username,
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "attributes": {name: list(values) for name, values in user.attributes.items()},
        "digest": user.digest,
    }
    if write.user_id is not None:
        row["id"] = write.user_id
    if write.kind is WriteKind.CREATE:
        row["firstAttributes"] = {name: list(values) for name, values in user.first_attributes.items()}
        row["requiredActions"] = list(user.required_actions)
        row["enabled"] = user.enabled
    if write.forget:
        row |= {"forget": True, "requiredActions": list(user.required_actions)}
    return row


def _result(said: Mapping[str, Any]) -> Result:
    try:
        return Result(Status(said["status"]), said.get("id") or None, said.get("reason") or "")
    except (KeyError, TypeError, ValueError):
        raise KeycloakUnavailable("an answer that is none of those agreed on") from None


def _lines(response: requests.Response) -> Iterator[bytes]:
    """Without those of blanks alone, which say that Keycloak goes on reading."""
    try:
        yield from filter(bytes.strip, response.iter_lines(BLOCK))
    except requests.RequestException as error:
        raise KeycloakUnavailable(type(error).__name__) from None


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise KeycloakUnavailable("a line that is no JSON object")
    return said


def _refused(status: int, answer: Mapping[str, Any]) -> NoReturn:
    """Raises what a status other than 200 means."""
    if status == 404:
        raise ConfigurationError(
            "Keycloak does not have kc-bridge's JAR, or an old one: it cannot write many users at a time.",
            'Install the JAR of this version and restart Keycloak; where that cannot be, set directory = "admin".',
        )
    if status in {401, 403}:
        raise ConfigurationError(
            f"Keycloak does not let « {SYNC_CLIENT} » write users ({status}).",
            "Run: kcb setup, then kcb doctor.",
        )
    if status == 400:
        raise ConfigurationError(
            f"Keycloak's JAR does not understand this bridge ({answer.get('field') or answer.get('error')}).",
            "Install the JAR of the bridge's own version and restart Keycloak.",
        )
    raise KeycloakUnavailable(f"status {status}")
