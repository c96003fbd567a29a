"""Working off one channel of the outbox: what came of each message, and when it is tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete

from kc_bridge.domain.clock import Clock
from kc_bridge.domain.errors import BridgeError, ConfigurationError, Unavailable
from kc_bridge.services import Services
from kc_bridge.store import outbox
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.models import OutboxMessage

__all__ = ["Delivery", "Moot", "Never", "NotNow", "deliver", "forget_delivered"]

log = structlog.get_logger()
BATCH = 1000
KEPT = timedelta(days=30)
"""How long what was delivered can be looked up; what could not be stays until an operator has seen to it."""


class NotNow(BridgeError):
    """This message cannot be delivered now; others may."""


class Never(BridgeError):
    """This message will never be taken: an operator sees it in ``kcb outbox``."""


class Moot(BridgeError):
    """There is nothing left to say."""


@dataclass(frozen=True)
class Delivery:
    """A message being delivered; no transaction is open meanwhile."""

    id: int
    kind: str
    reference: str
    """The same at every attempt, and nobody else's."""
    person_id: str
    payload: dict[str, Any]


def deliver(
    channel: str, sessions: SessionFactory, clock: Clock, send: Callable[[Delivery], None], batch: int = BATCH
) -> int:
    """Sends what is due on ``channel``, at most ``batch`` messages; returns how many were taken. Safe to run many at once.

    ``send`` raises :class:`NotNow`, :class:`Never` or :class:`Moot`; any error of the settings, and
    :class:`Unavailable`, end the round: the others would fare no better.
    """
    taken = 0
    for _turn in range(batch):
        with sessions() as db:
            message = outbox.claim(db, clock(), channel)
        if message is None:
            break
        delivery = Delivery(
            message.id, message.kind, message.dedupe_key, message.person_id, dict(message.payload)
        )
        try:
            send(delivery)
        except Moot as nothing:
            _settle(sessions, delivery, _drop(str(nothing)))
        except Never as error:
            log.warning("message refused for good", channel=channel, outbox=delivery.id)
            _settle(sessions, delivery, _dead(str(error)))
        except NotNow as error:
            _settle(sessions, delivery, _later(str(error), clock()))
        except (Unavailable, ConfigurationError) as error:
            log.warning("channel unavailable", channel=channel, reason=str(error).partition("\n")[0])
            _settle(sessions, delivery, _later(str(error), clock()))
            break
        except Exception as error:  # one that cannot be told must not keep the others waiting
            log.error("message cannot be delivered", channel=channel, outbox=delivery.id, exc_info=error)
            _settle(sessions, delivery, _later(type(error).__name__, clock()))
        else:
            _settle(sessions, delivery, lambda m: outbox.sent(m, clock()))
            taken += 1
    return taken


def forget_delivered(kcb: Services) -> int:
    """Removes messages of machines that were delivered, or had nothing left to say, long ago: they name people."""
    old = delete(OutboxMessage).where(
        OutboxMessage.channel != outbox.MAIL,
        OutboxMessage.state.in_(("sent", "expired")),
        OutboxMessage.created_at < kcb.clock() - KEPT,
    )
    with kcb.sessions.begin() as db:
        return db.execute(old).rowcount  # type: ignore[attr-defined]


Change = Callable[[OutboxMessage], None]


def _settle(sessions: SessionFactory, delivery: Delivery, change: Change) -> None:
    with sessions.begin() as db:
        message = db.get(OutboxMessage, delivery.id)
        if message is not None:  # its person may have been erased meanwhile
            change(message)


def _drop(reason: str) -> Change:
    return lambda message: outbox.drop(message, reason)


def _dead(reason: str) -> Change:
    return lambda message: outbox.dead(message, reason)


def _later(reason: str, now: datetime) -> Change:
    return lambda message: outbox.try_later(message, now, reason)
