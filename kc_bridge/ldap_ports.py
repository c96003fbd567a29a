"""What the rules need of a directory, as Protocols; :mod:`kc_bridge.adapters.ldap` meets them.

BridgeError
├── Unavailable
│   └── LdapUnavailable     down, slow or busy: nothing can be said, try later
└── ConfigurationError
    ├── LdapMisconfigured   certificate, password, base, rights or limits: somebody must look
    └── LdapRefused         this one entry or value is not accepted
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from kc_bridge.domain.errors import ConfigurationError, Unavailable

__all__ = [
    "LdapChange",
    "LdapEntry",
    "LdapMisconfigured",
    "LdapReader",
    "LdapRefused",
    "LdapUnavailable",
    "LdapWriter",
    "Scope",
]

Scope = Literal["base", "one", "subtree"]


class LdapUnavailable(Unavailable):
    """The directory is down, slow or busy; a change may or may not have been made, and may be repeated."""


class LdapMisconfigured(ConfigurationError):
    """The directory cannot be used as it is set up."""


class LdapRefused(ConfigurationError):
    """The directory does not accept this change; others it may."""


@dataclass(frozen=True, slots=True)
class LdapEntry:
    """One entry, with the attributes asked for that it has."""

    dn: str
    attributes: Mapping[str, tuple[str, ...]]
    """Name in small letters → values, in no order. Bytes that are no UTF-8 are lone surrogates."""

    def values(self, name: str) -> tuple[str, ...]:
        return self.attributes.get(name.lower(), ())


@dataclass(frozen=True, slots=True)
class LdapChange:
    """Values taken away from one attribute, then values added; its others stay, whoever wrote them meanwhile."""

    attribute: str
    delete: tuple[str, ...] = ()
    add: tuple[str, ...] = ()


class LdapReader(Protocol):
    """Raises :class:`LdapUnavailable` and :class:`LdapMisconfigured`."""

    def search(
        self, base: str, filter_: str, attributes: Sequence[str], scope: Scope = "subtree", page: int = 500
    ) -> Iterator[list[LdapEntry]]:
        """Every entry, page by page (RFC 2696); fails rather than leave any out."""
        ...


class LdapWriter(LdapReader, Protocol):
    """Raises as :class:`LdapReader`, and :class:`LdapRefused`."""

    def modify(self, dn: str, changes: Sequence[LdapChange]) -> None:
        """Makes all the changes of one entry, or none. Raises :class:`LdapUnavailable` when somebody else has changed
        these values since they were read."""
        ...
