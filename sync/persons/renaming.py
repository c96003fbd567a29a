"""Another name for somebody: a usual first name, a marriage, a correction. An act of its own, never a source's.

uid and eduPersonPrincipalName stay: applications know people by them. The former address stays an alias, and nobody else
is ever given it meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.store import audit
from kc_bridge.store.models import Person
from kc_bridge.store.outbox import enqueue
from kc_bridge.store.sync import MailAlias, RetiredName
from sync.people.identifiers import LOGIN, allocate, local_part, stem
from sync.people.names import TakenNames
from sync.persons.finding import NotPossible

__all__ = ["Renaming", "plan", "rename"]


@dataclass(frozen=True)
class Renaming:
    """What somebody will be called."""

    first_name: str
    last_name: str
    login: str
    mail: str


def plan(
    db: Session,
    person: Person,
    profile: UniversityProfile,
    today: date,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    login: str | None = None,
) -> Renaming:
    """The names to be; a login that is not given is made of the new names. Raises :class:`NotPossible`."""
    first = (first_name or person.first_name).strip()
    last = (last_name or person.last_name).strip()
    named = Renaming(first, last, person.login, person.mail)
    if login:
        name, wanted = local_part(login.lower()), login.lower()
        if not LOGIN.fullmatch(wanted):
            raise NotPossible(f"« {login} » is no login: letters a–z, digits, dots and hyphens.")
    else:
        name = wanted = _made(db, person, profile, today, first, last)
    if name != local_part(person.login) or wanted == login:
        mail = wanted if "@" in wanted else f"{name}@{person.mail.partition('@')[2]}"
        domain = person.login.partition("@")[2]
        shaped = wanted if "@" in wanted or not domain else f"{name}@{domain}"
        named = Renaming(first, last, shaped, mail)
    if named == Renaming(person.first_name, person.last_name, person.login, person.mail):
        raise NotPossible(f"{person.login} is called so already.")
    _refuse_another_s(db, person, named, today)
    return named


def rename(
    db: Session, person: Person, named: Renaming, profile: UniversityProfile, *, actor: str, reason: str,
    now: datetime, today: date,
) -> None:  # fmt: skip
    """Gives the names; the next run tells Keycloak, and a mail tells the person once it has."""
    former = Renaming(person.first_name, person.last_name, person.login, person.mail)
    if (named.first_name, named.last_name) != (former.first_name, former.last_name):
        # What the register says stays without effect until it says something else.
        person.register_first_name = person.register_first_name or former.first_name
        person.register_last_name = person.register_last_name or former.last_name
        person.first_name, person.last_name = named.first_name, named.last_name
    if mine := db.get(MailAlias, named.mail):
        db.delete(mine)
        db.flush()
    if named.mail != former.mail:
        db.add(MailAlias(address=former.mail, person_id=person.id, since=now, reason="renamed"))
    _retire(db, former, named, profile, today)
    person.login, person.mail = named.login, named.mail
    person.digest, person.updated_at = None, now
    if (named.login, named.mail) != (former.login, former.mail):
        enqueue(
            db,
            kind="renamed",
            person_id=person.id,
            dedupe_key=f"renamed:{person.id}:{now.isoformat()}",
            payload={"former": former.login, "former_mail": former.mail},
            now=now,
        )
    details = {"reason": reason, "from_login": former.login, "to_login": named.login}
    audit.record(db, now, actor, "person.renamed", person.id, **details)


def _made(db: Session, person: Person, profile: UniversityProfile, today: date, first: str, last: str) -> str:
    """``prenom.nom`` of the new names; the present one where it says so already, or a former one of theirs."""
    base = stem(first, last)
    if not base:
        raise NotPossible("No letter a–z can be made of that name: give a login too (--login).")
    own = {local_part(person.login), *_aliases(db, person), person.uid}
    mine = sorted(name for name in own if name.rstrip("0123456789") == base)
    if mine:
        return local_part(person.login) if local_part(person.login) in mine else mine[0]
    taken = TakenNames(db, set(profile.mail_domains.values()), today, lambda _names: ())
    return allocate(base, taken.__contains__)


def _aliases(db: Session, person: Person) -> list[str]:
    query = select(MailAlias.address).where(MailAlias.person_id == person.id)
    return [local_part(address) for address in db.scalars(query)]


def _refuse_another_s(db: Session, person: Person, named: Renaming, today: date) -> None:
    """A login or mail that is, or was, anybody else's."""
    wanted = {named.login, named.mail}
    others = select(Person).where(
        Person.id != person.id, or_(Person.login.in_(wanted), Person.mail.in_(wanted))
    )
    if other := db.scalars(others.limit(1)).first():
        raise NotPossible(f"« {named.login} » is {other.login}'s.")
    aliases = select(MailAlias).where(MailAlias.address.in_(wanted), MailAlias.person_id != person.id)
    if db.scalars(aliases.limit(1)).first():
        raise NotPossible(f"« {named.mail} » is a former address of somebody else.")
    locals_ = {local_part(name) for name in wanted} - {local_part(person.login), person.uid}
    locals_ -= set(_aliases(db, person))
    if db.scalar(select(Person.login).where(Person.uid.in_(locals_), Person.id != person.id).limit(1)):
        raise NotPossible(f"« {named.login} » is the uid of somebody else.")
    still = or_(RetiredName.free_on.is_(None), RetiredName.free_on > today)
    if db.scalar(select(RetiredName.name).where(RetiredName.name.in_(locals_), still).limit(1)):
        raise NotPossible(f"« {named.login} » was somebody's, and is not free again yet.")


def _retire(db: Session, former: Renaming, named: Renaming, profile: UniversityProfile, today: date) -> None:
    """A login that is no address of theirs is kept from others too."""
    name = local_part(former.login)
    if name in {local_part(former.mail), local_part(named.login)}:
        return
    kept = profile.lifecycle.name_kept_days
    free_on = today + timedelta(days=kept) if kept is not None else None
    if db.get(RetiredName, name) is None:
        db.add(RetiredName(name=name, retired_on=today, free_on=free_on))
