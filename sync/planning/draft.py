"""From believed records and known persons to the subjects of a run. Pure: ``today`` and the names taken are given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from kc_bridge.domain import plugins
from kc_bridge.domain.account_state import CLOSED, EXPIRED, OPEN
from kc_bridge.domain.affiliation import VALID, Affiliation, Status
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.domain.profile import UniversityProfile
from sync.people.accounts import new_account
from sync.people.desired import desired_user
from sync.people.identifiers import NO_NAMES, stem
from sync.people.identities import account_names, freshest_first, identity_of
from sync.people.model import Cause, KnownPerson, Read, Subject
from sync.rules.ends import last_day, limited
from sync.rules.lifecycle import Standing, standing
from sync.rules.purge import long_gone

__all__ = ["draft", "stems"]


def stems(reads: Iterable[Read], persons: Mapping[str, KnownPerson]) -> set[str]:
    """The names wanted by people the bridge does not know yet."""
    return {
        stem(read.record.shown_first_name, read.record.shown_last_name)
        for read in reads
        if read.person_key not in persons
    }


def draft(
    reads: Iterable[Read],
    persons: Mapping[str, KnownPerson],
    *,
    taken: Callable[[str], bool],
    others: Callable[[str], bool] = lambda _name: False,
    profile: UniversityProfile,
    today: date,
    calendar: frozenset[str] = frozenset(),
    further: Mapping[str, str] | None = None,
) -> list[Subject]:
    """One subject for every person of ``reads`` and of ``persons``, in the order of their keys.

    ``taken`` and ``others``: see :func:`sync.people.accounts.new_account`. ``calendar`` names the persons a foreseen date has
    come for; ``further`` the sources' keys this run has found to be somebody's, and by what rule.
    """
    by_person: dict[str, list[Read]] = defaultdict(list)
    for read in reads:
        by_person[read.person_key].append(read)
    given: set[str] = set()
    verdicts = _Verdicts(today, profile.lifecycle)

    def is_taken(name: str) -> bool:
        return name in given or taken(name)

    def is_given(name: str) -> bool:
        return name in given or others(name)

    subjects = []
    for key in sorted(by_person.keys() | persons.keys()):
        known = persons.get(key)
        affiliations = _affiliations(known, by_person.get(key, []), today)
        group = freshest_first(by_person.get(key, []), affiliations)
        identity = identity_of(known, group, affiliations)
        where = verdicts.of(affiliations, known)
        if known is None and where.state in CLOSED and long_gone(where.account_end, today, profile.lifecycle):
            continue
        given_names = NO_NAMES
        if known is None or not known.affiliations:
            given_names = account_names(group)
        if known:
            account = known.account
        else:
            account = new_account(
                identity, where.population, given_names, profile, taken=is_taken, others=is_given
            )
            given.add(account.uid)
        language = known.language if known else profile.languages[0]
        subjects.append(
            Subject(
                known=known,
                identity=identity,
                account=account,
                affiliations=affiliations,
                standing=where,
                user=desired_user(identity, account, where, profile, language),
                cause=_cause(known, group, verdicts, foreseen=key in calendar),
                further=_further(group, further or {}),
                given=given_names,
            )
        )
    return subjects


def _affiliations(known: KnownPerson | None, reads: list[Read], today: date) -> tuple[Affiliation, ...]:
    """Those known, with those read in their place; one that was not read stays: absence proves nothing."""
    merged = {(a.source, a.source_key): a for a in known.affiliations} if known else {}
    for read in reads:
        key = (read.source, read.record.record_key)
        merged[key] = _affiliation(read, merged.get(key), today)
    return tuple(sorted(merged.values(), key=lambda a: (a.source, a.source_key)))


def _affiliation(read: Read, before: Affiliation | None, today: date) -> Affiliation:
    record = read.record
    # Of a status that ends it, given without a day: the one it was first read on.
    same_status = before is not None and before.status == record.status not in {VALID, Status.PRE_ADMITTED}
    end = last_day(
        population=record.population,
        year=record.year,
        end=record.end,
        status=record.status,
        status_on=record.status_on or (None if same_status else today),
    )
    if same_status and record.status_on is None and before is not None and before.end is not None:
        end = min(end, before.end) if end else before.end  # the day it was first read stays
    affiliation = Affiliation(
        source=read.source,
        source_key=record.record_key,
        population=record.population,
        start=record.start,
        end=end,
        status=record.status,
        year=record.year,
        programme=record.programme,
        label=record.label,
        reason=record.reason,
        row_hash=read.row_hash,
        person_key=f"{read.source}:{record.key}",
    )
    return limited(affiliation, plugins.load(plugins.RULES).values())


class _Verdicts:
    """The rules on one day. Whoever has a single tie stands where all stand who have such a one: that is found once."""

    def __init__(self, today: date, lifecycle: Lifecycle) -> None:
        self._today = today
        self._lifecycle = lifecycle
        self._found: dict[tuple[object, ...], Standing] = {}

    def of(self, affiliations: tuple[Affiliation, ...], known: KnownPerson | None) -> Standing:
        if known is not None or len(affiliations) > 1:
            return self._judge(affiliations, known)
        tie = affiliations[0]
        like = (tie.population, tie.start, tie.end, tie.status, tie.year)
        if like not in self._found:
            self._found[like] = self._judge(affiliations, known)
        return self._found[like]

    def _judge(self, affiliations: tuple[Affiliation, ...], known: KnownPerson | None) -> Standing:
        closed = known if known is not None and known.state in CLOSED else None
        return standing(
            affiliations,
            self._today,
            activated=known is not None and known.activated,
            closed_after=closed.account_end if closed else None,
            closed_on=closed.closed_on if closed else None,
            stage_reached=closed.state if closed else EXPIRED,
            lifecycle=self._lifecycle,
        )


def _further(reads: Iterable[Read], rules: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if not rules:
        return ()
    keys = {f"{read.source}:{read.record.key}" for read in reads}
    return tuple((key, rules[key]) for key in sorted(keys & rules.keys()))


def _cause(known: KnownPerson | None, reads: Sequence[Read], verdicts: _Verdicts, *, foreseen: bool) -> Cause:
    """A closing that would have come without the new records is the calendar's, not the source's; one that no date
    explains either was recorded by a run that passed the guard and could not finish, or the rules are others now."""
    tied = known is not None and known.affiliations  # somebody adopted is not, until their rows were read
    if known and tied and known.state in OPEN and not verdicts.of(tied, known).open:
        owed = known.digest is None
        return Cause.CALENDAR if foreseen else Cause.REPAIR if owed else Cause.RULES
    if reads:
        return Cause.SOURCE
    return Cause.CALENDAR if foreseen else Cause.REPAIR
