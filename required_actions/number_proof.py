"""A number and a birth date: the form that asks for both, and the person they name, for every page that asks.

Whatever does not open is told by None, after the same work: an unknown number, another birth date, an account that is
activated, closed, or entered otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import Row, Select, exists, literal, select, true, union
from sqlalchemy.orm import Session, aliased
from wtforms import StringField, ValidationError

from kc_bridge.domain.birth_date import parse
from kc_bridge.domain.identification import NOBODY, Holder, is_opened
from kc_bridge.domain.numbers import FORMER_INE, LONGEST, NumberKind, as_typed
from kc_bridge.domain.profile import JourneySpec, UniversityProfile
from kc_bridge.services import Services, services
from kc_bridge.store.models import Identifier, Person

__all__ = ["Kinds", "NumberForm", "holder", "ine_besides_identifier", "named", "opened"]

Kinds = Callable[[JourneySpec], Collection[NumberKind]]
"""The kinds of number the people of a journey may give, where this is asked."""


def ine_besides_identifier(journey: JourneySpec) -> tuple[NumberKind, ...]:
    """The INE, for people whose journey is entered by an identifier (« Problème de connexion »); none for others."""
    return ("ine",) if "identifier" in journey.entrances else ()


class NumberForm(FlaskForm):
    number = StringField()
    birth_date = StringField(_l("Date de naissance"))
    born: date | None = None
    """The birth date, once understood."""

    def validate_number(self, field: StringField) -> None:
        if not 0 < len(as_typed(field.data or "")) <= LONGEST:
            raise ValidationError(_("Saisissez votre numéro, tel qu'il est écrit."))

    def validate_birth_date(self, field: StringField) -> None:
        self.born = parse(field.data or "", services().today())
        if self.born is None:
            raise ValidationError(
                _("Saisissez votre date de naissance : jour, mois et année, par exemple 31/03/2007.")
            )


def opened(
    db: Session, kcb: Services, kind: NumberKind, number: str, born: date, kinds: Kinds
) -> Row[Any] | None:
    """The one person whose account these words open, looked for in our database alone: ``id``, ``login``,
    ``generation``."""
    person = named(db, kind, number)
    known = holder(kcb.profile, person, kinds, kcb.clock()) if person else NOBODY
    is_theirs = is_opened(known, kind, born, kcb.today())
    return person if person and is_theirs else None


def named(db: Session, kind: NumberKind, number: str) -> Row[Any] | None:
    """The one person who holds the number, looked for in our database alone; whoever calls it must do the same work
    when there is none."""
    rows = db.execute(_search(kind, number)).all()
    person = rows[0] if len(rows) == 1 else None
    return person if person and person.id else None


def _search(kind: NumberKind, number: str) -> Select[Any]:
    """One row of whoever holds the number, and as well one, of nothing, when nobody does: the same work is done."""
    holders = [select(Identifier.person_id).where(Identifier.kind == kind, Identifier.value == number)]
    if kind == "uid":
        holders.append(select(Person.id).where(Person.uid == number.lower()))  # as the sync makes them
    if kind == "ine":
        now_somebodys = aliased(Identifier)
        taken = exists().where(now_somebodys.kind == "ine", now_somebodys.value == number)
        former = Identifier.kind == FORMER_INE, Identifier.value == number, ~taken
        holders.append(select(Identifier.person_id).where(*former))
    columns = (
        Person.id,
        Person.login,
        Person.generation,
        Person.birth_date,
        Person.state,
        Person.activated_at,
        Person.account_end,
        Person.keycloak_id,
        Person.population,
        Person.address_frozen_until,
        Person.reset_at,
    )
    found = select(*columns).where(Person.id.in_(union(*holders))).subquery()
    always = select(literal(1).label("row")).subquery()
    return select(found).select_from(always.outerjoin(found, true()))


def holder(profile: UniversityProfile, person: Person | Row[Any], kinds: Kinds, now: datetime) -> Holder:
    """What the rules ask of a person, or of a row with the columns of one."""
    frozen_until = person.address_frozen_until
    return Holder(
        birth_date=person.birth_date,
        state=person.state,
        activated=person.activated_at is not None,
        account_end=person.account_end,
        in_keycloak=person.keycloak_id is not None,
        kinds=kinds(profile.journey_for(person.population)),
        frozen=person.reset_at is not None or (frozen_until is not None and now < frozen_until),
    )
