"""What a mailed link is worth, now: pure rules (scenarios « single use », « expiry at reading and at commit »)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from kc_bridge.domain.errors import LinkExpired, LinkSuperseded, LinkUsed

__all__ = ["LinkFacts", "check", "new_token", "token_digest"]

TOKEN_BYTES = 32
"""256 bits: nobody guesses one, so guesses need no counting."""


@dataclass(frozen=True)
class LinkFacts:
    """What is known of a link when somebody follows it."""

    state: str
    expires_at: datetime
    generation: int
    person_generation: int


def new_token() -> str:
    """A link's secret, for the mail only; the database keeps :func:`token_digest` of it."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> str:
    """SHA-256, in hexadecimal: enough for a secret that cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def check(link: LinkFacts, now: datetime) -> None:
    """Raises :class:`LinkUsed`, :class:`LinkSuperseded` or :class:`LinkExpired`; returns when it may be opened."""
    if link.state == "finished":
        raise LinkUsed
    if link.state == "superseded" or link.generation != link.person_generation:
        raise LinkSuperseded
    if now >= link.expires_at:
        raise LinkExpired(link.expires_at)
