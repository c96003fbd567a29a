"""Mails people ask for by typing an identifier: lost links, lost passwords.

The request that asks does the same for everybody: it counts, and writes down what was typed. Whether that is somebody,
and what may be sent to them, is found out by the worker, later, where nobody can measure it (scenario 1).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kc_bridge.domain.client_address import counted_as
from kc_bridge.domain.clock import Clock
from kc_bridge.domain.errors import TooManyTries
from kc_bridge.domain.login import meant_by
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.services import Services
from kc_bridge.settings import Settings
from kc_bridge.store import throttle
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.models import Person
from kc_bridge.store.web import MailRequest

__all__ = [
    "A_DAY",
    "GAP",
    "PER_ADDRESS",
    "Asked",
    "answer_waiting",
    "answers",
    "ask",
    "free_at",
]

GAP: RateLimitItem = RateLimitItemPerMinute(1, 5, namespace="ask-gap")
"""Between two mails one identifier may ask for."""
A_DAY: RateLimitItem = RateLimitItemPerDay(5, 1, namespace="ask-day")
PER_ADDRESS: RateLimitItem = RateLimitItemPerMinute(30, 5, namespace="ask-address")
"""A whole lecture hall shares one address; somebody who tries the whole directory is held."""
TOO_OLD = timedelta(hours=1)
"""A request nobody could answer for so long is dropped: the person has asked again, or left."""
BATCH = 200

log = structlog.get_logger()


@dataclass(frozen=True)
class Asked:
    """What an answerer works with: it enqueues a mail, or nothing. Nobody is waiting for it."""

    db: Session
    person: Person
    settings: Settings
    profile: UniversityProfile
    asked_at: datetime
    now: datetime


Answerer = Callable[[Asked], None]
_answerers: dict[str, Answerer] = {}


def answers(kind: str) -> Callable[[Answerer], Answerer]:
    """Registers who answers one kind of request."""

    def _register(answerer: Answerer) -> Answerer:
        _answerers[kind] = answerer
        return answerer

    return _register


def ask(
    kcb: Services, kind: str, typed: str, language: str, address: str | None, also: str | None = None
) -> None:
    """Writes down that a mail is asked for. ``typed``: :func:`kc_bridge.domain.login.as_typed`, known or not.

    ``also``: another kind, asked for besides if its limits allow it: whoever has lost a password may never have had one.
    It is counted here, for everybody. By the worker, who knows whether there is such a person, it would be told by the
    next page that says when another mail may be asked for.

    Raises :class:`TooManyTries`: one in 5 minutes and 5 a day for one identifier, whoever asks, and a ceiling for one
    network address; what is held is not counted under the next limit.
    """
    now = kcb.clock()
    with kcb.sessions.begin() as db:
        throttle.spend(db, now, (PER_ADDRESS, counted_as(address)))
    _note(kcb, kind, typed, language, now)
    if also is not None:
        with suppress(TooManyTries):
            _note(kcb, also, typed, language, now)


def _note(kcb: Services, kind: str, typed: str, language: str, now: datetime) -> None:
    with kcb.sessions.begin() as db:
        throttle.spend(db, now, *_limits(kcb, kind, typed))
        db.add(MailRequest(kind=kind, identifier=typed, language=language, asked_at=now))


def free_at(kcb: Services, kind: str, typed: str) -> datetime | None:
    """When that mail may be asked for again; None: now."""
    with kcb.sessions() as db:
        return throttle.free_at(db, kcb.clock(), _limits(kcb, kind, typed))


def answer_waiting(
    settings: Settings, profile: UniversityProfile, sessions: SessionFactory, clock: Clock
) -> int:
    """Answers the requests that wait, one transaction each; returns how many. Safe to run many at once.

    Raises ``OperationalError`` when the database fails: what was not answered waits.
    """
    for count in range(BATCH):
        with sessions() as db:
            waiting = db.scalars(select(MailRequest).order_by(MailRequest.id).limit(1)).first()
        if waiting is None:
            return count
        try:
            with sessions.begin() as db:
                if _take(db, waiting):
                    _answer(db, waiting, settings, profile, clock())
        except OperationalError:  # the database, not the request: the next round tries again
            raise
        except Exception as error:  # one that cannot be answered must not keep the others waiting
            log.error("request cannot be answered", kind=waiting.kind, exc_info=error)
            with sessions.begin() as db:
                _take(db, waiting)
    return BATCH


def _take(db: Session, request: MailRequest) -> bool:
    """Removes the request; False when another worker was quicker."""
    taken = db.execute(delete(MailRequest).where(MailRequest.id == request.id))
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def _answer(
    db: Session, request: MailRequest, settings: Settings, profile: UniversityProfile, now: datetime
) -> None:
    if now - request.asked_at > TOO_OLD:
        log.warning("mail asked for too long ago", kind=request.kind)
        return
    for person in _people(db, profile, request.identifier):
        _answerers[request.kind](Asked(db, person, settings, profile, request.asked_at, now))


def _people(db: Session, profile: UniversityProfile, typed: str) -> list[Person]:
    logins = meant_by(typed, profile.mail_domains.values())
    return list(db.scalars(select(Person).where(Person.login.in_(logins))))


def _limits(kcb: Services, kind: str, typed: str) -> tuple[throttle.Spending, ...]:
    """By what the identifier comes to, so that neither capitals nor the domain left out is a way around."""
    meant = meant_by(typed, kcb.profile.mail_domains.values())[-1].partition("@")[0]
    secret = kcb.settings.secret_key.get_secret_value()
    hidden = hmac.new(secret.encode(), f"ask:{kind}:{meant}".encode(), hashlib.sha256).hexdigest()
    return (GAP, hidden), (A_DAY, hidden)
