"""What the next read may skip: up to the mark of the last applied run, unless something is still in quarantine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from kc_bridge.store.base import Base
from kc_bridge.store.database import open_engine, session_factory
from kc_bridge.store.sync import SourceState
from sync.reading.source import KnownRows, Reading
from sync.reading.states import note_readings, since

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
SOURCE = SimpleNamespace(name="view")


@pytest.fixture
def sessions():  # type: ignore[no-untyped-def]
    engine = open_engine("sqlite://")
    Base.metadata.create_all(engine)
    return session_factory(engine)


def note(
    sessions,
    *,
    mark: str | None,
    whole: bool = True,
    quarantined: int = 0,
    at: datetime = NOW,
    done: bool = True,
) -> None:  # type: ignore[no-untyped-def]
    reading = Reading("view", KnownRows(), whole, rows=10, mark=mark)
    with sessions.begin() as session:
        note_readings(
            session, [reading], {"view": {"quarantined": quarantined, "rows": 10}}, at, whole_plan=done
        )


def asked(sessions, after: timedelta = timedelta(minutes=5)) -> str | None:  # type: ignore[no-untyped-def]
    with sessions() as session:
        return since(session, SOURCE, NOW + after)  # type: ignore[arg-type]


def test_a_source_never_read_is_read_whole(sessions) -> None:  # type: ignore[no-untyped-def]
    assert asked(sessions) is None


def test_what_was_applied_is_skipped(sessions) -> None:  # type: ignore[no-untyped-def]
    note(sessions, mark="10:00")
    assert asked(sessions) == "10:00"
    note(sessions, mark="11:00", whole=False)
    assert asked(sessions) == "11:00"


def test_a_day_later_everything_is_read_again(sessions) -> None:  # type: ignore[no-untyped-def]
    note(sessions, mark="10:00")
    note(sessions, mark="11:00", whole=False, at=NOW + timedelta(hours=20))
    assert asked(sessions, timedelta(hours=23)) == "11:00"
    assert asked(sessions, timedelta(hours=24)) is None


def test_a_clock_that_went_back_reads_everything(sessions) -> None:  # type: ignore[no-untyped-def]
    note(sessions, mark="10:00")
    assert asked(sessions, -timedelta(hours=1)) is None


def test_rows_in_quarantine_are_read_again(sessions) -> None:  # type: ignore[no-untyped-def]
    note(sessions, mark="10:00")
    note(sessions, mark="11:00", whole=False, quarantined=1)
    assert asked(sessions) == "10:00"
    note(sessions, mark="11:00", whole=True, quarantined=1)
    assert asked(sessions) is None


def test_a_read_of_what_changed_says_nothing_of_how_many_there_are(sessions) -> None:  # type: ignore[no-untyped-def]
    note(sessions, mark="10:00")
    with sessions.begin() as session:
        partial = Reading("view", KnownRows(), False, rows=1, counted=False, mark="11:00")
        note_readings(session, [partial], {"view": {"quarantined": 0, "rows": 1}}, NOW)
    with sessions() as session:
        assert session.get_one(SourceState, "view").rows == 10


def test_what_a_partial_run_left_is_read_again(sessions) -> None:  # type: ignore[no-untyped-def]
    note(sessions, mark="10:00")
    note(sessions, mark="11:00", whole=False, done=False)
    assert asked(sessions) == "10:00"
    note(sessions, mark="11:00", done=False)
    assert asked(sessions) is None
