"""The login a browser brought along, kept in its server-side session while the wizard is at work."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from flask import session

from kc_bridge.domain.errors import LoginGone
from kc_bridge.web.sessions import WIZARD

__all__ = [
    "ACTIONS",
    "Login",
    "OpenedLink",
    "current_login",
    "keep_login",
    "keep_opened_link",
    "opened_link",
    "ticket_digest",
]

LOGIN = WIZARD
LINK = "link"
ACTIONS = "actions"
"""Journey of the steps asked for outside a journey, by an application or an administrator."""


def ticket_digest(ticket: str) -> str:
    """SHA-256 of a ticket, in hexadecimal."""
    return hashlib.sha256(ticket.encode()).hexdigest()


@dataclass
class Login:
    """One pending Keycloak login and the journey it goes through."""

    ticket: str
    ret: str
    cancel: str | None
    client_id: str
    aia: bool
    acts: list[str]
    """Actions Keycloak asked for when this login came, done since or not."""
    person_id: str
    journey_id: str
    journey: str
    """Name of the journey; ``actions`` for steps asked for outside one."""
    link_id: str | None = None
    opening: str | None = None
    proved_address: str | None = None
    """The mailbox the link of this login was sent to."""
    recovers: bool = False
    """True for a login that replaces a lost password."""
    kept_alive_at: str = ""
    """When Keycloak was last told that somebody is at work, ISO 8601."""

    @property
    def ticket_digest(self) -> str:
        """What the database may know of the ticket."""
        return ticket_digest(self.ticket)

    @property
    def activates(self) -> bool:
        """True when the end of this journey activates the account."""
        return self.journey != ACTIONS


@dataclass
class OpenedLink:
    """A mailed link this browser is opening."""

    link_id: str
    opening: str | None = None
    """Name of this browser's opening, once Keycloak has made it a login."""
    question: dict[str, str] | None = None
    """The ``prompt=none`` request under way."""
    answered: bool | None = None
    """The secret question asked besides: None before it is, False until it is answered rightly."""
    id_token: str | None = None
    """Of whoever else is logged in here, to log them out."""


def current_login() -> Login:
    """The login of this browser; raises :class:`LoginGone` when it brought none, or too long ago."""
    kept: dict[str, Any] | None = session.get(LOGIN)
    if kept is None:
        raise LoginGone
    return Login(**kept)


def keep_login(login: Login) -> None:
    session[LOGIN] = asdict(login)


def opened_link() -> OpenedLink | None:
    """The link this browser is opening, if any."""
    kept: dict[str, Any] | None = session.get(LINK)
    return OpenedLink(**kept) if kept else None


def keep_opened_link(link: OpenedLink) -> None:
    session[LINK] = asdict(link)
