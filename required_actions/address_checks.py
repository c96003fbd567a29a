"""Mail addresses a step waits for: kept, mailed, corrected, confirmed by whoever reads the mailbox.

Whoever changes or confirms one holds its journey's row: of a correction and a click at the same moment, the second
sees what the first did.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kc_bridge.domain.errors import AddressLinkEnded
from kc_bridge.domain.journey import action_id
from kc_bridge.domain.link import expiry
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.settings import Settings
from kc_bridge.store import audit, outbox, throttle
from kc_bridge.store.activation import AddressCheck, Journey, Link
from required_actions import journeys
from required_actions.links import LIVE
from required_actions.logins import Login

__all__ = [
    "activates",
    "confirm",
    "forget",
    "free_at",
    "give_up",
    "hold",
    "link_expires_at",
    "masked",
    "of",
    "resend",
    "resend_at",
    "spend",
    "valid_until",
]

GAP: RateLimitItem = RateLimitItemPerMinute(1, 5, namespace="confirm-gap")
"""Between two mails to one address."""
A_DAY: RateLimitItem = RateLimitItemPerDay(5, 1, namespace="confirm-day")
"""Mails a person may have us send to addresses nobody has confirmed (OWASP Forgot Password Cheat Sheet)."""


def of(db: Session, journey: Journey) -> tuple[dict[str, AddressCheck], frozenset[str]]:
    """The addresses a journey waits for, by step, and those confirmed in it."""
    checks = db.scalars(select(AddressCheck).where(AddressCheck.journey_id == journey.id)).all()
    confirmed = {check.address for check in checks if check.confirmed_at}
    # A row knows its latest address only; the one before is still in what its step kept.
    confirmed |= {
        step.data["address"]
        for step in journey.steps
        if step.data.get("details", {}).get("verified") == "mail" and step.data.get("address")
    }
    return {check.step: check for check in checks if not check.confirmed_at}, frozenset(confirmed)


def hold(
    db: Session, journey: Journey, login: Login, step: str, address: str, data: dict[str, Any], now: datetime
) -> None:
    """Keeps what a step will record once ``address`` is confirmed, and has the mail sent.

    The same address sent in again changes nothing but ``data``; another one ends the links of the first, and what
    was begun with them elsewhere. Raises :class:`TooManyTries`: at most one mail to an address in 5 minutes, and 5 a
    day.
    """
    _alone(db, journey)
    check = _find(db, journey, step)
    if check is not None and check.address == address:
        check.data = data
        if check.confirmed_at is not None:  # at this very moment
            journeys.record(journey, step, data, now)
        return
    spend(db, journey.person_id, address, now)
    if check is None:
        check = AddressCheck(journey_id=journey.id, step=step, address=address, data=data, asked_at=now)
        db.add(check)
        db.flush()
    else:
        _end_links(db, check, login)
        check.address, check.data, check.confirmed_at = address, data, None
    _send(db, check, journey.person_id, now)


def give_up(db: Session, journey: Journey, login: Login, step: str) -> None:
    """The step is done without the address it waited for: that one's links confirm nothing any more."""
    _alone(db, journey)
    check = _find(db, journey, step)
    if check is not None and check.confirmed_at is None:
        _end_links(db, check, login)
        db.execute(update(Link).where(Link.check_id == check.id).values(check_id=None))
        db.delete(check)


def forget(db: Session, journey: Journey, login: Login, asked: Collection[str] = ()) -> None:
    """Gives up the addresses of steps whose actions are not ``asked`` for: the person cancelled, or came in anew.

    Then Keycloak holds the step done and would refuse to write a correction: what it has, confirmed earlier, stays.
    """
    waiting, _confirmed = of(db, journey)
    for step in waiting:
        if action_id(step) not in asked:
            give_up(db, journey, login, step)


def resend(db: Session, check: AddressCheck, now: datetime) -> None:
    """Sends the mail once more. Raises :class:`TooManyTries` as :func:`hold`."""
    _alone(db, check.journey)
    db.refresh(check)
    if check.confirmed_at is None:
        spend(db, check.journey.person_id, check.address, now)
        _send(db, check, check.journey.person_id, now)


def resend_at(db: Session, check: AddressCheck, person_id: str, now: datetime) -> datetime | None:
    """When the mail may be asked for again; None: now."""
    return free_at(db, person_id, check.address, now)


def free_at(db: Session, person_id: str, address: str, now: datetime) -> datetime | None:
    """When a mail to an address nobody has confirmed may be asked for again; None: now."""
    return throttle.free_at(db, now, [(A_DAY, person_id), (GAP, _mailbox(person_id, address))])


def valid_until(db: Session, check: AddressCheck) -> datetime | None:
    """When the latest link to the address ends; None while its mail waits to be sent."""
    live = select(Link.expires_at).where(
        Link.check_id == check.id,
        Link.sent_to == check.address,
        Link.state.in_(LIVE),
        Link.created_at >= check.asked_at,
    )
    return db.scalar(live.order_by(Link.created_at.desc()).limit(1))


def activates(check: AddressCheck, profile: UniversityProfile) -> bool:
    """True when the link may begin a login: it belongs to an activation. An active account needs its password."""
    return profile.journey(check.journey.name) is not None


def link_expires_at(
    check: AddressCheck, profile: UniversityProfile, settings: Settings, sent_at: datetime
) -> datetime:
    """When a link mailed at ``sent_at`` ends: with the login that waits for it, where no other could go on."""
    lifetime = profile.journey_for(check.journey.person.population).lifetime_when_asked
    ends = expiry(lifetime, sent_at, settings.timezone)
    login_ends = check.journey.started_at + settings.session_absolute
    return ends if activates(check, profile) else min(ends, login_ends)


def confirm(db: Session, link: Link, now: datetime) -> AddressCheck:
    """Records the step that waited for this address. Pressing the same link again changes nothing.

    Raises :class:`AddressLinkEnded` when the address was corrected or given up meanwhile.
    """
    check = db.get(AddressCheck, link.check_id) if link.check_id else None
    if check is not None:
        _alone(db, check.journey)
        db.refresh(check)
    if check is None or check.address != link.sent_to:
        raise AddressLinkEnded
    if check.confirmed_at is None:
        check.confirmed_at = now
        journeys.record(check.journey, check.step, check.data, now)
        audit.record(db, now, "person", "address.confirmed", check.journey.person_id, step=check.step)
    return check


def masked(address: str) -> str:
    """« c•••••r@gmail.com »: enough to recognise one's own, not enough to learn somebody's."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}{'•' * 5}{local[-1:] if len(local) > 3 else ''}@{domain}"


def _alone(db: Session, journey: Journey) -> None:
    journeys.alone(db, journey.id)
    db.expire(journey, ["steps", "finished_at"])


def _find(db: Session, journey: Journey, step: str) -> AddressCheck | None:
    wanted = select(AddressCheck).where(AddressCheck.journey_id == journey.id, AddressCheck.step == step)
    return db.scalar(wanted.execution_options(populate_existing=True))


def spend(db: Session, person_id: str, address: str, now: datetime) -> None:
    """Counts one mail to an address nobody has confirmed; raises as :func:`hold`."""
    throttle.spend(db, now, (A_DAY, person_id), (GAP, _mailbox(person_id, address)))


def _mailbox(person_id: str, address: str) -> str:
    """One name for what most providers deliver to one mailbox, so that capitals are no way around the limit."""
    return f"{person_id}:{address.casefold()}"


def _end_links(db: Session, check: AddressCheck, login: Login) -> None:
    """All but the link which the person who does this came by."""
    live = update(Link).where(Link.check_id == check.id, Link.state.in_(LIVE))
    if login.link_id is not None:
        live = live.where(Link.id != login.link_id)
    db.execute(live.values(state="superseded"))


def _send(db: Session, check: AddressCheck, person_id: str, now: datetime) -> None:
    """``asked`` tells the mail from those asked for before, which say nothing when they come to be sent late."""
    check.asked_at = now
    outbox.enqueue(
        db,
        kind="confirm_address",
        person_id=person_id,
        dedupe_key=f"confirm:{check.id}:{secrets.token_hex(8)}",
        payload={"check": check.id, "asked": now.isoformat()},
        now=now,
    )
