"""Telling receivers of webhooks what happened: one channel each, the same message under the same id until it is taken."""

from __future__ import annotations

import json

from kc_bridge.adapters.webhooks import WebhookGone, WebhookRefused, post
from kc_bridge.channels.delivery import Delivery, Never, NotNow, deliver
from kc_bridge.channels.settings import Webhook
from kc_bridge.domain.clock import Clock
from kc_bridge.store.database import SessionFactory

__all__ = ["body_of", "message_id", "tell"]


def tell(webhook: Webhook, sessions: SessionFactory, clock: Clock) -> int:
    """One round for one receiver; returns how many messages it took."""

    def send(delivery: Delivery) -> None:
        try:
            post(webhook, message_id(delivery), body_of(delivery), clock())
        except WebhookGone:
            raise Never("status 410: the receiver wants no more; take it out of [[webhooks]]") from None
        except WebhookRefused as error:
            raise NotNow(str(error)) from None

    return deliver(webhook.channel, sessions, clock, send)


def message_id(delivery: Delivery) -> str:
    """The same at every attempt: receivers tell by it what they have heard already."""
    return f"msg_{delivery.reference.rpartition(':')[2]}"


def body_of(delivery: Delivery) -> bytes:
    """What is signed and sent, byte for byte the same at every attempt."""
    content = {
        "type": delivery.kind,
        "timestamp": delivery.payload["at"],
        "data": delivery.payload["data"],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
