"""What a mailed link is worth, now: pure rules (scenarios « single use », « expiry at reading and at commit »)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from kc_bridge.domain.errors import LinkExpired, LinkSuperseded, LinkUsed

__all__ = ["SHORTEST", "LinkFacts", "check", "expiry", "new_token", "token_digest"]

TOKEN_BYTES = 32
"""256 bits: nobody guesses one, so guesses need no counting."""
SHORTEST = timedelta(minutes=30)
"""A link asked for at 23:58 is worth something too."""
LAST_OF_DAY = time(23, 59, 59)


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


def expiry(lifetime: timedelta | Literal["end-of-day"], now: datetime, zone: str) -> datetime:
    """When a link sent ``now`` ends. ``end-of-day``: at 23:59 of ``zone``'s day, at least :data:`SHORTEST` from now."""
    if isinstance(lifetime, timedelta):
        return now + lifetime
    there = ZoneInfo(zone)
    end = datetime.combine(now.astimezone(there).date(), LAST_OF_DAY, there)
    return max(end.astimezone(now.tzinfo), now + SHORTEST)


def check(link: LinkFacts, now: datetime) -> None:
    """Raises :class:`LinkUsed`, :class:`LinkSuperseded` or :class:`LinkExpired`; returns when it may be opened."""
    if link.state == "finished":
        raise LinkUsed
    if link.state == "superseded" or link.generation != link.person_generation:
        raise LinkSuperseded
    if now >= link.expires_at:
        raise LinkExpired(link.expires_at)
