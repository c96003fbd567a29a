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
    LinkError,
    LinkExpired,
    LinkSuperseded,
    LinkUnknown,
    LinkUsed,
    RecoveryLinkEnded,
    RecoveryLinkUsed,
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
    "alone",
    "begin_anew",
    "begins_login",
    "expired",
    "find",
    "finish",
    "get",
    "issue",
    "issue_for_check",
    "issue_for_recovery",
    "not_while_finishing",
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
    anew: bool = True,
) -> IssuedLink:
    """A new way into the activation; it ends the person's older ones and every journey they began.

    Two asked for at once are made one after the other, so that one of them is the newer. ``anew``: False when what led
    to it has ended those already, and this browser's own proof must outlive the mail it asked for.
    """
    person = alone(db, person.id)
    if anew:
        begin_anew(db, person, now)
    else:
        not_while_finishing(db, person.id, now)
        supersede(db, person.id)
    return _add(db, person, now, purpose=purpose, journey=journey, expires_at=expires_at, sent_to=sent_to)


def begin_anew(db: Session, person: Person, now: datetime) -> None:
    """Ends the person's links and every journey begun. The caller is :func:`alone`.

    Raises :class:`Unavailable` while another browser is ending a journey.
    """
    not_while_finishing(db, person.id, now)
    supersede(db, person.id)
    person.generation += 1


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


def issue_for_recovery(
    db: Session, person: Person, sent_to: str, expires_at: datetime, now: datetime
) -> IssuedLink:
    """A new link for a lost password; it ends the older ones nobody has opened, and nothing else.

    Anybody may have it sent by typing an identifier, which must not end what the owner has begun. Opening it ends the
    other openings, and choosing the password everything.
    """
    alone(db, person.id)
    older = Link.person_id == person.id, Link.purpose == RECOVERY, Link.state == "new"
    db.execute(update(Link).where(*older).values(state="superseded"))
    return _add(db, person, now, purpose=RECOVERY, journey=ACTIONS, expires_at=expires_at, sent_to=sent_to)


def alone(db: Session, person_id: str) -> Person:
    """The person as they are now; until the transaction ends, whoever else would end links of theirs waits. Taken before
    any link."""
    return db.get_one(Person, person_id, with_for_update=True, populate_existing=True)


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
    elif link.purpose == RECOVERY:
        _check_recovery(link, facts, now)
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


def _check_recovery(link: Link, facts: LinkFacts, now: datetime) -> None:
    """Raises :class:`RecoveryLinkUsed` or :class:`RecoveryLinkEnded`, which a mailbox that is no backup mail any more is too."""
    try:
        check(facts, now)
    except LinkUsed:
        raise RecoveryLinkUsed from None
    except LinkSuperseded:
        raise RecoveryLinkEnded from None
    except LinkExpired:
        raise expired(link) from None
    if link.sent_to != link.person.personal_mail:
        raise RecoveryLinkEnded


def expired(link: Link) -> LinkError:
    """What to raise for a link whose time is over, in the words of its purpose."""
    return (RecoveryLinkEnded if link.purpose == RECOVERY else LinkExpired)(link.expires_at)


def begins_login(link: Link) -> bool:
    """True for a link that leads into an activation. The owner of an active account logs in with their password: a
    link that confirms an address they gave only does that."""
    return link.purpose != ADDRESS or (link.journey != ACTIONS and link.person.activated_at is None)


def open_link(db: Session, link: Link, opening: str, now: datetime) -> None:
    """Opens a link under a new name, which supersedes its previous opening; of lost passwords, every other one's.

    For a link of :data:`RECOVERY` the caller is :func:`alone`.
    """
    not_while_finishing(db, link.person_id, now)
    if link.purpose == RECOVERY:
        others = Link.person_id == link.person_id, Link.purpose == RECOVERY, Link.state.in_(LIVE)
        db.execute(update(Link).where(*others, Link.id != link.id).values(state="superseded"))
    link.state, link.opened_at, link.opening = "opened", now, opening
    audit.record(db, now, "person", "link.opened", link.person_id)


def not_while_finishing(db: Session, person_id: str, now: datetime) -> None:
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
