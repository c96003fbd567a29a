"""Tries of a number with a birth date: counted before they are answered, and held beyond a measure, right or wrong.

A birth date is one of some thirty thousand and a number is no secret: only counting keeps the two from being guessed.
Accounts are throttled, never locked: any other way in stays open, and this one opens again by itself.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, datetime

import structlog
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from sqlalchemy.orm import Session

from kc_bridge.domain.client_address import counted_as
from kc_bridge.domain.errors import TooManyTries
from kc_bridge.services import Services
from kc_bridge.store import audit, throttle

__all__ = ["PER_ADDRESS", "PER_BIRTH_DATE", "PER_NUMBER", "count"]

PER_ADDRESS: RateLimitItem = RateLimitItemPerMinute(30, 5, namespace="identify-address")
PER_NUMBER: RateLimitItem = RateLimitItemPerHour(5, 1, namespace="identify-number")
"""Whoever asks: a hundred addresses have no more tries at one number than one."""
PER_BIRTH_DATE: RateLimitItem = RateLimitItemPerHour(40, 1, namespace="identify-birth-date")
"""Of 20 000 new people about twenty share a birthday; many more in one hour are one date tried on many numbers."""
ONE_ALARM: RateLimitItem = RateLimitItemPerHour(1, 1, namespace="identify-alarm")

log = structlog.get_logger()


def count(kcb: Services, kind: str, number: str, born: date, address: str | None) -> None:
    """Counts a try and commits, so that nothing that happens afterwards takes it back.

    A try that one limit holds does not count under the next: who floods us from one place uses up nobody else's.
    Raises :class:`TooManyTries` when the try must not be answered.
    """
    now = kcb.clock()
    everybody = RateLimitItemPerMinute(kcb.settings.identify_ceiling, 5, namespace="identify-everybody")
    refused: TooManyTries | None = None
    with kcb.sessions.begin() as db:
        # Always in this order, so that parallel tries wait for each other and never in a circle.
        for limit, name in (
            (PER_ADDRESS, counted_as(address)),
            (PER_NUMBER, f"{kind}:{number}"),
            (PER_BIRTH_DATE, born.isoformat()),
            (everybody, "everybody"),
        ):
            hidden = _hidden(kcb, name)
            try:
                throttle.spend(db, now, (limit, hidden))
            except TooManyTries as error:
                refused = error
                if limit is PER_BIRTH_DATE:
                    _alarm(db, now, hidden)
                break
    if refused:
        raise refused


def _hidden(kcb: Services, name: str) -> str:
    """What stands for a number or a date wherever it is kept: a mere digest of so few possibilities hides nothing."""
    secret = kcb.settings.secret_key.get_secret_value()
    return hmac.new(secret.encode(), f"identify:{name}".encode(), hashlib.sha256).hexdigest()


def _alarm(db: Session, now: datetime, hidden: str) -> None:
    """One birth date is tried on many numbers: told once an hour, without the date."""
    try:
        throttle.spend(db, now, (ONE_ALARM, hidden))
    except TooManyTries:
        return
    log.warning("one birth date tried on many numbers", birth_date=hidden[:16])
    audit.record(db, now, "unknown", "identify.sweep", birth_date=hidden[:16])
