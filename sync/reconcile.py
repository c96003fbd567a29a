"""Which records may be believed together: duplicates and contradictions are quarantined, never guessed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sync.people import KnownPerson, Read
from sync.reading import Reading
from sync.sources.base import Place, Rejected

__all__ = ["Context", "Settled", "settle"]


@dataclass(frozen=True)
class Context:
    """What the bridge already knows of the records, persons and numbers that were read."""

    persons: Mapping[str, KnownPerson]
    """By person key."""
    record_hashes: Mapping[tuple[str, str], str]
    """(source, record key) → hash of the row last read under it."""
    owners: Mapping[tuple[str, str], KnownPerson]
    """(kind, value) of a number → the person who has it."""
    own_domains: Collection[str]
    """Domains of the university's mail."""


@dataclass
class Settled:
    """The changed records to believe, and why others are not."""

    believed: list[Read]
    rejected: dict[str, list[Rejected]] = field(default_factory=lambda: defaultdict(list))
    """By source."""


def settle(readings: Sequence[Reading], context: Context) -> Settled:
    """Symmetric: the order of rows and files changes nothing."""
    unchanged = {hash_: place for reading in readings for hash_, place in reading.unchanged.items()}
    settled = Settled([read for reading in readings for read in reading.changed])
    for check in (_repeated_records, _contradictions, _shared_numbers, _own_mail):
        problems = check(settled.believed, unchanged, context)
        for read, rejected in problems:
            settled.rejected[read.source].append(rejected)
        refused = {id(read) for read, _ in problems}
        settled.believed = [read for read in settled.believed if id(read) not in refused]
    return settled


Problems = list[tuple[Read, Rejected]]
K = TypeVar("K", bound=Hashable)


def _repeated_records(reads: Sequence[Read], unchanged: Mapping[str, Place], context: Context) -> Problems:
    """Two rows under one record key that say different things."""
    groups = _grouped(reads, lambda read: (read.source, read.record.record_key))
    problems: Problems = []
    for key, group in groups.items():
        places = [read.place for read in group]
        known = unchanged.get(context.record_hashes.get(key, ""))
        places += [known] if known else []
        if len(places) > 1:
            problems += [
                (
                    read,
                    _rejected(
                        read, None, f"has the record key of {_others(read, places)}", "Keep the right one."
                    ),
                )
                for read in group
            ]
    return problems


def _contradictions(reads: Sequence[Read], unchanged: Mapping[str, Place], context: Context) -> Problems:
    """Rows of one person that differ in birth date or INE: one of them is somebody else's. An empty cell says nothing."""
    problems: Problems = []
    for key, group in _grouped(reads, lambda read: read.person_key).items():
        births = {read.record.birth_date for read in group}
        ines = {read.record.identifiers.get("ine") for read in group}
        places = [read.place for read in group]
        known = context.persons.get(key)
        if known and (others := _places(known, unchanged)):
            births.add(known.identity.birth_date)
            ines.add(dict(known.identity.identifiers).get("ine"))
            places += others
        if len(births - {None}) > 1 or len(ines - {None}) > 1:
            remedy = "One number is one person: correct the birth date or the INE."
            for read in group:
                problem = f"says otherwise than {_others(read, places)}"
                problems.append((read, _rejected(read, "birth date or INE", problem, remedy)))
    return problems


def _shared_numbers(reads: Sequence[Read], unchanged: Mapping[str, Place], context: Context) -> Problems:
    """One INE, student or staff number claimed for two people."""
    claims: dict[tuple[str, str], list[Read]] = defaultdict(list)
    for read in reads:
        for number in read.record.identifiers.items():
            claims[number].append(read)
    problems: Problems = []
    for (kind, value), group in claims.items():
        keys = {read.person_key for read in group}
        owner = context.owners.get((kind, value))
        places = [read.place for read in group]
        if owner and owner.identity.key not in keys:
            places += _places(owner, unchanged)
            elsewhere = f"somebody the bridge already knows ({owner.account.login})"
        elif len(keys) > 1:
            elsewhere = "another person"
        else:
            continue
        remedy = "Find out whose number it is and correct the other's record."
        problems += [
            (read, _rejected(read, kind, f"is also that of {elsewhere}{_lines(read, places)}", remedy))
            for read in group
        ]
    return list({id(read): (read, rejected) for read, rejected in problems}.values())


def _own_mail(reads: Sequence[Read], _unchanged: Mapping[str, Place], context: Context) -> Problems:
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


def _grouped(reads: Iterable[Read], key: Callable[[Read], K]) -> dict[K, list[Read]]:
    groups: dict[K, list[Read]] = defaultdict(list)
    for read in reads:
        groups[key(read)].append(read)
    return groups


def _places(person: KnownPerson, unchanged: Mapping[str, Place]) -> list[Place]:
    """Where the person's unchanged rows are."""
    hashes = [a.row_hash for a in person.affiliations if a.row_hash]
    return [unchanged[row_hash] for row_hash in hashes if row_hash in unchanged]


def _rejected(read: Read, column: str | None, problem: str, remedy: str) -> Rejected:
    return Rejected(read.place, column, problem, remedy)


def _others(read: Read, places: Iterable[Place]) -> str:
    others = sorted({place for place in places if place != read.place})
    return ", ".join(f"{place.file} line {place.line}" for place in others[:10])


def _lines(read: Read, places: Iterable[Place]) -> str:
    others = _others(read, places)
    return f" ({others})" if others else ""
