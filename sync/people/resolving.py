"""Whom rows are about: a human whom two sources name, or who was merged, is one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from kc_bridge.domain.matching import MatchingRule
from kc_bridge.store.sync import Sameness
from sync.people import known
from sync.people.humans import Humans
from sync.people.linking import Links
from sync.people.matching import Claim, Decisions, Doubt, Matched, claim_of, match
from sync.people.model import Read
from sync.planning.staging import Staging
from sync.sources.base import Place, Rejected

__all__ = ["resolve"]

PAGE = 500


def resolve(staging: Staging, session: Session, rules: Sequence[MatchingRule]) -> None:
    """Gives the staged rows the keys by which the bridge knows their people; rows of which nobody can tell whose they
    are leave for the quarantine."""
    for keys in staging.keys_read(PAGE):
        for further, own in known.aliases(session, keys).items():
            staging.rename(further, own)
    decisions = _decisions(session)
    humans = Humans(session, rules)
    if not decisions.same and not _several_sources(staging, humans):
        return
    links = Links(rules)
    try:
        for keys in staging.keys_read(PAGE):
            claims = _claims(staging.reads_of(humans.unknown(keys)))
            links.add(claims)
            links.add(humans.like(claims))
        for batch in _batches(links.groups(_as_known(session, decisions))):
            _settle(staging, humans, batch, rules, decisions)
    finally:
        links.close()


def _several_sources(staging: Staging, humans: Humans) -> bool:
    """Within one source nobody is compared with anybody."""
    sources = staging.sources_read()
    return len(sources) > 1 or (len(sources) == 1 and humans.of_other_sources(sources[0]))


def _settle(
    staging: Staging, humans: Humans, keys: list[str], rules: Sequence[MatchingRule], decisions: Decisions
) -> None:
    """Decides for keys that have nothing to do with any other."""
    accounts = humans.of_keys(keys)
    reads = staging.reads_of(sorted(set(keys) - {key for claim in accounts for key in claim.keys}))
    matched = match([*_claims(reads), *accounts], rules, decisions)
    for key, own in matched.canonical.items():
        staging.rename(key, own, matched.rules[key])
    _reject(staging, humans, reads, matched)


def _reject(staging: Staging, humans: Humans, reads: list[Read], matched: Matched) -> None:
    places: dict[str, list[Place]] = {}
    for read in sorted(reads, key=lambda read: read.place):
        places.setdefault(read.person_key, []).append(read.place)
    for read in reads:
        if doubt := matched.doubts.get(read.person_key):
            staging.reject(read.source, [_rejected(read, doubt, places, humans)])
    staging.drop([read for read in reads if read.person_key in matched.doubts])


def _rejected(read: Read, doubt: Doubt, places: dict[str, list[Place]], humans: Humans) -> Rejected:
    if doubt.other in places:
        where = ", ".join(f"{place.file} line {place.line}" for place in places[doubt.other][:5])
    else:
        where = humans.login(doubt.other)
    return Rejected(
        read.place,
        None,
        f"may be about {doubt.other} ({where}): it {doubt.problem}",
        f"One human: kcb person merge {doubt.other} {doubt.key}. Two: kcb person split {doubt.other} {doubt.key}.",
    )


def _claims(reads: Iterable[Read]) -> list[Claim]:
    return [
        claim_of(
            read.person_key,
            numbers=read.record.identifiers.items(),
            birth_date=_iso(read.record.birth_date),
            birth_name=read.record.birth_name or read.record.usual_name or "",
            first_names=(read.record.first_name, read.record.usual_first_name or ""),
            personal_mail=read.record.personal_mail or "",
        )
        for read in reads
    ]


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _decisions(session: Session) -> Decisions:
    rows = session.execute(select(Sameness.left_key, Sameness.right_key, Sameness.same)).all()
    return Decisions(
        same=frozenset((left, right) for left, right, same in rows if same),
        different=frozenset((left, right) for left, right, same in rows if not same),
    )


def _as_known(session: Session, decisions: Decisions) -> list[tuple[str, str]]:
    """The pairs called one human, by the keys of their accounts."""
    own = known.aliases(session, {key for pair in decisions.same for key in pair})
    return [(own.get(left, left), own.get(right, right)) for left, right in sorted(decisions.same)]


def _batches(groups: Iterable[list[str]]) -> Iterator[list[str]]:
    """Several groups at a time: they have nothing in common, so they may be decided together."""
    batch: list[str] = []
    for group in groups:
        batch += group
        if len(batch) >= PAGE:
            yield batch
            batch = []
    if batch:
        yield batch
