"""One run: read → believe → plan → guard → record → apply. Everything decided is decided by pure parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Engine

from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.domain.errors import BridgeError
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.ports import Directory
from kc_bridge.settings import Settings
from kc_bridge.store.database import check_schema, session_factory
from sync import known
from sync.apply import Outcome, apply
from sync.draft import draft, stems
from sync.guard import PlanRefused, Refusal, SourceCount, inspect
from sync.journal import Journal
from sync.lock import single_run
from sync.plan import Action, Plan, make_plan
from sync.reading import Reading, read
from sync.reconcile import Context, settle
from sync.sources.base import Place, Rejected, Source

__all__ = ["NO_PROGRESS", "Prepared", "Progress", "Report", "SyncEngine"]


class Progress(Protocol):
    """Told how far a run is; ``total`` is None when nobody knows it."""

    def stage(self, name: str, total: int | None = None) -> Callable[[], None]:
        """Begins a stage; the answer is called once for every item done."""
        ...


class _NoProgress:
    def stage(self, _name: str, _total: int | None = None) -> Callable[[], None]:
        return lambda: None


NO_PROGRESS: Progress = _NoProgress()


@dataclass
class Prepared:
    """A plan with what the guard and the quarantine say of it; nothing was written."""

    plan: Plan
    refusals: list[Refusal]
    readings: list[Reading]
    rejected: dict[str, list[Rejected]]
    """By source."""

    @property
    def source_counts(self) -> dict[str, dict[str, int]]:
        return {
            reading.source: {
                "rows": reading.rows,
                "changed": len(reading.changed),
                "quarantined": len({rejected.place for rejected in self.rejected[reading.source]}),
            }
            for reading in self.readings
        }


@dataclass
class Report:
    """What a run did."""

    status: str
    """``ok`` or ``partial``."""
    plan: Plan
    outcome: Outcome
    sources: dict[str, dict[str, int]]

    def counts(self) -> dict[str, Any]:
        """For the run's row and the log."""
        return {
            "sources": self.sources,
            "planned": self.plan.counts,
            "done": dict(self.outcome.done),
            "conflicts": len(self.outcome.conflicts),
            "failed": self.outcome.failed,
            "left": self.outcome.left,
        }


class SyncEngine:
    """Syncs one realm. ``directory`` is called only when there is something to write."""

    def __init__(
        self,
        settings: Settings,
        profile: UniversityProfile,
        engine: Engine,
        sources: Sequence[Source],
        directory: Callable[[], Directory],
        clock: Clock = system_clock,
    ) -> None:
        self._settings = settings
        self._profile = profile
        self._engine = engine
        self._sessions = session_factory(engine)
        self._sources = sources
        self._directory = directory
        self._clock = clock

    def prepare(self, progress: Progress = NO_PROGRESS) -> Prepared:
        """Reads every source and plans; writes nothing. Raises :class:`sync.sources.base.SourceError`."""
        check_schema(self._engine)
        readings = [self._read(source, progress) for source in self._sources]
        today = local_date(self._clock(), self._settings.timezone)
        changed = [item for reading in readings for item in reading.changed]
        with self._sessions() as session:
            persons = known.persons(session, {item.person_key for item in changed})
            context = Context(
                persons=persons,
                record_hashes=known.record_hashes(session, changed),
                owners=known.number_owners(session, changed),
                own_domains=set(self._profile.mail_domains.values()),
            )
            settled = settle(readings, context)
            due, foreseen = known.due(session, today)
            believed_keys = {item.person_key for item in settled.believed}
            looked_at = {key: person for key, person in persons.items() if key in believed_keys} | due
            names = known.taken_names(session, stems(settled.believed, persons))
            open_accounts = known.open_accounts(session)
            last_rows = known.last_rows(session)
        plan = make_plan(
            draft(
                settled.believed,
                looked_at,
                taken=names.__contains__,
                profile=self._profile,
                today=today,
                calendar=foreseen,
            )
        )
        counts = [SourceCount(r.source, r.rows, last_rows.get(r.source)) for r in readings]
        return Prepared(
            plan=plan,
            refusals=inspect(plan, counts, open_accounts),
            readings=readings,
            rejected={r.source: r.rejected + settled.rejected.get(r.source, []) for r in readings},
        )

    def run(self, *, accept: str | None = None, progress: Progress = NO_PROGRESS) -> Report:
        """Plans and applies.

        Raises :class:`sync.guard.PlanRefused` unless ``accept`` is the plan's digest,
        :class:`sync.lock.AlreadyRunning`, :class:`sync.sources.base.SourceError`; the run's row keeps which.
        """
        with single_run(self._engine):
            check_schema(self._engine)
            journal = Journal(self._sessions)
            run_id = journal.begin(self._clock())
            try:
                prepared = self.prepare(progress)
                report = self._apply(prepared, journal, accept, progress)
            except PlanRefused as error:
                counts = {"sources": prepared.source_counts, "planned": prepared.plan.counts}
                journal.finish(run_id, self._clock(), "refused", counts, error.digest, str(error))
                raise
            except BaseException as error:
                text = str(error) if isinstance(error, BridgeError) else type(error).__name__
                journal.finish(run_id, self._clock(), "failed", {}, error=text)
                raise
            journal.finish(
                run_id,
                self._clock(),
                report.status,
                report.counts(),
                report.plan.digest,
                report.outcome.last_error,
            )
            return report

    def _read(self, source: Source, progress: Progress) -> Reading:
        with self._sessions() as session:
            hashes = known.row_hashes(session, source.name)
        return read(source, hashes, progress.stage(f"Reading {source.name}"))

    def _apply(self, prepared: Prepared, journal: Journal, accept: str | None, progress: Progress) -> Report:
        plan = prepared.plan
        if prepared.refusals and accept != plan.digest:
            self._quarantine(prepared, journal)
            raise PlanRefused(prepared.refusals, plan.digest)
        journal.record(plan.actions, self._clock())
        actions = plan.for_keycloak
        outcome = Outcome()
        if actions:
            done = progress.stage("Writing to Keycloak", len(actions))
            outcome = apply(actions, self._directory(), journal, self._clock, done)
        for action, reason in outcome.conflicts:
            self._add_conflict(prepared, action, reason)
        self._quarantine(prepared, journal)
        return Report("partial" if outcome.partial else "ok", plan, outcome, prepared.source_counts)

    def _quarantine(self, prepared: Prepared, journal: Journal) -> None:
        for source, rejected in prepared.rejected.items():
            journal.quarantine(source, rejected, self._clock())

    def _add_conflict(self, prepared: Prepared, action: Action, reason: str) -> None:
        hashes = {a.row_hash for a in action.subject.affiliations}
        places = (
            place
            for reading in prepared.readings
            for row_hash, place in [
                *reading.unchanged.items(),
                *((c.row_hash, c.place) for c in reading.changed),
            ]
            if row_hash in hashes
        )
        prepared.rejected.setdefault(action.subject.affiliations[0].source, []).append(
            Rejected(
                next(places, Place("Keycloak", 0)),
                None,
                f"{action.who} cannot be written: {reason}",
                "Look at that user in the Keycloak console; kc-bridge never changes what is not its own.",
            )
        )
