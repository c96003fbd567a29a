"""Messages waiting to be sent: written with the decision, sent by a worker, one per person and reason.

Each channel (mails, a directory, one receiver of webhooks) is worked off by itself: one that is down holds up no other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kc_bridge.store.models import OutboxMessage

__all__ = [
    "MAIL",
    "PATIENT",
    "backoff",
    "claim",
    "dead",
    "drop",
    "drop_all",
    "drop_waiting",
    "enqueue",
    "revive",
    "sent",
    "try_later",
]

MAIL = "mail"
"""The channel of what people read."""
MAX_ATTEMPTS = 40
"""With :func:`backoff`, a relay may be down for more than a day before a message is given up."""
PATIENT = ("ends_soon", "closed")
"""Kinds that leave when nothing else is due: many at once, foreseen for months, and nobody waits for them."""
CLAIM_LIFETIME = timedelta(minutes=5)
"""A worker that died while sending loses its message to the next one after this."""


def enqueue(
    session: Session,
    *,
    kind: str,
    person_id: str,
    dedupe_key: str,
    now: datetime,
    payload: dict[str, Any] | None = None,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    channel: str = MAIL,
) -> bool:
    """Adds a message in the caller's transaction; False when that ``dedupe_key`` was already there."""
    if session.scalar(select(OutboxMessage.id).where(OutboxMessage.dedupe_key == dedupe_key)):
        return False
    session.add(
        OutboxMessage(
            channel=channel,
            kind=kind,
            person_id=person_id,
            dedupe_key=dedupe_key,
            payload=payload or {},
            created_at=now,
            not_before=not_before or now,
            expires_at=expires_at,
        )
    )
    return True


def claim(session: Session, now: datetime, channel: str = MAIL) -> OutboxMessage | None:
    """Takes the channel's message that has been due for longest, so that no other worker sends it; expired ones are put
    aside unsent. A patient one is taken when there is no other."""
    while True:
        message = _due(session, now, channel)
        if message is None:
            return None
        expired = message.expires_at is not None and message.expires_at <= now
        taken = session.execute(
            update(OutboxMessage)
            .where(
                OutboxMessage.id == message.id,
                OutboxMessage.state == message.state,
                OutboxMessage.not_before == message.not_before,
            )
            .values(
                state="expired" if expired else "sending",
                not_before=now + CLAIM_LIFETIME,
                attempts=OutboxMessage.attempts + 1,
            )
            .execution_options(synchronize_session=False)
        )
        session.commit()
        if taken.rowcount and not expired:  # type: ignore[attr-defined]
            session.refresh(message)
            return message


def _due(session: Session, now: datetime, channel: str) -> OutboxMessage | None:
    """In the order of the index: of a hundred thousand that wait, one is looked at."""
    waiting, patient = OutboxMessage.state == "waiting", OutboxMessage.kind.in_(PATIENT)
    claims_run_out = OutboxMessage.state == "sending"  # see the not_before a claim writes
    for which in ((claims_run_out,), (waiting, ~patient), (waiting, patient)):
        due = OutboxMessage.channel == channel, OutboxMessage.not_before <= now
        query = select(OutboxMessage).where(*due, *which)
        message = session.scalar(query.order_by(OutboxMessage.not_before).limit(1))
        if message is not None:
            return message
    return None


def sent(message: OutboxMessage, now: datetime) -> None:
    """The relay took the message."""
    message.state, message.sent_at, message.last_error = "sent", now, None


def dead(message: OutboxMessage, error: str) -> None:
    """The message can never be sent; an operator sees it in ``kcb outbox``."""
    message.state, message.last_error = "dead", error[:500]


def drop(message: OutboxMessage, reason: str) -> None:
    """Nothing is left to say: the account was activated or closed meanwhile."""
    message.state, message.last_error = "expired", reason[:500]


def drop_waiting(session: Session, person_id: str, kind: str, reason: str) -> None:
    """Drops the person's messages of a kind that nobody is sending yet: something newer takes their place."""
    waiting = (
        OutboxMessage.person_id == person_id,
        OutboxMessage.kind == kind,
        OutboxMessage.state == "waiting",
    )
    session.execute(update(OutboxMessage).where(*waiting).values(state="expired", last_error=reason[:500]))


def drop_all(session: Session, person_id: str, reason: str) -> None:
    """Drops every mail that waits for the person: there is nobody to read it."""
    waiting = (
        OutboxMessage.person_id == person_id,
        OutboxMessage.channel == "mail",
        OutboxMessage.state == "waiting",
    )
    session.execute(update(OutboxMessage).where(*waiting).values(state="expired", last_error=reason[:500]))


def revive(session: Session, channel: str, now: datetime) -> int:
    """Has every message given up on a channel tried again; returns how many."""
    given_up = update(OutboxMessage).where(OutboxMessage.channel == channel, OutboxMessage.state == "dead")
    return session.execute(given_up.values(state="waiting", attempts=0, not_before=now)).rowcount  # type: ignore[attr-defined]


def try_later(message: OutboxMessage, now: datetime, error: str) -> None:
    """The relay refused for now."""
    if message.attempts >= MAX_ATTEMPTS:
        dead(message, error)
    else:
        message.state, message.last_error = "waiting", error[:500]
        message.not_before = now + backoff(message.attempts)


def backoff(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s… at most an hour."""
    return min(timedelta(hours=1), timedelta(seconds=5 * 2 ** min(attempts - 1, 12)))
