"""Settings of servers other than Keycloak and the mail relay: directories that are read or written, and whoever is told
what happens to accounts. :mod:`kc_bridge.settings` says how they are read."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from string import Formatter
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["EVENTS", "WRITTEN_BACK", "LdapServer", "LdapWriteback", "Webhook"]

EVENTS = ("account.activated", "account.disabled", "forwarding.changed")
"""What webhooks may be told (docs/webhooks.md)."""
WRITTEN_BACK = (
    "supannMailPrive",
    "mailForwardingAddress",
    "mailDeliveryOption",
    "supannConsentement",
    "supannRessourceEtatDate",
)
"""Attributes the bridge may write into a directory."""
PLACEHOLDERS = frozenset({"uid", "login", "mail", "student_number", "staff_number", "ine"})


def is_local(host: str | None) -> bool:
    """True for a server on this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


class LdapServer(BaseModel):
    """A directory, and how it is reached. Referrals are never followed."""

    model_config = ConfigDict(extra="forbid")

    url: str
    """``ldaps://ldap.univ.fr``, or ``ldap://…`` with StartTLS; the port may follow."""
    start_tls: bool = True
    """Ask for TLS on an ``ldap://`` connection before anything else is said. False is for a directory on the same
    machine: elsewhere no password is sent without TLS."""
    verify_certificate: bool = True
    """Whether the certificate must be of a known authority and bear the server's name. False lets anybody between read
    and change everything: for a trial only."""
    ca_file: Path | None = None
    """Certificates of the authorities to believe (PEM), where the system's are not the university's. Relative paths
    start at the configuration file."""
    bind_dn: str | None = None
    """Who we are to the directory; None: nobody (anonymous)."""
    password_file: Path | None = None
    """File with the password of ``bind_dn``, readable by the bridge's account only; a line break at its end does not
    count. Relative paths start at the configuration file."""
    timeout: timedelta = Field(timedelta(seconds=10), ge=timedelta(seconds=1), le=timedelta(minutes=10))
    """How long connecting, and each answer, may take; whole seconds."""

    @field_validator("url")
    @classmethod
    def _is_ldap(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname or parts.path.strip("/"):
            raise ValueError(
                f"« {url} » is no address of a directory: write ldaps://host or ldap://host:port"
            )
        return url.rstrip("/")

    @model_validator(mode="after")
    def _bound_and_protected(self) -> LdapServer:
        if (self.bind_dn is None) != (self.password_file is None):
            raise ValueError("bind_dn and password_file belong together: set both, or neither")
        if self.bind_dn and not self.protected and not is_local(urlsplit(self.url).hostname):
            raise ValueError("the password would be sent in clear: use ldaps://, or leave start_tls on")
        return self

    @property
    def protected(self) -> bool:
        """Whether what is said is encrypted."""
        return self.url.startswith("ldaps:") or self.start_tls


class LdapWriteback(LdapServer):
    """A directory that is kept informed of people's choices and of the state of their accounts (ADR 28)."""

    base: str
    """Where people's entries are."""
    filter: str = "(uid={uid})"
    """Finds a person's one entry; ``{uid}``, ``{login}``, ``{mail}``, ``{student_number}``, ``{staff_number}`` and
    ``{ine}`` are replaced, escaped."""
    attributes: frozenset[Literal[WRITTEN_BACK]] = frozenset(WRITTEN_BACK)  # type: ignore[valid-type]
    """What is written. The entries' object classes must allow it: ``mailDeliveryOption`` is not of ``supannPerson``."""
    consents: dict[str, str] = {"sms_consent": "{SMSU}CG", "photo_use": "{PHOTO}PUBLIC"}
    """Use somebody was asked about → value of ``supannConsentement`` that says they agreed. Other values stay."""
    resource: str = Field("COMPTE", pattern=r"^[A-Za-z0-9_.-]+$")
    """Label of the value of ``supannRessourceEtatDate`` that is the bridge's; values of other labels stay."""

    @field_validator("filter")
    @classmethod
    def _known_placeholders(cls, text: str) -> str:
        try:
            named = {name for _text, name, *_rest in Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise ValueError(f"« {text} »: {error}") from None
        if not named or named - PLACEHOLDERS:
            raise ValueError(f"« {text} » must name the person by {', '.join(sorted(PLACEHOLDERS))}")
        return text

    @field_validator("consents")
    @classmethod
    def _labelled(cls, values: dict[str, str]) -> dict[str, str]:
        if wrong := [value for value in values.values() if not value.strip()]:
            raise ValueError(f"« {wrong[0]} » is no value")
        return values

    def writes_state_of(self, url: str, resource: str) -> bool:
        """Whether it writes that resource's state into that server."""
        same_host = urlsplit(url).hostname == urlsplit(self.url).hostname
        same_resource = resource.strip("{} ").upper() == self.resource.upper()
        return same_host and same_resource and "supannRessourceEtatDate" in self.attributes


class Webhook(BaseModel):
    """Somebody who is told what happens to accounts, by signed requests (docs/webhooks.md)."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    """Stable name: what waits for this receiver waits under it."""
    url: str
    """Where the requests go; https, but on this machine. Redirects are not followed."""
    secret_file: Path
    """File with the secret shared with the receiver: base64 of 24 to 64 random bytes, after ``whsec_`` if you like.
    Two lines while it is being replaced: both sign. Relative paths start at the configuration file."""
    events: frozenset[Literal[EVENTS]] = frozenset(EVENTS)  # type: ignore[valid-type]
    """What it is told."""
    timeout: timedelta = Field(timedelta(seconds=15), ge=timedelta(seconds=1), le=timedelta(seconds=30))
    """How long one answer may take before it is asked again later."""
    ca_file: Path | None = None
    """Certificates of the authorities to believe (PEM), where the system's are not the university's."""

    @field_validator("url")
    @classmethod
    def _protected(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_local(parts.hostname)):
            raise ValueError(f"« {url} » must begin with https://")
        if not parts.hostname or parts.username or parts.password or parts.fragment:
            raise ValueError(f"« {url} » must name a host, and neither a password nor a fragment")
        return url

    @property
    def channel(self) -> str:
        """Where its messages wait."""
        return f"webhook.{self.name}"
