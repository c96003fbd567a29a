"""Which names are somebody's already: looked up exactly, a few candidates at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kc_bridge.store.among import among
from kc_bridge.store.models import Person
from kc_bridge.store.sync import MailAlias, RetiredName
from sync.people.identifiers import local_part, numbered

__all__ = ["Holder", "TakenNames", "holders"]

CANDIDATES = 2
"""Of each name, asked for together: few people have more homonyms."""
IN_LIST = 1000


class Holder(NamedTuple):
    """Who has a name."""

    what: str
    """As what: ``the login``, ``a former name``…"""
    login: str


def holders(
    session: Session, claims: Collection[tuple[str, str]], today: date
) -> dict[tuple[str, str], Holder]:
    """Who has, or had too lately, the names a source asks for (:func:`sync.people.identifiers.account_claims`)."""
    found: dict[tuple[str, str], Holder] = {}
    for start in range(0, len(claims), IN_LIST):
        chunk = sorted(claims)[start : start + IN_LIST]
        uids = [name for kind, name in chunk if kind == "account uid"]
        names = [name for kind, name in chunk if kind == "account name"]
        parts = {local_part(name) for _, name in chunk}
        still = or_(RetiredName.free_on.is_(None), RetiredName.free_on > today)
        retired = set(session.scalars(select(RetiredName.name).where(among(RetiredName.name, parts), still)))
        former = Holder("a former name", "somebody who no longer has it")
        found |= {claim: former for claim in chunk if local_part(claim[1]) in retired}
        owner = select(MailAlias.address, Person.login).join(Person, Person.id == MailAlias.person_id)
        for address, login in session.execute(owner.where(among(MailAlias.address, names))):
            found["account name", address] = Holder("a former address", login)
        for what, column in (("the mail", Person.mail), ("the login", Person.login)):
            for name, login in session.execute(select(column, Person.login).where(among(column, names))):
                found["account name", name] = Holder(what, login)
        for uid, login in session.execute(select(Person.uid, Person.login).where(among(Person.uid, uids))):
            found["account uid", uid] = Holder("the uid", login)
    return found


class TakenNames:
    """Answers whether a name was ever given: as uid, or before the @ of a login, mail or alias of the university, or to
    somebody whose names are not free yet. ``given``: those of some names that this plan has given."""

    def __init__(
        self,
        session: Session,
        domains: Collection[str],
        today: date,
        given: Callable[[Sequence[str]], Collection[str]],
    ) -> None:
        self._session = session
        self._domains = tuple(domains)
        self._today = today
        self._given = given
        self._taken: set[str] = set()
        self._asked: set[str] = set()

    def ask_for(self, stems: Iterable[str]) -> None:
        """Looks up the first candidates of all those names at once."""
        self._ask([name for stem in stems for name in _candidates(stem, 1)])

    def __contains__(self, name: str) -> bool:
        if name not in self._asked:
            stem = name.rstrip("0123456789") or name
            number = int(name[len(stem) :] or 1)
            self._ask([name, *_candidates(stem, number)])
        return name in self._taken

    def _ask(self, names: list[str]) -> None:
        for start in range(0, len(names), IN_LIST):
            chunk = names[start : start + IN_LIST]
            self._asked.update(chunk)
            self._taken.update(self._given(chunk))
            addresses = [f"{name}@{domain}" for name in chunk for domain in self._domains]
            self._note(select(Person.uid).where(among(Person.uid, chunk)))
            self._note(select(Person.login).where(among(Person.login, [*chunk, *addresses])))
            self._note(select(Person.mail).where(among(Person.mail, addresses)))
            self._note(select(MailAlias.address).where(among(MailAlias.address, addresses)))
            still = or_(RetiredName.free_on.is_(None), RetiredName.free_on > self._today)
            self._note(select(RetiredName.name).where(among(RetiredName.name, chunk), still))

    def _note(self, query: object) -> None:
        found = self._session.scalars(query)  # type: ignore[call-overload]
        self._taken.update(name.partition("@")[0] for name in found)


def _candidates(stem: str, number: int) -> Sequence[str]:
    return [numbered(stem, n) for n in range(number, number + CANDIDATES)]
