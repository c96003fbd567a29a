"""From staged rows to a plan, a page of persons at a time, in the order of their keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy.orm import Session

from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.store.database import SessionFactory
from sync.people import known
from sync.people.identifiers import account_claims
from sync.people.model import KnownPerson, Read, Subject
from sync.people.names import TakenNames, holders
from sync.plan import Plan, decide
from sync.planning.draft import draft, stems
from sync.planning.staging import Staging
from sync.reading.believing import Context, Unchanged, settle

__all__ = ["PAGE", "Planning"]

PAGE = 500
"""Persons looked at together: their rows, what is known of them and their actions are in memory at once."""


class Planning:
    """Plans for one day."""

    def __init__(
        self,
        sessions: SessionFactory,
        profile: UniversityProfile,
        today: date,
        staging: Staging,
        unchanged: Unchanged,
    ) -> None:
        self._sessions = sessions
        self._profile = profile
        self._today = today
        self._staging = staging
        self._unchanged = unchanged

    def plan(self, on_persons: Callable[[int], None]) -> Plan:
        """The whole plan; its pages are staged."""
        plan = Plan(self._staging)
        for keys in self._staging.keys_to_plan(PAGE):
            with self._sessions() as session:
                subjects = self._subjects(session, keys)
            plan.add(decide(subject) for subject in subjects)
            on_persons(len(keys))
        return plan

    def _subjects(self, session: Session, keys: Sequence[str]) -> list[Subject]:
        staging = self._staging
        reads = staging.reads_of(keys)
        persons = known.persons(session, keys)
        believed = self._settle(session, reads, persons)
        about = {read.person_key for read in believed}
        due = staging.due(keys)
        looked_at = {key: person for key, person in persons.items() if key in about or key in due}
        wanted = stems(believed, persons)
        domains = set(self._profile.mail_domains.values())
        names = TakenNames(session, domains, self._today, staging.names_asked)
        names.ask_for(wanted)
        others = TakenNames(session, domains, self._today, staging.names_given)
        subjects = draft(
            believed,
            looked_at,
            taken=names.__contains__,
            others=others.__contains__,
            profile=self._profile,
            today=self._today,
            calendar=staging.foreseen(keys),
            further=staging.further(sorted({f"{read.source}:{read.record.key}" for read in believed})),
        )
        staging.give_names(subject.account.uid for subject in subjects if subject.known is None)
        return subjects

    def _settle(self, session: Session, reads: list[Read], persons: dict[str, KnownPerson]) -> list[Read]:
        """The rows to believe; the others are rejected."""
        if not reads:
            return reads
        numbers = {number for read in reads for number in read.record.identifiers.items()}
        names = {claim for read in reads for claim in account_claims(read.record.account)}
        context = Context(
            persons=persons,
            record_hashes=known.record_hashes(session, reads),
            owners=known.number_owners(session, reads),
            claims=self._staging.claims(numbers | names),
            holders=holders(session, names, self._today),
            records=self._staging.records({(read.source, read.record.record_key) for read in reads}),
            unchanged=self._unchanged,
            own_domains=set(self._profile.mail_domains.values()),
        )
        settled = settle(reads, context)
        for read, rejected in settled.rejected:
            self._staging.reject(read.source, [rejected])
        return settled.believed
