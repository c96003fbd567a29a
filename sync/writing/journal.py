"""Writing what a run decided and did: persons first, then what Keycloak holds, so that a killed run can be resumed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kc_bridge.channels.announcements import Announcer
from kc_bridge.ports import Result
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.sync import SyncRun
from sync.plan import Action
from sync.turns.lock import Lease
from sync.writing.noting import note
from sync.writing.recording import record

__all__ = ["Journal"]


class Journal:
    """The sync's writer. Transactions are short, none is open while Keycloak is asked, and each ends by
    :class:`sync.turns.lock.Superseded` once a later run has begun. Threads may share it."""

    def __init__(self, sessions: SessionFactory, lease: Lease, announcer: Announcer | None = None) -> None:
        self.lease = lease
        self._announcer = announcer
        self._sessions = sessions
        # SQLite lets one write at a time, and those it keeps waiting sleep longer than need be.
        one_by_one = sessions.kw["bind"].dialect.name == "sqlite"
        self._turn = threading.Lock() if one_by_one else nullcontext()

    def finish(
        self,
        now: datetime,
        status: str,
        counts: Mapping[str, Any],
        digest: str | None = None,
        error: str | None = None,
    ) -> None:
        """Closes the run's row."""
        with self._sessions.begin() as session:
            run = session.get_one(SyncRun, self.lease.run_id)
            run.finished_at, run.status, run.counts = now, status, dict(counts)
            run.plan_digest, run.error = digest, error

    def record(self, actions: Sequence[Action], now: datetime) -> None:
        """Writes who people are and what ties them; those Keycloak must still be told of are left « owed ».

        One transaction. Raises ``IntegrityError`` when somebody else has a number, name or record of theirs.
        """
        with self._transaction() as session:
            record(session, actions, now)

    def applied(self, answered: Sequence[tuple[Action, Result]], now: datetime) -> None:
        """Keycloak holds these users as wanted: notes it, and queues what is to be mailed and told, in one transaction."""
        if answered:
            with self._transaction() as session:
                note(session, answered, now, self._announcer)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with self._turn, self._sessions.begin() as session:
            self.lease.check(session)
            yield session
