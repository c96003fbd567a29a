"""Mailed links: issued when their mail is sent, opened by a button, spent by the end of the journey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from kc_bridge.domain.errors import AccountClosed, LinkUnknown, Unavailable
from kc_bridge.domain.link import LinkFacts, check, new_token, token_digest
from kc_bridge.store import audit
from kc_bridge.store.models import Journey, Link, Person

__all__ = ["ACTIVATION", "CLAIM_LIFETIME", "IssuedLink", "find", "finish", "get", "issue", "open_link"]

ACTIVATION = "activation"
LIVE = ("new", "opened")
CLAIM_LIFETIME = timedelta(seconds=60)
"""A request that died while Keycloak was writing leaves its claim to the next after this; longer than one call to
Keycloak and its repetition, each with a new access token."""


@dataclass(frozen=True)
class IssuedLink:
    """A link as its mail needs it. The token is nowhere else."""

    token: str
    expires_at: datetime


def issue(db: Session, person: Person, journey: str, lifetime: timedelta, now: datetime) -> IssuedLink:
    """A new activation link; it ends the person's older ones and every journey they began."""
    _not_while_finishing(db, person.id, now)
    supersede(db, person.id)
    person.generation += 1
    token = new_token()
    db.add(
        Link(
            person_id=person.id,
            purpose=ACTIVATION,
            token_sha256=token_digest(token),
            generation=person.generation,
            journey=journey,
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    audit.record(db, now, "outbox", "link.issued", person.id)
    return IssuedLink(token, now + lifetime)


def find(db: Session, token: str, now: datetime, today: date) -> Link:
    """The link of that token, if it may be opened now; reading it changes nothing.

    Raises :class:`LinkError` subclasses and :class:`AccountClosed`.
    """
    link = db.scalar(
        select(Link)
        .options(joinedload(Link.person))
        .where(Link.token_sha256 == token_digest(token), Link.purpose == ACTIVATION)
    )
    if link is None:
        raise LinkUnknown
    return checked(link, now, today)


def checked(link: Link, now: datetime, today: date) -> Link:
    """The link, if it may (still) be opened; raises as :func:`find`."""
    check(LinkFacts(link.state, link.expires_at, link.generation, link.person.generation), now)
    if link.person.account_end and link.person.account_end < today:
        raise AccountClosed(link.person.account_end)
    return link


def get(db: Session, link_id: str, now: datetime, today: date) -> Link:
    """The link a browser is opening, checked again; raises as :func:`find`."""
    link = db.get(Link, link_id, options=[joinedload(Link.person)], with_for_update={"of": Link})
    if link is None:
        raise LinkUnknown
    return checked(link, now, today)


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
