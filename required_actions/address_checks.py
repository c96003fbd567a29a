"""Mail addresses a step waits for: kept, mailed, corrected, confirmed by whoever reads the mailbox."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from kc_bridge.domain.errors import LinkSuperseded
from kc_bridge.store import audit, outbox, throttle
from kc_bridge.store.models import AddressCheck, Journey, Link, StepRecord
from required_actions import journeys
from required_actions.links import LIVE

__all__ = ["confirm", "hold", "masked", "pending", "resend", "resend_at", "valid_until"]

GAP: RateLimitItem = RateLimitItemPerMinute(1, 5, namespace="confirm-gap")
"""Between two mails to one address."""
A_DAY: RateLimitItem = RateLimitItemPerDay(5, 1, namespace="confirm-day")
"""Mails a person may have us send to addresses nobody has confirmed (OWASP Forgot Password Cheat Sheet)."""


def hold(db: Session, journey: Journey, step: str, address: str, data: dict[str, Any], now: datetime) -> None:
    """Keeps what a step will record once ``address`` is confirmed, and has the mail sent.

    The same address sent in again changes nothing but ``data``; another one ends the links of the first.
    Raises :class:`TooManyTries` when the person has had too many mails sent today.
    """
    db.execute(delete(StepRecord).where(StepRecord.journey_id == journey.id, StepRecord.step == step))
    check = db.scalar(
        select(AddressCheck).where(AddressCheck.journey_id == journey.id, AddressCheck.step == step)
    )
    if check and check.address == address and check.confirmed_at is None:
        check.data = data
        return
    if check is None:
        check = AddressCheck(journey_id=journey.id, step=step, address=address, data=data, asked_at=now)
        db.add(check)
        db.flush()
    else:
        check.address, check.data, check.asked_at, check.confirmed_at = address, data, now, None
        _end_links(db, check)
    throttle.spend(db, now, (A_DAY, journey.person_id), (GAP, _gap(check)))
    _send(db, check, journey.person_id, now)


def resend(db: Session, check: AddressCheck, now: datetime) -> None:
    """Sends the mail once more. Raises :class:`TooManyTries`: at most one in 5 minutes, and 5 a day."""
    throttle.spend(db, now, (A_DAY, check.journey.person_id), (GAP, _gap(check)))
    _send(db, check, check.journey.person_id, now)


def resend_at(db: Session, check: AddressCheck, person_id: str, now: datetime) -> datetime | None:
    """When the mail may be asked for again; None: now."""
    return throttle.free_at(db, now, [(A_DAY, person_id), (GAP, _gap(check))])


def valid_until(db: Session, check: AddressCheck) -> datetime | None:
    """When the latest link to the address ends; None while its mail waits to be sent."""
    live = select(Link.expires_at).where(Link.check_id == check.id, Link.state.in_(LIVE))
    return db.scalar(live.order_by(Link.created_at.desc()).limit(1))


def pending(db: Session, journey_id: str) -> dict[str, AddressCheck]:
    """Addresses not confirmed yet, by step."""
    found = db.scalars(
        select(AddressCheck).where(AddressCheck.journey_id == journey_id, AddressCheck.confirmed_at.is_(None))
    )
    return {check.step: check for check in found}


def confirm(db: Session, link: Link, now: datetime) -> AddressCheck:
    """Records the step that waited for this address. Pressing the same link again changes nothing.

    Raises :class:`LinkSuperseded` when the address was corrected meanwhile.
    """
    check = db.get(AddressCheck, link.check_id, with_for_update=True)
    if check is None or check.address != link.sent_to:
        raise LinkSuperseded
    if check.confirmed_at is None:
        check.confirmed_at = now
        journeys.record(check.journey, check.step, check.data, now)
        audit.record(db, now, "person", "address.confirmed", check.journey.person_id, step=check.step)
    return check


def masked(address: str) -> str:
    """« c•••••r@gmail.com »: enough to recognise one's own, not enough to learn somebody's."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}{'•' * 5}{local[-1:] if len(local) > 3 else ''}@{domain}"


def _gap(check: AddressCheck) -> str:
    return f"{check.id}:{check.address}"


def _end_links(db: Session, check: AddressCheck) -> None:
    db.execute(update(Link).where(Link.check_id == check.id, Link.state.in_(LIVE)).values(state="superseded"))


def _send(db: Session, check: AddressCheck, person_id: str, now: datetime) -> None:
    outbox.enqueue(
        db,
        kind="confirm_address",
        person_id=person_id,
        dedupe_key=f"confirm:{check.id}:{secrets.token_hex(8)}",
        payload={"check": check.id, "address": check.address},
        now=now,
    )
