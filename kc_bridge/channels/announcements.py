"""What happens to accounts, queued for whoever is to be told: receivers of webhooks, and a directory.

Called in the transaction that decides it, so that nothing is told that did not happen, and nothing that did is forgotten.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.settings import Settings
from kc_bridge.store.bulk import insert_rows
from kc_bridge.store.models import OutboxMessage, Person

__all__ = [
    "ACTIVATED",
    "CHANGED",
    "DISABLED",
    "FORWARDING",
    "LDAP",
    "About",
    "Announcer",
    "announce",
    "announce_everybody",
]

ACTIVATED = "account.activated"
DISABLED = "account.disabled"
FORWARDING = "forwarding.changed"
CHANGED = "account.changed"
"""Something else that a directory keeps: webhooks are not told."""
OF_KEYCLOAK_ALONE = "keycloak:"
"""Begins the key of people no source names: their accounts are not ours to tell of."""
LDAP = "ldap"
"""The channel of what is written into a directory."""

Row = dict[str, Any]


@dataclass(frozen=True)
class About:
    """Whose account, and how it is from now on."""

    person_id: str
    uid: str
    login: str
    state: str

    @classmethod
    def of(cls, person: Person) -> About:
        return cls(person.id, person.uid, person.login, person.state)


class Announcer:
    """Knows from the settings who is to be told of what."""

    def __init__(self, settings: Settings) -> None:
        self._webhooks = [(webhook.channel, webhook.events) for webhook in settings.webhooks]
        self._directory = settings.ldap_writeback is not None

    def rows(
        self, about: About, event: str, now: datetime, facts: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """Rows of the outbox, all with the same columns, for :func:`kc_bridge.store.bulk.insert_rows`.

        ``facts``: what the event says besides; no identification data, nothing a log may not hold.
        """
        data = {"uid": about.uid, "login": about.login, "state": about.state, **(facts or {})}
        payload = {"at": now.astimezone(UTC).isoformat(), "data": data}
        rows = [
            _row(about, channel, event, payload, now) for channel, told in self._webhooks if event in told
        ]
        if self._directory:  # which writes what is true when it is written, whatever the event
            rows.append(_row(about, LDAP, "writeback", {}, now))
        return rows


def announce(
    db: Session, settings: Settings, person: Person, event: str, now: datetime, **facts: Any
) -> None:
    """Queues what is to be told of ``event`` (:data:`ACTIVATED` and the like)."""
    if person.key.startswith(OF_KEYCLOAK_ALONE):
        return
    insert_rows(db, OutboxMessage, Announcer(settings).rows(About.of(person), event, now, facts))


def announce_everybody(db: Session, now: datetime) -> int:
    """Queues everybody who has an account for the directory: when it is written to for the first time, or was restored.
    Who waits for it already is not queued again. Returns how many were."""
    waits = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.person_id == Person.id,
            OutboxMessage.channel == LDAP,
            OutboxMessage.state == "waiting",
        )
        .exists()
    )
    people = select(Person.id, Person.uid, Person.login, Person.state).where(
        Person.keycloak_id.is_not(None), Person.key.not_like(f"{OF_KEYCLOAK_ALONE}%"), ~waits
    )
    rows = [_row(About(*person), LDAP, "writeback", {}, now) for person in db.execute(people)]
    insert_rows(db, OutboxMessage, rows)
    return len(rows)


def _row(about: About, channel: str, kind: str, payload: Mapping[str, Any], now: datetime) -> Row:
    return {
        "channel": channel,
        "kind": kind,
        "person_id": about.person_id,
        "dedupe_key": f"{channel}:{secrets.token_hex(16)}",
        "payload": payload,
        "created_at": now,
        "not_before": now,
    }
