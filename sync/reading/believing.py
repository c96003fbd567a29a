"""Which records may be believed together: duplicates and contradictions are quarantined, never guessed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sync.people.identifiers import account_claims, local_part
from sync.people.model import KnownPerson, Read
from sync.people.names import Holder
from sync.sources.base import Place, Rejected

__all__ = ["Context", "Settled", "Unchanged", "settle"]


@dataclass(frozen=True)
class Context:
    """What the bridge already knows of the records, persons and numbers that were read, and what else this run read."""

    persons: Mapping[str, KnownPerson]
    """By person key."""
    record_hashes: Mapping[tuple[str, str], int]
    """(source, record key) → hash of the row last read under it."""
    owners: Mapping[tuple[str, str], KnownPerson]
    """(kind, value) of a number → the person who has it."""
    claims: Mapping[tuple[str, str], Sequence[tuple[str, Place]]]
    """(kind, value) of a number → who claims it in this run, and where."""
    holders: Mapping[tuple[str, str], Holder]
    """:func:`sync.people.identifiers.account_claims` → who has that name."""
    records: Mapping[tuple[str, str], Sequence[Place]]
    """(source, record key) → where rows of this run have it."""
    unchanged: Unchanged
    own_domains: Collection[str]
    """Domains of the university's mail."""


class Unchanged(Protocol):
    """The rows this run read as they were before."""

    def present(self, source: str, row_hash: int) -> bool: ...

    def place(self, source: str, row_hash: int) -> Place | None: ...


@dataclass
class Settled:
    """The changed records to believe, and why others are not."""

    believed: list[Read]
    rejected: list[tuple[Read, Rejected]] = field(default_factory=list)


def settle(reads: Sequence[Read], context: Context) -> Settled:
    """Every row about some persons. Symmetric: the order of rows and files changes nothing, nor who is settled with whom."""
    settled = Settled(list(reads))
    for check in (_repeated_records, _contradictions, _shared_numbers, _own_mail, _account_names):
        problems = check(settled.believed, context)
        settled.rejected += problems
        refused = {id(read) for read, _ in problems}
        settled.believed = [read for read in settled.believed if id(read) not in refused]
    return settled


Problems = list[tuple[Read, Rejected]]
K = TypeVar("K", bound=Hashable)


def _repeated_records(reads: Sequence[Read], context: Context) -> Problems:
    """Two rows under one record key that say different things."""
    problems: Problems = []
    for read in reads:
        key = (read.source, read.record.record_key)
        places = list(context.records[key])
        known = context.record_hashes.get(key)
        if known is not None and context.unchanged.present(read.source, known):
            places += _place(context, read.source, known)
        if len(places) > 1:
            problem = f"has the record key of {_others(read, places)}"
            problems.append((read, _rejected(read, None, problem, "Keep the right one.")))
    return problems


def _contradictions(reads: Sequence[Read], context: Context) -> Problems:
    """Rows of one person that differ in birth date or INE: one of them is somebody else's. An empty cell says nothing."""
    problems: Problems = []
    for key, group in _grouped(reads, lambda read: read.person_key).items():
        births = {read.record.birth_date for read in group}
        ines = {read.record.identifiers.get("ine") for read in group}
        known = context.persons.get(key)
        others = _present(context, known) if known else []
        if known and others:
            births.add(known.identity.birth_date)
            ines.add(dict(known.identity.identifiers).get("ine"))
        if len(births - {None}) > 1 or len(ines - {None}) > 1:
            places = [read.place for read in group]
            places += [place for source, row in others for place in _place(context, source, row)]
            remedy = "One number is one person: correct the birth date or the INE."
            for read in group:
                problem = f"says otherwise than {_others(read, places)}"
                problems.append((read, _rejected(read, "birth date or INE", problem, remedy)))
    return problems


def _shared_numbers(reads: Sequence[Read], context: Context) -> Problems:
    """One INE, student or staff number claimed for two people."""
    problems: Problems = []
    for read in reads:
        for number in read.record.identifiers.items():
            claims = context.claims[number]
            owner = context.owners.get(number)
            places = [place for _, place in claims]
            if owner and any(key != owner.identity.key for key, _ in claims):
                if read.person_key == owner.identity.key:
                    continue
                places += [
                    p for source, row in _present(context, owner) for p in _place(context, source, row)
                ]
                elsewhere = f"somebody the bridge already knows ({owner.account.login})"
            elif len({key for key, _ in claims}) > 1:
                elsewhere = "another person"
            else:
                continue
            problem = f"is also that of {elsewhere}{_lines(read, places)}"
            keys = {key for key, _ in claims} | ({owner.identity.key} if owner else set())
            other = min(keys - {read.person_key})
            remedy = (
                "Find out whose number it is and correct the other's record;"
                f" one human: kcb person merge {other} {read.person_key}."
            )
            problems.append((read, _rejected(read, number[0], problem, remedy)))
            break
    return problems


def _own_mail(reads: Sequence[Read], context: Context) -> Problems:
    """A personal mail inside the university: unreachable before the activation, and maybe somebody else's."""
    domains = {domain.lower() for domain in context.own_domains}
    return [
        (
            read,
            _rejected(
                read,
                "personal mail",
                f"« {read.record.personal_mail} » is an address of the university",
                "Ask for an address outside the university, or leave it empty.",
            ),
        )
        for read in reads
        if read.record.personal_mail and read.record.personal_mail.rpartition("@")[2].lower() in domains
    ]


def _account_names(reads: Sequence[Read], context: Context) -> Problems:
    """Names of accounts the source gives: nobody else's, and never another than the one somebody has."""
    problems: Problems = []
    for read in reads:
        asked = read.record.account
        if not any(asked):
            continue
        known = context.persons.get(read.person_key)
        for column, name in zip(asked._fields, asked, strict=True):
            found = _renamed(known, column, name) if known else _taken(read, context, column, name)
            if name and found:
                problems.append((read, _rejected(read, column, *found)))
                break
    return problems


def _renamed(known: KnownPerson, column: str, name: str | None) -> tuple[str, str] | None:
    """A name an operator has replaced since may go on being said."""
    account = known.account
    former = {local_part(alias) for alias in account.aliases}
    if not name or name == getattr(account, column) or local_part(name) in former:
        return None
    problem = f"« {name} » is not the {column} of this account ({account.login})"
    if column == "uid":
        return problem, "A uid never changes: correct the source."
    return (
        problem,
        f"To change it: kcb person rename {account.login} --login {name}; else correct the source.",
    )


def _taken(read: Read, context: Context, column: str, name: str | None) -> tuple[str, str] | None:
    claim = next((c for c in account_claims(read.record.account) if c[1] == name), None)
    if claim is None:
        return None
    others = [place for key, place in context.claims[claim] if key != read.person_key]
    holder = context.holders.get(claim)
    if holder:
        problem = f"« {name} » is {holder.what} of {holder.login}"
    elif others:
        problem = f"« {name} » is asked for by somebody else too{_lines(read, others)}"
    else:
        return None
    return (
        problem,
        f"Give each person a {column} of their own in the source; one that was somebody's stays theirs.",
    )


def _grouped(reads: Iterable[Read], key: Callable[[Read], K]) -> dict[K, list[Read]]:
    groups: dict[K, list[Read]] = defaultdict(list)
    for read in reads:
        groups[key(read)].append(read)
    return groups


def _present(context: Context, person: KnownPerson) -> list[tuple[str, int]]:
    """(source, hash) of the person's rows that this run read unchanged."""
    rows = ((a.source, a.row_hash) for a in person.affiliations)
    return [
        (source, row) for source, row in rows if row is not None and context.unchanged.present(source, row)
    ]


def _place(context: Context, source: str, row_hash: int) -> list[Place]:
    """Where that row is; nothing when the source no longer has it."""
    place = context.unchanged.place(source, row_hash)
    return [place] if place else []


def _rejected(read: Read, column: str | None, problem: str, remedy: str) -> Rejected:
    return Rejected(read.place, column, problem, remedy)


def _others(read: Read, places: Iterable[Place]) -> str:
    others = sorted({place for place in places if place != read.place})
    return ", ".join(f"{place.file} line {place.line}" for place in others[:10])


def _lines(read: Read, places: Iterable[Place]) -> str:
    others = _others(read, places)
    return f" ({others})" if others else ""
