"""Mailed links: issued when their mail is sent, opened by a button, spent by the end of the journey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from kc_bridge.domain.errors import (
    AccountClosed,
    AddressConfirmed,
    AddressLinkEnded,
    LinkExpired,
    LinkSuperseded,
    LinkUnknown,
    Unavailable,
)
from kc_bridge.domain.link import LinkFacts, check, new_token, token_digest
from kc_bridge.store import audit
from kc_bridge.store.activation import AddressCheck, Journey, Link
from kc_bridge.store.models import Person
from required_actions.logins import ACTIONS

__all__ = [
    "ACTIVATION",
    "ADDRESS",
    "CLAIM_LIFETIME",
    "IDENTIFIED",
    "RECOVERY",
    "IssuedLink",
    "begins_login",
    "find",
    "finish",
    "get",
    "issue",
    "issue_for_check",
    "open_link",
]

ACTIVATION = "activation"
ADDRESS = "address"
"""Confirms a mail address; during an activation it also goes on with it, on any device."""
RECOVERY = "recovery"
"""Replaces a lost password."""
IDENTIFIED = "identified"
"""Never mailed: stands for somebody who has just given a number and birth date in this browser."""
MAILED = (ACTIVATION, ADDRESS, RECOVERY)
LIVE = ("new", "opened")
CLAIM_LIFETIME = timedelta(seconds=60)
"""A request that died while Keycloak was writing leaves its claim to the next after this; longer than one call to
Keycloak and its repetition, each with a new access token."""


@dataclass(frozen=True)
class IssuedLink:
    """A link as its mail needs it. The token is nowhere else."""

    id: str
    token: str
    expires_at: datetime


def issue(
    db: Session,
    person: Person,
    journey: str,
    expires_at: datetime,
    now: datetime,
    *,
    purpose: str = ACTIVATION,
    sent_to: str | None = None,
) -> IssuedLink:
    """A new way into the activation; it ends the person's older ones and every journey they began.

    Two asked for at once are made one after the other, so that one of them is the newer.
    """
    person = db.get_one(Person, person.id, with_for_update=True, populate_existing=True)
    _not_while_finishing(db, person.id, now)
    supersede(db, person.id)
    person.generation += 1
    return _add(db, person, now, purpose=purpose, journey=journey, expires_at=expires_at, sent_to=sent_to)


def issue_for_check(
    db: Session, check: AddressCheck, journey: str, expires_at: datetime, now: datetime
) -> IssuedLink:
    """A new link that confirms an address; it ends the older ones sent there, and nothing else."""
    older = Link.check_id == check.id, Link.sent_to == check.address, Link.state.in_(LIVE)
    db.execute(update(Link).where(*older).values(state="superseded"))
    return _add(
        db,
        check.journey.person,
        now,
        purpose=ADDRESS,
        journey=journey,
        expires_at=expires_at,
        sent_to=check.address,
        check_id=check.id,
    )


def _add(db: Session, person: Person, now: datetime, **fields: Any) -> IssuedLink:
    token = new_token()
    link = Link(
        person_id=person.id,
        token_sha256=token_digest(token),
        generation=person.generation,
        created_at=now,
        **fields,
    )
    db.add(link)
    db.flush()
    actor = "outbox" if link.purpose in MAILED else "person"
    audit.record(db, now, actor, "link.issued", person.id, purpose=link.purpose)
    return IssuedLink(link.id, token, link.expires_at)


def find(db: Session, token: str, now: datetime, today: date) -> Link:
    """The link of that token, if it may be opened now; reading it changes nothing.

    Raises :class:`LinkError` subclasses and :class:`AccountClosed`.
    """
    link = db.scalar(
        select(Link)
        .options(joinedload(Link.person))
        .where(Link.token_sha256 == token_digest(token), Link.purpose.in_(MAILED))
    )
    if link is None:
        raise LinkUnknown
    return _checked(db, link, now, today)


def _checked(db: Session, link: Link, now: datetime, today: date) -> Link:
    """The link, if it may (still) be opened; raises as :func:`find`."""
    facts = LinkFacts(link.state, link.expires_at, link.generation, link.person.generation)
    if link.purpose == ADDRESS:
        _check_address(db, link, facts, now)
    else:
        check(facts, now)
    if link.person.account_end and link.person.account_end < today:
        raise AccountClosed(link.person.account_end)
    return link


def get(db: Session, link_id: str, now: datetime, today: date) -> Link:
    """The link a browser is opening, checked again; raises as :func:`find`."""
    link = db.get(Link, link_id, options=[joinedload(Link.person)], with_for_update={"of": Link})
    if link is None:
        raise LinkUnknown
    return _checked(db, link, now, today)


def _check_address(db: Session, link: Link, facts: LinkFacts, now: datetime) -> None:
    """Raises :class:`AddressConfirmed` or :class:`AddressLinkEnded` for a link with nothing left to confirm."""
    asked = db.get(AddressCheck, link.check_id, populate_existing=True) if link.check_id else None
    if asked is None or asked.address != link.sent_to:
        raise AddressLinkEnded
    try:
        check(facts, now)
    except (LinkExpired, LinkSuperseded) as ended:
        if asked.confirmed_at is not None:
            raise AddressConfirmed from None
        expired_at = ended.expired_at if isinstance(ended, LinkExpired) else None
        raise AddressLinkEnded(expired_at, activates=begins_login(link)) from None
    if asked.journey.finished_at is not None:
        raise AddressConfirmed if asked.confirmed_at else AddressLinkEnded


def begins_login(link: Link) -> bool:
    """True for a link that leads into an activation. The owner of an active account logs in with their password: a
    link that confirms an address they gave only does that."""
    return link.purpose != ADDRESS or (link.journey != ACTIONS and link.person.activated_at is None)


def open_link(db: Session, link: Link, opening: str, now: datetime) -> None:
    """Opens a link under a new name, which supersedes its previous opening."""
    _not_while_finishing(db, link.person_id, now)
    link.state, link.opened_at, link.opening = "opened", now, opening
    audit.record(db, now, "person", "link.opened", link.person_id)


def _not_while_finishing(db: Session, person_id: str, now: datetime) -> None:
    """Raises :class:`Unavailable` while another browser is ending a journey: two would otherwise own the account."""
    finishing = select(Journey.id).where(
        Journey.person_id == person_id,
        Journey.finished_at.is_(None),
        Journey.finishing_at >= now - CLAIM_LIFETIME,
    )
    if db.scalar(finishing.limit(1)):
        raise Unavailable("a journey of this person is being finished")


def supersede(db: Session, person_id: str) -> None:
    """Ends every live link of a person."""
    db.execute(
        update(Link).where(Link.person_id == person_id, Link.state.in_(LIVE)).values(state="superseded")
    )


def finish(db: Session, link_id: str | None, person_id: str, now: datetime) -> None:
    """Spends the link a journey came from and ends the person's others."""
    if link_id is not None:
        db.execute(update(Link).where(Link.id == link_id).values(state="finished", finished_at=now))
    supersede(db, person_id)
