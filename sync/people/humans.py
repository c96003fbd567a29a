"""The people the bridge knows, as far as comparing them with new keys needs; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from kc_bridge.domain.matching import MatchingRule
from kc_bridge.store.among import among
from kc_bridge.store.erasure import ERASED
from kc_bridge.store.models import Affiliation, Identifier, Person
from kc_bridge.store.sync import PersonKey, SourceState
from sync.people.matching import Claim, claim_of, link_values

__all__ = ["Humans"]

CHUNK = 200
COLUMNS = (
    Person.id, Person.key, Person.birth_date, Person.birth_name, Person.first_name, Person.last_name,
    Person.personal_mail,
)  # fmt: skip
NO_SOURCE = ("keycloak:", ERASED)
"""What the keys of people begin with whom no source names, or names no longer."""
NOT_NUMBERS = {"birth_date", "birth_name", "first_name", "personal_mail"}


class Humans:
    """Looks up whoever may be one of some claims, by what the rules compare."""

    def __init__(self, session: Session, rules: Sequence[MatchingRule]) -> None:
        self._session = session
        self._rules = rules
        compared = {name for rule in rules for name in rule.same}
        self._kinds = sorted(compared - NOT_NUMBERS)
        self._births = "birth_date" in compared
        self._mails = "personal_mail" in compared

    def unknown(self, keys: Collection[str]) -> list[str]:
        """Those that are nobody's yet."""
        found: set[str] = set()
        for chunk in _chunks(keys):
            found |= set(self._session.scalars(select(Person.key).where(among(Person.key, chunk))))
        return [key for key in keys if key not in found]

    def of_other_sources(self, source: str) -> bool:
        """Whether another source has named anybody: applied, begun with, or adopted from."""
        read = select(SourceState.source).where(SourceState.source != source)
        tied = select(Affiliation.source).where(Affiliation.source != source)
        adopted = select(Person.id).where(
            Person.digest.is_(None), ~Person.key.startswith(f"{source}:", autoescape=True)
        )
        return any(self._session.scalar(query.limit(1)) is not None for query in (read, tied, adopted))

    def like(self, claims: Collection[Claim]) -> list[Claim]:
        """Everybody known who has in common with one of them what a rule asks for."""
        numbers = [(kind, value) for c in claims for kind in self._kinds for value in c.facts.get(kind, ())]
        rows: dict[str, Any] = {}
        for chunk in _chunks(numbers):
            owners = select(Identifier.person_id).where(tuple_(Identifier.kind, Identifier.value).in_(chunk))
            rows |= {row.id: row for row in self._rows(Person.id.in_(owners))}
        loosely: list[Any] = []
        if self._births:
            loosely += [Person.birth_date.in_(c) for c in _chunks(_dates(claims))]
        if self._mails:
            mails = _said(claims, "personal_mail")
            loosely += [among(func.lower(Person.personal_mail), c) for c in _chunks(mails)]
        # A day is the birthday of many: whoever shares nothing else is looked at no further.
        wanted = {value for claim in claims for value in link_values(claim, self._rules)}
        for condition in loosely:
            for row in self._rows(condition):
                if not wanted.isdisjoint(link_values(_claim(row, [], set()), self._rules)):
                    rows[row.id] = row
        return self._claims(list(rows.values()))

    def of_keys(self, keys: Collection[str]) -> list[Claim]:
        """Everybody known who has one of those keys."""
        rows: dict[str, Any] = {}
        for chunk in _chunks(keys):
            further = select(PersonKey.person_id).where(among(PersonKey.key, chunk))
            rows |= {row.id: row for row in self._rows(or_(among(Person.key, chunk), Person.id.in_(further)))}
        return self._claims(list(rows.values()))

    def login(self, key: str) -> str:
        """How an operator knows them."""
        return self._session.scalar(select(Person.login).where(Person.key == key)) or key

    def _rows(self, condition: Any) -> Sequence[Any]:
        """Without those who were merged into somebody else, and those whom no source ever named."""
        merged = select(PersonKey.key).where(PersonKey.key == Person.key).exists()
        named = [~Person.key.startswith(prefix, autoescape=True) for prefix in NO_SOURCE]
        return self._session.execute(select(*COLUMNS).where(condition, ~merged, *named)).all()

    def _claims(self, rows: Sequence[Any]) -> list[Claim]:
        ids = [row.id for row in rows]
        numbers: dict[str, list[tuple[str, str]]] = defaultdict(list)
        further: dict[str, set[str]] = defaultdict(set)
        for chunk in _chunks(ids):
            found = select(Identifier.person_id, Identifier.kind, Identifier.value)
            for person_id, kind, value in self._session.execute(
                found.where(among(Identifier.person_id, chunk))
            ):
                numbers[person_id].append((kind, value))
            keys = select(PersonKey.person_id, PersonKey.key).where(among(PersonKey.person_id, chunk))
            for person_id, key in self._session.execute(keys):
                further[person_id].add(key)
        return [_claim(row, numbers[row.id], further[row.id]) for row in rows]


def _claim(row: Any, numbers: list[tuple[str, str]], further: set[str]) -> Claim:
    said = claim_of(
        row.key,
        numbers=numbers,
        birth_date=row.birth_date.isoformat() if row.birth_date else "",
        birth_name=row.birth_name or row.last_name,
        first_names=(row.first_name,),
        personal_mail=row.personal_mail or "",
    )
    return Claim(row.key, said.keys | further, said.facts, known=True)


def _said(claims: Iterable[Claim], name: str) -> list[str]:
    return sorted({value for claim in claims for value in claim.facts.get(name, ())})


def _dates(claims: Iterable[Claim]) -> list[Any]:
    return [date.fromisoformat(value) for value in _said(claims, "birth_date")]


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    items = list(values)
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
