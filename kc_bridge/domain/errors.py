"""What can go wrong, as types with the data a person needs; the web layer alone makes sentences of them.

::

    BridgeError
    ├── ConfigurationError            something is set up wrongly: says what and the remedy
    │   └── NotPending                steps that do not wait on the user
    ├── Unavailable                   a server we need does not answer: nothing was lost, try again
    │   ├── KeycloakUnavailable
    │   └── MailUnavailable
    ├── LinkError                     a mailed link that cannot be used
    │   ├── LinkUnknown
    │   ├── LinkExpired
    │   ├── LinkUsed
    │   ├── LinkSuperseded
    │   ├── AddressLinkEnded          of a mail address to confirm: superseded, expired, address corrected
    │   ├── AddressConfirmed          the same, once there is nothing left to confirm
    │   ├── RecoveryLinkEnded         for a lost password: its time is over, or something newer ended it
    │   └── RecoveryLinkUsed          the same, once the password has been changed with it
    ├── JourneyError                  a journey that cannot go on
    │   ├── HandoffRefused
    │   ├── LoginGone                 Keycloak forgot the login (restart, time): finished steps stay
    │   ├── JourneySuperseded         begun under an older generation or opening
    │   ├── FinishedElsewhere         another device finished it
    │   └── StepOutOfOrder
    ├── NoSheet                       no SCOL'PASS is printed for this account
    ├── ProvisionalEnded              a printed provisional password whose time is over
    ├── AccountClosed                 disabled or expired
    ├── NotOwned                      the bridge may not act on this user
    ├── PasswordRefused               every violation of the realm's policy
    ├── PasswordElsewhere             the password is kept where Keycloak cannot write it
    └── TooManyTries                  a limit is reached: says when it opens again
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

__all__ = [
    "AccountClosed",
    "AddressConfirmed",
    "AddressLinkEnded",
    "BridgeError",
    "ConfigurationError",
    "FinishedElsewhere",
    "HandoffRefused",
    "JourneyError",
    "JourneySuperseded",
    "KeycloakUnavailable",
    "LinkError",
    "LinkExpired",
    "LinkSuperseded",
    "LinkUnknown",
    "LinkUsed",
    "LoginGone",
    "MailUnavailable",
    "NoSheet",
    "NotOwned",
    "NotPending",
    "PasswordElsewhere",
    "PasswordRefused",
    "ProvisionalEnded",
    "RecoveryLinkEnded",
    "RecoveryLinkUsed",
    "StepOutOfOrder",
    "TooManyTries",
    "Unavailable",
    "Violation",
]


class BridgeError(Exception):
    """Root of every error kc-bridge raises on purpose."""


@dataclass
class ConfigurationError(BridgeError):
    """Something is set up wrongly."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}\n  → {self.remedy}"


@dataclass
class Unavailable(BridgeError):
    """A server we need does not answer or refuses for now; nothing was spent or lost."""

    reason: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass
class KeycloakUnavailable(Unavailable):
    """Keycloak is down, slow or overloaded."""

    retry_after: float | None = None
    """Seconds after which it wants to be asked again, when it says."""

    def __str__(self) -> str:
        return self.reason


class MailUnavailable(Unavailable):
    """The SMTP relay is down or refuses for now."""


class LinkError(BridgeError):
    """A mailed link that cannot be used."""


class LinkUnknown(LinkError):
    """No such link was ever sent (or it was cut by a mail program)."""


@dataclass
class LinkExpired(LinkError):
    """The link's time is over."""

    expired_at: datetime


class LinkUsed(LinkError):
    """The journey this link began is finished."""


class LinkSuperseded(LinkError):
    """A newer link, or an activation, ended this one."""


@dataclass
class AddressLinkEnded(LinkError):
    """A link that can confirm its mail address no more: a newer mail, a correction, its time or its login's end."""

    expired_at: datetime | None = None
    """When only its time is over."""
    activates: bool = False
    """True when it would have gone on with an activation: then that can be begun again."""


class AddressConfirmed(LinkError):
    """The mail address of this link has been confirmed, and the journey that asked for it has ended or gone on."""


@dataclass
class RecoveryLinkEnded(LinkError):
    """A link for a lost password that changes nothing any more: a newer one, or a change of password or address."""

    expired_at: datetime | None = None
    """When only its time is over."""


class RecoveryLinkUsed(LinkError):
    """A lost password has been replaced with this link."""


class JourneyError(BridgeError):
    """A journey that cannot go on."""


@dataclass
class HandoffRefused(JourneyError):
    """A handoff that is forged, expired, spent, or meant for another browser. ``reason`` is for the log only."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class LoginGone(JourneyError):
    """Keycloak forgot the login: restart or 60 minutes. Finished steps stay."""


class JourneySuperseded(JourneyError):
    """The journey was begun under an older generation of the person or an older opening of the link."""


class FinishedElsewhere(JourneyError):
    """The person finished the journey on another device: they log in now."""


@dataclass
class StepOutOfOrder(JourneyError):
    """A step was asked for before the ones it follows."""

    current: str


@dataclass
class NoSheet(BridgeError):
    """No SCOL'PASS is printed for this account; ``reason`` is for the operator."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class ProvisionalEnded(BridgeError):
    """The printed provisional password this login began with opens nothing any more."""

    ended_at: datetime


@dataclass
class AccountClosed(BridgeError):
    """The account is disabled or its end has passed."""

    ended_on: date | None = None


class NotOwned(BridgeError):
    """The user is not the bridge's to act on (administrator, service account, foreign user)."""


class NotPending(ConfigurationError):
    """Steps that do not wait on the user: done meanwhile, cleared in the console, or never asked for."""

    def __init__(self, actions: list[str]) -> None:
        super().__init__(
            f"Keycloak does not ask this user for: {', '.join(actions)}.",
            "If the account must be validated again, run: kcb reset.",
        )
        self.actions = actions


@dataclass(frozen=True)
class Violation:
    """One rule of the realm's password policy that a password breaks, as Keycloak names it."""

    policy: str
    message: str
    parameters: tuple[object, ...] = ()


@dataclass
class PasswordRefused(BridgeError):
    """The password breaks the realm's policy; every violation at once."""

    violations: list[Violation] = field(default_factory=list)


class PasswordElsewhere(BridgeError):
    """Keycloak cannot write this person's password: it belongs to a directory that is read only."""


@dataclass
class TooManyTries(BridgeError):
    """Something was tried too often, right or wrong."""

    until: datetime
    """When the next try is allowed."""
