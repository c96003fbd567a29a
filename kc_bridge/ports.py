"""What the rules need of the world, as Protocols; :mod:`kc_bridge.adapters` meets them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from typing import Protocol

from kc_bridge.domain.errors import BridgeError

__all__ = ["Directory", "DirectoryConflict", "DirectoryRefused", "DirectoryUser", "Mailer"]


@dataclass
class DirectoryConflict(BridgeError):
    """The username or mail belongs to a user that is not this person's; nothing was written."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class DirectoryRefused(BridgeError):
    """Keycloak finds the user invalid (user profile rules); nothing was written."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class DirectoryUser:
    """A Keycloak user as the sync wants it: only what the sync owns."""

    key: str
    """``kcbKey``: SHA-256 of the person's key; the mark by which we know our own."""
    username: str
    email: str
    first_name: str
    last_name: str
    enabled: bool
    attributes: Mapping[str, tuple[str, ...]]
    """Attributes the sync sets at every write; others on the user stay."""
    first_attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Attributes set at creation only, then the person's own."""
    required_actions: tuple[str, ...] = ()
    """Required actions at creation; afterwards they belong to the activation."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what the sync writes at every write; the order of values does not count."""
        content = {
            "key": self.key,
            "username": self.username,
            "email": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "enabled": self.enabled,
            "attributes": {name: sorted(values) for name, values in self.attributes.items() if values},
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class Directory(Protocol):
    """The users of one realm. Every write checks the mark first, and may be repeated without harm.

    All raise :class:`KeycloakUnavailable` when nothing can be said about what happened,
    :class:`NotOwned` for a service account and for every user without this person's mark, and
    :class:`DirectoryRefused` when Keycloak finds the content invalid.
    """

    def find(self, user: DirectoryUser) -> str | None:
        """Keycloak's id of the user with that username, when it bears this person's mark."""
        ...

    def create(self, user: DirectoryUser) -> str:
        """Creates the user, or adopts the one an interrupted run created; returns Keycloak's id.

        Raises :class:`DirectoryConflict` when the username or mail is somebody else's.
        """
        ...

    def update(self, user_id: str, user: DirectoryUser) -> None:
        """Writes what the sync owns; whether it is enabled, required actions and other attributes stay."""
        ...

    def enable(self, user_id: str, user: DirectoryUser) -> None:
        """Like :meth:`update`, and opens the account."""
        ...

    def disable(self, user_id: str, user: DirectoryUser) -> None:
        """Like :meth:`update`, closes the account, and ends every session and token there is, offline ones too."""
        ...


class Mailer(Protocol):
    """A relay that takes mails."""

    def send(self, message: EmailMessage) -> None:
        """Raises :class:`MailUnavailable` to try later; any other error of the bridge's means never."""
        ...
