"""What the demo waits for before it says READY: mails that leave, however slowly; never one that does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kc_bridge.demo.first_mails import PATIENCE, mails_due, wait_while_they_leave
from kc_bridge.store import outbox
from kc_bridge.store.database import SessionFactory, open_engine, session_factory
from kc_bridge.store.models import OutboxMessage, Person
from tests.support.quick import empty_database

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "kcb.db"
    path.write_bytes(empty_database())
    return path


@pytest.fixture
def sessions(database: Path) -> SessionFactory:
    return session_factory(open_engine(f"sqlite:///{database}"))


def queue(sessions: SessionFactory, reasons: str, channel: str = outbox.MAIL) -> None:
    person = Person(
        key=f"test:{reasons}", uid=reasons, login=f"{reasons}@univ.test", mail=f"{reasons}@univ.test",
        first_name="A", last_name="B", population="student", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    with sessions.begin() as db:
        db.add(person)
        db.flush()
        for reason in reasons:
            key = f"{channel}:{reason}"
            outbox.enqueue(
                db, kind="activation", person_id=person.id, dedupe_key=key, now=NOW, channel=channel
            )


def test_mails_are_due_until_the_relay_has_them(database: Path, sessions: SessionFactory) -> None:
    due = mails_due(database, lambda: NOW)
    assert due() == 0
    queue(sessions, "abcd")
    queue(sessions, "xyz", channel="webhook")
    assert due() == 4
    with sessions() as db:
        message = outbox.claim(db, NOW)
        assert message is not None
    assert due() == 4, "one that is being sent has not arrived"
    with sessions.begin() as db:
        outbox.sent(db.get_one(OutboxMessage, message.id), NOW)
        outbox.dead(db.get_one(OutboxMessage, message.id + 1), "no such mailbox")
    assert due() == 2


@pytest.mark.parametrize(("seconds", "waited_for"), [(5, True), (3600, False)])
def test_one_that_is_tried_again_soon_is_waited_for(
    database: Path, sessions: SessionFactory, seconds: int, waited_for: bool
) -> None:
    queue(sessions, "a")
    with sessions.begin() as db:
        db.query(OutboxMessage).one().not_before = NOW + timedelta(seconds=seconds)
    assert mails_due(database, lambda: NOW)() == waited_for


def test_counting_waits_for_no_writer(database: Path, sessions: SessionFactory) -> None:
    queue(sessions, "a")
    due = mails_due(database, lambda: NOW)
    with sessions.begin() as db:
        db.query(OutboxMessage).one().state = "sent"
        db.flush()
        assert due() == 1
    assert due() == 0


def waiting(counts: list[int], seconds: float) -> tuple[int, list[str], int]:
    """Looks that find ``counts``, the last again and again, some seconds apart: what is left, told, and the looks."""
    looks, told, clock = iter(counts), list[str](), [0.0]
    asked: list[int] = []

    def due() -> int:
        asked.append(next(looks, counts[-1]))
        return asked[-1]

    def pause() -> None:
        clock[0] += seconds

    left = wait_while_they_leave(due, pause, told.append, lambda: clock[0])
    return left, told, len(asked)


def test_nothing_to_wait_for_takes_no_time() -> None:
    assert waiting([0], seconds=1) == (0, [], 1)


def test_mails_that_leave_are_waited_for_however_slowly() -> None:
    left, told, _ = waiting([3, 2, 1, 0], seconds=PATIENCE - 1)
    assert left == 0
    assert told == ["0 of 3", "1 of 3", "2 of 3"]


def test_mails_that_join_are_waited_for_too() -> None:
    left, told, _ = waiting([2, 4, 3, 0], seconds=1)
    assert left == 0
    assert told == ["0 of 2", "0 of 4", "1 of 4"]


def test_mails_that_do_not_leave_are_waited_for_with_patience_and_no_longer() -> None:
    left, told, looks = waiting([3, 2], seconds=PATIENCE / 4)
    assert left == 2
    assert told[-1] == "1 of 3"
    assert looks == 1 + 1 + 4
