"""What the rules need of the world, as Protocols; :mod:`kc_bridge.adapters` meets them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from kc_bridge.domain.buckets import Buckets
from kc_bridge.domain.errors import BridgeError

__all__ = [
    "Directory",
    "DirectoryUser",
    "Held",
    "HeldUser",
    "Mailer",
    "Result",
    "StaleFence",
    "Status",
    "Write",
    "WriteKind",
]


@dataclass
class StaleFence(BridgeError):
    """A later run has begun to write: this one may not go on."""

    highest: int
    """The fence Keycloak has seen last."""

    def __str__(self) -> str:
        return "A later run of the sync has begun to write to Keycloak: this one stops."


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
    """Required actions at creation, and where :attr:`Write.forget` is asked; else they belong to the activation."""

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


class WriteKind(StrEnum):
    """What shall become of a user."""

    CREATE = "create"
    """Makes the user, or brings the one that bears the key up to date and opens it as asked."""
    UPDATE = "update"
    """Writes what the sync owns; whether it is enabled, required actions and other attributes stay."""
    ENABLE = "enable"
    """Like an update, and opens the account."""
    DISABLE = "disable"
    """Like an update, closes the account, and ends every session and token there is, offline ones too."""
    DELETE = "delete"
    """Removes the user for ever, if it is closed."""


@dataclass(frozen=True, slots=True)
class Write:
    """One user to write."""

    kind: WriteKind
    user: DirectoryUser
    user_id: str | None = None
    """Keycloak's id, when it is known; otherwise the user is looked for by its key."""
    known: bool = False
    """Whether Keycloak may have been told of the person before, even if its answer was never heard."""
    forget: bool = False
    """Of a user there is: every credential goes, and the required actions are those of its creation again."""


class Status(StrEnum):
    """What became of one write."""

    CREATED = "created"
    UPDATED = "updated"
    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    """Keycloak held it so already."""
    ABSENT = "absent"
    """There is no such user to close or delete, or the user was deleted by hand."""
    CONFLICT = "conflict"
    """The username or mail is somebody else's."""
    NOT_OWNED = "not_owned"
    """The user bears another mark or none, is a service account, or has power over the realm."""
    INVALID = "invalid"
    """Keycloak finds the content wrong (user profile)."""
    FAILED = "failed"
    """Nothing can be said; it may be repeated without harm."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one write."""

    status: Status
    user_id: str | None = None
    reason: str = ""
    """For an operator, where the write was not done."""


@dataclass(frozen=True, slots=True)
class Held:
    """A user of ours as Keycloak holds it."""

    user_id: str
    key: str
    username: str
    enabled: bool
    digest: str | None
    """The :attr:`DirectoryUser.digest` of the last write, unless somebody removed it."""
    current: str | None = None
    """The same over what the user holds now, when attributes were named: another one than ``digest``, and somebody has
    changed the user by hand."""


@dataclass(frozen=True, slots=True)
class HeldUser:
    """What Keycloak holds of any user, ours or not."""

    user_id: str
    key: str | None
    """``kcbKey``; None: the user is not ours."""
    username: str
    email: str
    first_name: str
    last_name: str
    enabled: bool
    attributes: Mapping[str, tuple[str, ...]]
    """Those asked for that have a value."""
    federated: bool | None = None
    """Whether it comes from a directory Keycloak reads; this and what follows: None where the directory cannot tell."""
    has_password: bool | None = None
    administrator: bool | None = None
    """Whether it has any power over the realm."""


class Directory(Protocol):
    """The users of one realm. Every write checks the mark first, and may be repeated without harm."""

    batch: int
    """How many writes one request takes."""

    def write(self, writes: Sequence[Write], fence: int) -> list[Result]:
        """Does them in any order; the answers are in theirs.

        Raises :class:`KeycloakUnavailable` when nothing can be said about any of them, :class:`StaleFence`,
        :class:`ConfigurationError` when Keycloak does not let us. ``fence``: :attr:`sync.turns.lock.Lease.fence`.
        """
        ...

    def digests(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[Held]:
        """Every user of ours, or those of some buckets (:mod:`kc_bridge.domain.buckets`), ``MOST_ASKED`` at most.

        ``attributes``: those that count for :attr:`Held.current`. Raises :class:`KeycloakUnavailable`, also half-way.
        """
        ...

    def summary(
        self, attributes: Collection[str], seed: str, on_user: Callable[[int], None]
    ) -> Buckets | None:
        """What :meth:`digests` would tell, summed up with that seed; ``on_user`` is told how many were read.

        None where listing them costs no more. Raises :class:`KeycloakUnavailable`.
        """
        ...

    def users(
        self, attributes: Collection[str] = (), buckets: Collection[int] | None = None
    ) -> Iterator[HeldUser]:
        """Every user of the realm but service accounts, with those attributes; ``buckets`` as for :meth:`digests`.

        Raises :class:`KeycloakUnavailable`.
        """
        ...


class Mailer(Protocol):
    """A relay that takes mails."""

    def send(self, message: EmailMessage) -> None:
        """Raises :class:`MailUnavailable` to try later; any other error of the bridge's means never."""
        ...
