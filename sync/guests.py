"""Guests the university vouches for without a register: added, renewed and ended by a word somebody answers for."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.domain.account_state import OPEN
from kc_bridge.domain.affiliation import VALID, Status
from kc_bridge.domain.errors import BridgeError
from kc_bridge.domain.login import as_typed, meant_by
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.store import audit
from kc_bridge.store.models import Affiliation, Person
from kc_bridge.store.sync import Guest
from sync.sources.guests import COLUMNS, NAME, column_of, record_of
from sync.sources.record import explain

__all__ = ["GuestRefused", "NewGuest", "Seen", "add", "end", "renew", "seen"]

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of a number: none looks like another."""
SPONSORS = "staff"
"""Population of those who may vouch."""


@dataclass
class GuestRefused(BridgeError):
    """Nothing was written; ``problem`` and ``remedy`` are for an operator."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}\n  → {self.remedy}"


@dataclass(frozen=True)
class NewGuest:
    """What is said of somebody who comes."""

    first_name: str
    last_name: str
    personal_mail: str | None
    start: date
    until: date
    """Last day."""
    reason: str
    birth_date: date | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Seen:
    """A guest as a list shows it."""

    guest: Guest
    sponsor: str
    """Name of who vouches, or what the bridge had of them."""
    last_day: date
    open: bool
    """Whether the stay covers today."""
    warning: str | None
    """What somebody should look at."""


def add(
    db: Session,
    new: NewGuest,
    sponsor: str,
    profile: UniversityProfile,
    actor: str,
    now: datetime,
    today: date,
) -> Guest:
    """Keeps a new guest, whose account the next run of the sync makes. Raises :class:`GuestRefused`."""
    uid = _sponsor(db, sponsor, profile, today).uid
    _not_too_long(new.start, new.until, today, profile)
    if new.personal_mail and profile.is_own_address(new.personal_mail):
        raise GuestRefused(
            f"« {new.personal_mail} » is an address of the university.",
            "Give one the guest can read before the account works.",
        )
    guest = Guest(
        number=_number(db),
        first_name=new.first_name,
        last_name=new.last_name,
        birth_date=new.birth_date,
        personal_mail=new.personal_mail,
        phone=new.phone,
        sponsor=uid,
        reason=new.reason,
        start=new.start,
        end=new.until,
        status=VALID,
        created_at=now,
        updated_at=now,
    )
    _check(guest)
    if known := _same_human(db, guest, today):
        raise GuestRefused(
            f"{known.first_name} {known.last_name} is a guest already ({known.number}, until {known.end:%d/%m/%Y}).",
            f"Renew the stay: kcb guest renew {known.number} --until …",
        )
    db.add(guest)
    _note(db, guest, now, actor, "guest.added", until=new.until, reason=new.reason)
    return guest


def renew(
    db: Session,
    number: str,
    until: date,
    reason: str,
    profile: UniversityProfile,
    actor: str,
    now: datetime,
    today: date,
    sponsor: str | None = None,
) -> Guest:
    """Prolongs a stay, or takes one up again. Who vouches must still be there, or somebody else must: ``sponsor``.

    Raises :class:`GuestRefused`.
    """
    guest = _guest(db, number)
    if guest.status == VALID and until <= guest.end:
        raise GuestRefused(f"The stay lasts until {guest.end:%d/%m/%Y} already.", "Give a later day.")
    _not_too_long(max(guest.start, today), until, today, profile)
    guest.sponsor = _sponsor(db, sponsor or guest.sponsor, profile, today).uid
    before, guest.end = guest.end, until
    guest.status, guest.status_on, guest.updated_at = VALID, None, now
    _check(guest)
    _note(db, guest, now, actor, "guest.renewed", before=before, until=until, reason=reason)
    return guest


def end(db: Session, number: str, last_day: date, reason: str, actor: str, now: datetime) -> Guest:
    """Ends a stay after ``last_day``, which may be past. Raises :class:`GuestRefused`."""
    guest = _guest(db, number)
    if last_day >= guest.end:
        raise GuestRefused(
            f"The stay ends on {guest.end:%d/%m/%Y} anyway.", "Give an earlier day, or nothing."
        )
    guest.status, guest.status_on, guest.updated_at = (
        Status.WITHDRAWN.value,
        last_day + timedelta(days=1),
        now,
    )
    _note(db, guest, now, actor, "guest.ended", last_day=last_day, reason=reason)
    return guest


def seen(db: Session, today: date) -> list[Seen]:
    """Every guest, those whose stay ends first before the others."""
    guests = db.scalars(select(Guest).order_by(Guest.end, Guest.number)).all()
    sponsors = _people(db, {guest.sponsor for guest in guests})
    staff = _with_right(db, sponsors.values(), today)
    return [_seen(guest, sponsors.get(guest.sponsor), staff, today) for guest in guests]


def _seen(guest: Guest, sponsor: Person | None, staff: set[str], today: date) -> Seen:
    last = guest.status_on - timedelta(days=1) if guest.status_on else guest.end
    is_open = guest.start <= today <= last
    warning = None
    if last >= today:
        if sponsor is None:
            warning = "nobody vouches any more: the sponsor's account is gone"
        elif sponsor.id not in staff:
            warning = f"the sponsor has left: {sponsor.login}"
    return Seen(guest, sponsor.display_name if sponsor else guest.sponsor, last, is_open, warning)


def _sponsor(db: Session, typed: str, profile: UniversityProfile, today: date) -> Person:
    logins = meant_by(as_typed(typed), profile.mail_domains.values())
    wanted = select(Person).where(Person.login.in_(logins) | (Person.uid == as_typed(typed)))
    found = db.scalars(wanted).unique().all()
    if len(found) != 1:
        raise GuestRefused(f"There is no account « {typed} » that could vouch.", "Give a colleague's login.")
    if not _with_right(db, found, today):
        raise GuestRefused(
            f"{found[0].login} is not a member of staff today.",
            "Somebody of the staff must vouch: --sponsor.",
        )
    return found[0]


def _with_right(db: Session, people: Iterable[Person], today: date) -> set[str]:
    """Ids of those who are staff on that day, with an open account."""
    ids = [person.id for person in people if person.state in OPEN]
    ties = db.scalars(
        select(Affiliation).where(Affiliation.person_id.in_(ids), Affiliation.population == SPONSORS)
    )
    return {
        tie.person_id
        for tie in ties
        if (tie.start is None or tie.start <= today) and (tie.end is None or today <= tie.end)
    }


def _people(db: Session, uids: set[str]) -> dict[str, Person]:
    return {person.uid: person for person in db.scalars(select(Person).where(Person.uid.in_(uids)))}


def _not_too_long(start: date, until: date, today: date, profile: UniversityProfile) -> None:
    longest = profile.lifecycle.guest_longest_days
    last = start + timedelta(days=longest - 1)
    if until < today or until < start:
        raise GuestRefused(f"{until:%d/%m/%Y} is over.", "Give a last day to come.")
    if until > last:
        raise GuestRefused(
            f"A stay lasts {longest} days at most: until {last:%d/%m/%Y}.",
            "Give an earlier day, and renew it then (guest_longest_days of the profile).",
        )


def _guest(db: Session, number: str) -> Guest:
    guest = db.scalar(select(Guest).where(Guest.number == number.strip().upper()).with_for_update())
    if guest is None:
        raise GuestRefused(f"There is no guest « {number} ».", "See their numbers: kcb guest list.")
    return guest


def _same_human(db: Session, guest: Guest, today: date) -> Guest | None:
    """A guest of the same mail, or of the same name and birth date, whose stay is not over."""
    living = select(Guest).where(Guest.end >= today, Guest.status == VALID)
    for other in db.scalars(living):
        same_mail = (
            guest.personal_mail and other.personal_mail and _alike(guest.personal_mail, other.personal_mail)
        )
        same_name = _alike(guest.first_name, other.first_name) and _alike(guest.last_name, other.last_name)
        if same_mail or (same_name and guest.birth_date == other.birth_date):
            return other
    return None


def _alike(left: str, right: str) -> bool:
    return as_typed(left) == as_typed(right)


def _number(db: Session) -> str:
    """One nobody ever had: numbers of guests who are erased are not counted anywhere."""
    while True:
        number = "G" + "".join(secrets.choice(LETTERS) for _ in range(7))
        if db.scalar(select(Guest.id).where(Guest.number == number)) is None:
            return number


def _check(guest: Guest) -> None:
    """What the sync would refuse is refused now, to the face of who typed it."""
    try:
        record_of({name: getattr(guest, name) for name in COLUMNS})
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        problem, remedy = explain(wrong)
        raise GuestRefused(f"{column_of(wrong['loc']) or 'The guest'}: {problem}.", remedy) from None


def _note(db: Session, guest: Guest, now: datetime, actor: str, action: str, **details: date | str) -> None:
    person = db.scalar(select(Person).where(Person.key == f"{NAME}:{guest.number}"))
    told = {name: value if isinstance(value, str) else value.isoformat() for name, value in details.items()}
    audit.record(
        db,
        now,
        actor,
        action,
        person.id if person else None,
        guest=guest.number,
        sponsor=guest.sponsor,
        **told,
    )
