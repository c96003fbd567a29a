"""How far each source was read by the runs that were applied, and what that allows the next read to skip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kc_bridge.store.sync import SourceState
from sync.people import known
from sync.reading.source import Reading
from sync.sources.base import Source

__all__ = ["FULL_EVERY", "note_readings", "since"]

FULL_EVERY = timedelta(days=1)
"""A source that can tell what changed is read whole this often all the same: a record deleted there, or one whose date of
change was not kept, is found out then. A source may say otherwise by an attribute ``full_every``."""


def since(session: Session, source: Source, now: datetime) -> str | None:
    """The mark from which to read on; None: read it whole."""
    state = session.get(SourceState, source.name)
    if state is None or state.mark is None:
        return None
    full_every: timedelta = getattr(source, "full_every", FULL_EVERY)
    # A clock that went back counts as long ago.
    return state.mark if timedelta() <= now - state.full_read_at < full_every else None


def note_readings(
    session: Session,
    readings: Iterable[Reading],
    counts: Mapping[str, Mapping[str, int]],
    now: datetime,
    *,
    whole_plan: bool = True,
) -> None:
    """Notes what was read by a run that was applied. The mark stays where it was while rows are in quarantine, and when
    not the ``whole_plan`` was done: they are read again until they can be used."""
    states = known.source_states(session)
    for reading in readings:
        state = states.get(reading.source)
        if state is None:
            state = SourceState(source=reading.source, rejected=0)
            session.add(state)
        if reading.counted:
            state.rows = reading.rows
        if reading.whole:
            state.full_read_at = now
            state.rejected = counts[reading.source]["quarantined"]
        if whole_plan and not counts[reading.source]["quarantined"]:
            state.mark = reading.mark
        elif reading.whole:
            state.mark = None
