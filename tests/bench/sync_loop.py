"""The script a university writes first: python-keycloak, user after user.

Spared nothing it needs (look before you write, since creating twice is an error; read before you change, since what a PUT
leaves out is lost) and given nothing it does not: one connection, kept open; no retries.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from keycloak import KeycloakAdmin

from kc_bridge.ports import DirectoryUser
from tests.support.keycloak import RunningKeycloak

__all__ = ["LOOP", "Loop"]

LOOP = "python-keycloak, user after user"


class Loop:
    """Works on one realm; every method answers users per second."""

    def __init__(self, keycloak: RunningKeycloak, realm: str) -> None:
        self._admin = KeycloakAdmin(
            server_url=f"{keycloak.url}/",
            username=keycloak.admin_user,
            password=keycloak.admin_password,
            realm_name=realm,
            user_realm_name="master",
            max_retries=0,
        )

    def create(self, users: Sequence[DirectoryUser]) -> float:
        """Looks for each by username, makes it when it is not there."""
        return _rate(users, self._create)

    def bring(self, users: Sequence[DirectoryUser]) -> None:
        """Makes them, or brings them up to date."""
        for user in users:
            self._create(user)
            self._update(user)

    def update(self, users: Sequence[DirectoryUser]) -> float:
        """Looks for each, reads it whole, compares, writes it back with what is new."""
        return _rate(users, self._update)

    def compare(self, users: Sequence[DirectoryUser]) -> float:
        """The same on users of whom nothing is new."""
        written = []

        def same(user: DirectoryUser) -> None:
            written.append(self._update(user))

        rate = _rate(users, same)
        assert not any(written), "these users were to be as they are"
        return rate

    def _create(self, user: DirectoryUser) -> None:
        if not self._find(user):
            attributes = {**user.attributes, **user.first_attributes, "kcbKey": (user.key,)}
            self._admin.create_user(
                {
                    **_fields(user),
                    "enabled": True,
                    "requiredActions": list(user.required_actions),
                    "attributes": {name: list(values) for name, values in attributes.items() if values},
                }
            )

    def _update(self, user: DirectoryUser) -> bool:
        found = self._find(user)[0]
        wanted = {name: list(values) for name, values in user.attributes.items() if values}
        held = {name: sorted(found["attributes"].get(name, [])) for name in wanted}
        same = held == {name: sorted(values) for name, values in wanted.items()}
        if same and all(found.get(name) == value for name, value in _fields(user).items()):
            return False
        self._admin.update_user(
            found["id"], {**found, **_fields(user), "attributes": {**found["attributes"], **wanted}}
        )
        return True

    def _find(self, user: DirectoryUser) -> list[dict[str, Any]]:
        return list(self._admin.get_users({"username": user.username, "exact": True}))


def _fields(user: DirectoryUser) -> dict[str, Any]:
    return {
        "username": user.username,
        "email": user.email,
        "emailVerified": True,
        "firstName": user.first_name,
        "lastName": user.last_name,
    }


def _rate(users: Iterable[DirectoryUser], do: Callable[[DirectoryUser], object]) -> float:
    count, begun = 0, time.perf_counter()
    for user in users:
        do(user)
        count += 1
    return count / (time.perf_counter() - begun)
