"""Two accounts of one human become one; a key that is another human's leaves.

The older account stays with everything it has. The other hands over affiliations, numbers and keys; what is left of it
ends today, so the next run closes its Keycloak user, and the lifecycle purges it in its time. Its address stays an alias.
A split gives a key back its own account, or lets the next run make one.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from kc_bridge.domain.affiliation import Status
from kc_bridge.domain.numbers import FORMER_INE
from kc_bridge.store import audit
from kc_bridge.store.activation import Link
from kc_bridge.store.erasure import ERASED
from kc_bridge.store.models import Affiliation, Identifier, OutboxMessage, Person
from kc_bridge.store.sync import MailAlias, PersonKey, Sameness, SourceState
from sync.people.matching import OPERATOR
from sync.persons.finding import NotPossible, keys_of

__all__ = ["BRIDGE", "call_different", "call_same", "merge", "split"]

BRIDGE = "kc-bridge"
"""Source of the one affiliation somebody merged away keeps: ended, so that the account closes."""


def older_first(one: Person, other: Person) -> tuple[Person, Person]:
    """The account that stays, and the one that goes."""
    first, second = sorted((one, other), key=lambda p: (p.created_at, p.key))
    return first, second


def merge(
    db: Session, stays: Person, goes: Person, *, actor: str, reason: str, now: datetime, today: date
) -> None:
    """Hands everything of ``goes`` over to ``stays``. Raises :class:`NotPossible`."""
    if stays.id == goes.id:
        raise NotPossible(f"Both are the account {stays.login} already.")
    for person in (stays, goes):
        if db.get(PersonKey, person.key):
            raise NotPossible(f"{person.login} was merged into another account before.")
        if person.key.startswith(("keycloak:", ERASED)):
            raise NotPossible(f"No source names {person.login}: there is nothing to merge.")
    for key in keys_of(db, goes):
        call_same(db, stays.key, key, actor, now)
        db.merge(PersonKey(key=key, person_id=stays.id, since=now, rule=OPERATOR))
    moved = db.scalars(select(Affiliation).where(Affiliation.person_id == goes.id)).all()
    for affiliation in moved:
        affiliation.person_key = affiliation.person_key or goes.key
        affiliation.person_id = stays.id
    db.add(_ended(goes, stays, today))
    _move_numbers(db, stays, goes)
    db.execute(update(MailAlias).where(MailAlias.person_id == goes.id).values(person_id=stays.id))
    db.merge(MailAlias(address=goes.mail, person_id=stays.id, since=now, reason="merged"))
    _end_what_was_begun(db, goes)
    for person in (stays, goes):
        person.digest, person.updated_at = None, now  # the next run looks at both
    audit.record(
        db, now, actor, "person.merged", stays.id, reason=reason, other=goes.id, keys=keys_of(db, stays)
    )
    audit.record(db, now, actor, "person.merged_away", goes.id, reason=reason, other=stays.id)


def split(db: Session, person: Person, key: str, *, actor: str, reason: str, now: datetime) -> Person | None:
    """Takes ``key`` from ``person``; the account it had before a merge, else None: the next run makes one.

    Raises :class:`NotPossible`.
    """
    further = db.get(PersonKey, key)
    if further is None or further.person_id != person.id:
        raise NotPossible(
            f"« {key} » is the own key of the account {person.login}: split off one of its others instead."
        )
    call_different(db, person.key, key, actor, now)
    db.delete(further)
    db.flush()
    former = db.scalars(select(Person).where(Person.key == key)).one_or_none()
    _give_back(db, person, key, former)
    _read_again(db, person, key)
    person.digest, person.updated_at = None, now
    details = {"reason": reason, "key": key, "account_again": former is not None}
    audit.record(db, now, actor, "person.split", person.id, **details)
    return former


def call_same(db: Session, one: str, other: str, actor: str, now: datetime) -> None:
    """Keeps an operator's word: one human."""
    _decide(db, one, other, True, actor, now)


def call_different(db: Session, one: str, other: str, actor: str, now: datetime) -> None:
    """Keeps an operator's word: two."""
    _decide(db, one, other, False, actor, now)


def _decide(db: Session, one: str, other: str, same: bool, actor: str, now: datetime) -> None:
    left, right = sorted((one, other))
    if left == right:
        raise NotPossible(f"« {left} » is one key: there is nothing to decide.")
    db.merge(Sameness(left_key=left, right_key=right, same=same, actor=actor, decided_at=now))


def _ended(goes: Person, stays: Person, today: date) -> Affiliation:
    return Affiliation(
        person_id=goes.id,
        source=BRIDGE,
        source_key=f"merged:{goes.id}",
        population=goes.population,
        end=today - timedelta(days=1),
        status=Status.CANCELLED.value,
        reason=f"merged into {stays.uid}",
    )


def _move_numbers(db: Session, stays: Person, goes: Person) -> None:
    has = set(db.scalars(select(Identifier.kind).where(Identifier.person_id == stays.id)))
    for number in db.scalars(select(Identifier).where(Identifier.person_id == goes.id)).all():
        if number.kind == "ine" and "ine" in has:
            number.kind = FORMER_INE
        number.person_id = stays.id


def _end_what_was_begun(db: Session, goes: Person) -> None:
    goes.generation += 1
    open_links = Link.person_id == goes.id, Link.state.in_(("new", "opened"))
    db.execute(update(Link).where(*open_links).values(state="superseded"))
    waiting = OutboxMessage.person_id == goes.id, OutboxMessage.state == "waiting"
    db.execute(update(OutboxMessage).where(*waiting).values(state="expired", last_error="merged"))


def _read_again(db: Session, person: Person, key: str) -> None:
    """Names and numbers may be those of the one who leaves: the next run takes them from what is said of each."""
    mine = Affiliation.person_id == person.id
    sources = {key.partition(":")[0], *db.scalars(select(Affiliation.source).where(mine))}
    # Rows whose hash is not known are new ones; where only what changed is asked for, all is read once.
    db.execute(update(Affiliation).where(mine).values(row_hash=None))
    db.execute(update(SourceState).where(SourceState.source.in_(sources)).values(mark=None))
    own = person.key.partition(":")[2]
    db.execute(delete(Identifier).where(Identifier.person_id == person.id, Identifier.value != own))


def _give_back(db: Session, person: Person, key: str, former: Person | None) -> None:
    mine = Affiliation.person_id == person.id, Affiliation.person_key == key
    of_others = or_(Affiliation.person_key.is_(None), Affiliation.person_key != key)
    rest = select(Affiliation.id).where(Affiliation.person_id == person.id, of_others)
    if db.scalar(rest.limit(1)) is None:
        raise NotPossible(
            f"Nothing else names {person.login}: without « {key} » the account would be nobody's. Split off another key,"
            " or correct the register."
        )
    if former is None:
        db.execute(delete(Affiliation).where(*mine))
        return
    db.execute(update(Affiliation).where(*mine).values(person_id=former.id, row_hash=None))
    ended = Affiliation.person_id == former.id, Affiliation.source == BRIDGE
    db.execute(delete(Affiliation).where(*ended))
    db.execute(delete(MailAlias).where(MailAlias.address == former.mail))
    former.digest = None
