"""One run: read → resolve → settle → plan → guard → apply. Everything decided is decided by pure parts; what is read and
planned is staged, so that memory does not grow with the number of rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Any, Protocol

from sqlalchemy import Engine

from kc_bridge.channels.announcements import Announcer
from kc_bridge.domain.calendar import local_date
from kc_bridge.domain.clock import Clock, system_clock
from kc_bridge.domain.errors import BridgeError
from kc_bridge.domain.profile import UniversityProfile
from kc_bridge.ports import Directory
from kc_bridge.settings import Settings
from kc_bridge.store.database import check_schema, session_factory
from sync.apply import Outcome, apply
from sync.garbage import rarely_searched
from sync.guard import PlanRefused, Refusal
from sync.judging.facts import judge, let_pass
from sync.judging.forecast import remember
from sync.people import known
from sync.people.desired import profile_fingerprint
from sync.people.resolving import resolve
from sync.plan import Action, Plan
from sync.planning.pages import Planning
from sync.planning.staging import Staging
from sync.reading.quarantine import forget_others, replace_quarantine
from sync.reading.source import KnownRows, Reading, read
from sync.reading.states import note_readings, since
from sync.reading.unchanged import UnchangedRows
from sync.sources.base import Place, Rejected, Source
from sync.sources.guests import GuestSource
from sync.turns.heartbeat import Felt
from sync.turns.lock import AlreadyRunning, Lease, single_run
from sync.writing.journal import Journal

__all__ = ["NO_PROGRESS", "NoRoom", "Prepared", "Progress", "Report", "SyncEngine"]


class Progress(Protocol):
    """Told how far a run is; ``total`` is None when nobody knows it."""

    def stage(self, name: str, total: int | None = None) -> Callable[[int], None]:
        """Begins a stage; the answer is called with the number of items done since the last call."""
        ...


class _NoProgress:
    def stage(self, _name: str, _total: int | None = None) -> Callable[[int], None]:
        return lambda _done: None


NO_PROGRESS: Progress = _NoProgress()


@dataclass
class NoRoom(BridgeError):
    """The temporary file of a run cannot be written; nothing was changed."""

    reason: str

    def __str__(self) -> str:
        return (
            f"The run's temporary file cannot be written: {self.reason}. Nothing was changed.\n"
            "  → Make room in /var/tmp, or name another folder (TMPDIR): a first load takes some 2 kB a row."
        )


@dataclass
class Prepared:
    """A plan with what the guard and the quarantine say of it; nothing was written. Close it when done."""

    plan: Plan
    refusals: list[Refusal]
    readings: dict[str, Reading]
    """By source."""
    staging: Staging
    unchanged: UnchangedRows

    def __enter__(self) -> Prepared:
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.staging.__exit__(type_, error, trace)

    @property
    def source_counts(self) -> dict[str, dict[str, int]]:
        """Rows, changed and quarantined ones, by source."""
        return {
            name: {
                "rows": reading.rows,
                "changed": reading.changed,
                "quarantined": self.staging.rejected_rows(name),
            }
            for name, reading in self.readings.items()
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
            "ends_earlier": self.plan.ends_earlier,
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
        own = GuestSource(self._sessions, profile_fingerprint(profile))
        self._sources: dict[str, Source] = {source.name: source for source in (*sources, own)}
        self._directory = directory
        self._clock = clock

    def prepare(self, progress: Progress = NO_PROGRESS, *, as_of: date | None = None) -> Prepared:
        """Reads every source and plans for today, or for ``as_of``; writes nothing.

        Raises :class:`sync.sources.base.SourceError`, and :class:`NoRoom`.
        """
        check_schema(self._engine)
        with ExitStack() as unless_prepared:
            staging = unless_prepared.enter_context(Staging())
            try:
                prepared = self._prepare(staging, progress, as_of)
            except sqlite3.OperationalError as error:
                # The worksheet's own: those of the bridge's database are SQLAlchemy's.
                raise NoRoom(str(error)) from None
            unless_prepared.pop_all()
            return prepared

    def _prepare(self, staging: Staging, progress: Progress, as_of: date | None) -> Prepared:
        now = self._clock()
        today = as_of or local_date(now, self._settings.timezone)
        readings = {
            name: self._read(source, staging, now, progress) for name, source in self._sources.items()
        }
        unchanged = UnchangedRows(readings, self._sources, staging)
        with self._sessions() as session:
            staging.everything_read(known.foreseen(session, today), known.owed(session))
            resolve(staging, session, self._profile.matching)
        for name in staging.sources_seen_again():
            unchanged.locate(name)
            staging.reject_seen_again(name)
        plan = Planning(self._sessions, self._profile, today, staging, unchanged).plan(
            progress.stage("Planning")
        )
        prepared = Prepared(plan, [], readings, staging, unchanged)
        with self._sessions() as session:
            counts, lifecycle = prepared.source_counts, self._profile.lifecycle
            prepared.refusals = judge(session, plan, readings.values(), counts, now, lifecycle)
        for refusal in prepared.refusals:
            plan.cover(refusal.problem)
        return prepared

    def _read(self, source: Source, staging: Staging, now: datetime, progress: Progress) -> Reading:
        with self._sessions() as session:
            rows = KnownRows(known.row_hashes(session, source.name))
            mark = since(session, source, now)
        return read(source, rows, staging, mark, progress.stage(f"Reading {source.name}"))

    def run(
        self,
        *,
        progress: Progress = NO_PROGRESS,
        every: timedelta | None = None,
        waiting: Callable[[AlreadyRunning], None] | None = None,
    ) -> Report:
        """Plans and applies. ``every``, ``waiting``: see :func:`sync.turns.lock.single_run`.

        Raises :class:`sync.guard.PlanRefused` unless an operator has approved what the guard refuses,
        :class:`sync.turns.lock.AlreadyRunning`, :class:`sync.turns.lock.NotDue`, :class:`sync.sources.base.SourceError`; the run's
        row keeps which, once there is one.
        """
        check_schema(self._engine)
        silence = self._settings.sync_takeover_after
        turn = single_run(self._engine, self._clock, every=every, waiting=waiting, silence=silence)
        with rarely_searched(), turn as lease:
            progress = Felt(progress, lease.pulse)
            journal = Journal(self._sessions, lease, Announcer(self._settings))
            counts: dict[str, Any] = {}
            try:
                with self.prepare(progress) as prepared:
                    plan = prepared.plan
                    counts = {"sources": prepared.source_counts, "planned": plan.counts}
                    counts["ends_earlier"] = plan.ends_earlier
                    report = self._apply(prepared, journal, lease, counts, progress)
            except PlanRefused as error:
                journal.finish(self._clock(), "refused", counts, error.digest, str(error))
                raise
            except BaseException as error:
                text = str(error) if isinstance(error, BridgeError) else type(error).__name__
                journal.finish(self._clock(), "failed", counts, error=text)
                raise
            journal.finish(
                self._clock(), report.status, report.counts(), report.plan.digest, report.outcome.last_error
            )
            return report

    def _apply(
        self, prepared: Prepared, journal: Journal, lease: Lease, counted: dict[str, Any], progress: Progress
    ) -> Report:
        plan, staging = prepared.plan, prepared.staging
        if prepared.refusals:
            self._quarantine(staging)
            with self._sessions.begin() as session:
                lease.check(session)
                let_pass(session, plan, prepared.refusals, counted, self._clock())
        done = progress.stage("Writing", sum(plan.tally.values()))
        parallel = self._settings.sync_parallel
        outcome = apply(plan.pages, self._directory, journal, self._clock, done, parallel=parallel)
        for action, reason in outcome.conflicts:
            self._reject_conflict(prepared, action, reason)
        self._quarantine(staging)
        counts = prepared.source_counts
        with self._sessions.begin() as session:
            lease.check(session)
            readings = prepared.readings.values()
            note_readings(session, readings, counts, self._clock(), whole_plan=not outcome.partial)
            remember(session, local_date(self._clock(), self._settings.timezone), self._profile.lifecycle)
        return Report("partial" if outcome.partial else "ok", plan, outcome, counts)

    def _quarantine(self, staging: Staging) -> None:
        told = {*self._sources, *staging.sources_rejected()}
        forget_others(self._sessions, told)
        for name in sorted(told):
            replace_quarantine(self._sessions, name, lambda name=name: staging.rejected(name), self._clock())  # type: ignore[misc]

    def _reject_conflict(self, prepared: Prepared, action: Action, reason: str) -> None:
        rows = [(a.source, a.row_hash) for a in action.subject.affiliations if a.row_hash is not None]
        places = (prepared.unchanged.place(source, row) for source, row in rows)
        rejected = Rejected(
            next((place for place in places if place), Place("Keycloak", 0)),
            None,
            f"{action.who} cannot be written: {reason}",
            "Look at that user in the Keycloak console; kc-bridge never changes what is not its own.",
        )
        prepared.staging.reject(action.subject.affiliations[0].source, [rejected])
