"""The outbox: one message per person and reason, taken by one worker, retried ever more slowly, never sent late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.store import outbox
from kc_bridge.store.commands import outbox as command
from kc_bridge.store.database import SessionFactory
from kc_bridge.store.models import OutboxMessage, Person

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)


@pytest.fixture
def person(sessions: SessionFactory) -> Person:
    person = Person(
        key="test:1", uid="u1", login="u1@univ.test", mail="u1@univ.test", first_name="A", last_name="B",
        population="student", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    with sessions.begin() as db:
        db.add(person)
    return person


def write(sessions: SessionFactory, person: Person, reason: str, **fields: Any) -> bool:
    with sessions.begin() as db:
        return outbox.enqueue(
            db, kind="activation", person_id=person.id, dedupe_key=reason, now=NOW, **fields
        )


def take(sessions: SessionFactory, now: datetime = NOW, channel: str = outbox.MAIL) -> str | None:
    with sessions() as db:
        message = outbox.claim(db, now, channel)
        return message.dedupe_key if message else None


def state(sessions: SessionFactory, reason: str) -> OutboxMessage:
    with sessions() as db:
        return db.query(OutboxMessage).filter_by(dedupe_key=reason).one()


def test_one_message_per_reason(sessions: SessionFactory, person: Person) -> None:
    assert write(sessions, person, "a")
    assert not write(sessions, person, "a")
    assert write(sessions, person, "b")
    assert [take(sessions), take(sessions), take(sessions)] == ["a", "b", None]


def test_a_decision_undone_sends_nothing(sessions: SessionFactory, person: Person) -> None:
    with sessions() as db:
        outbox.enqueue(db, kind="activation", person_id=person.id, dedupe_key="a", now=NOW)
        db.flush()
        db.rollback()
    assert take(sessions) is None


def test_not_before_its_time(sessions: SessionFactory, person: Person) -> None:
    write(sessions, person, "a", not_before=NOW + timedelta(minutes=1))
    assert take(sessions, NOW + timedelta(seconds=59)) is None
    assert take(sessions, NOW + timedelta(minutes=1)) == "a"


def test_a_dead_workers_message_goes_to_the_next(sessions: SessionFactory, person: Person) -> None:
    write(sessions, person, "a")
    assert take(sessions) == "a"
    assert take(sessions, NOW + outbox.CLAIM_LIFETIME - timedelta(seconds=1)) is None
    assert take(sessions, NOW + outbox.CLAIM_LIFETIME) == "a"
    assert state(sessions, "a").attempts == 2


def test_expired_ones_are_put_aside_unsent(sessions: SessionFactory, person: Person) -> None:
    write(sessions, person, "old", expires_at=NOW)
    write(sessions, person, "new", expires_at=NOW + timedelta(seconds=1))
    assert take(sessions) == "new"
    assert state(sessions, "old").state == "expired"


@pytest.mark.parametrize("settled", ["sent", "dead", "expired"])
def test_what_is_settled_is_never_taken_again(sessions: SessionFactory, person: Person, settled: str) -> None:
    write(sessions, person, "a")
    take(sessions)
    with sessions.begin() as db:
        message = db.query(OutboxMessage).one()
        {
            "sent": lambda: outbox.sent(message, NOW),
            "dead": lambda: outbox.dead(message, "no"),
            "expired": lambda: outbox.drop(message, "gone"),
        }[settled]()
    assert state(sessions, "a").state == settled
    assert take(sessions, NOW + timedelta(days=400)) is None


def test_ever_more_slowly_for_more_than_a_day(sessions: SessionFactory, person: Person) -> None:
    """32. A relay that is down for a day loses nothing; one that never comes back leaves a dead letter."""
    write(sessions, person, "a")
    now, pauses = NOW, []
    while take(sessions, now):
        with sessions.begin() as db:
            message = db.query(OutboxMessage).one()
            outbox.try_later(message, now, "x" * 600)
            if message.state == "dead":
                break
            pauses.append(message.not_before - now)
            now = message.not_before
    assert pauses[:4] == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40)]
    assert pauses == sorted(pauses)
    assert max(pauses) == timedelta(hours=1)
    assert sum(pauses, timedelta()) > timedelta(hours=24)
    dead = state(sessions, "a")
    assert (dead.state, dead.attempts, len(dead.last_error or "")) == ("dead", outbox.MAX_ATTEMPTS, 500)


def test_each_channel_is_worked_off_by_itself(sessions: SessionFactory, person: Person) -> None:
    """A directory that is down, with a thousand messages before it, delays no mail."""
    for number in range(3):
        write(sessions, person, f"d{number}", channel="ldap")
    write(sessions, person, "m")
    write(sessions, person, "w", channel="webhook.badges")
    assert [take(sessions), take(sessions)] == ["m", None]
    assert [take(sessions, channel="ldap") for _number in range(4)] == ["d0", "d1", "d2", None]
    assert take(sessions, channel="webhook.other") is None
    assert take(sessions, channel="webhook.badges") == "w"


def test_the_command_shows_each_channel_and_why_it_waits(
    sessions: SessionFactory, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(sessions, person, "m")
    write(sessions, person, "d", channel="ldap")
    write(sessions, person, "w", channel="webhook.badges")
    take(sessions, channel="ldap"), take(sessions, channel="webhook.badges")
    with sessions.begin() as db:
        for message in db.query(OutboxMessage).filter(OutboxMessage.channel != "mail"):
            if message.channel == "ldap":
                outbox.try_later(message, NOW, "ldap.univ.fr: [refused]")
            else:
                outbox.dead(message, "status 410")
    monkeypatch.setenv("KCB_DATABASE_URL", f"sqlite:///{tmp_path / 'kcb.db'}")
    monkeypatch.setenv("COLUMNS", "120")
    said = CliRunner().invoke(command, catch_exceptions=False).output
    lines = [" ".join(line.split()) for line in said.splitlines()]
    for line in (
        "ldap activation waiting 1",
        "mail activation waiting 1",
        "webhook.badges activation dead 1",
    ):
        assert line in lines
    assert "ldap.univ.fr: [refused]" in said
    (given_up,) = [line for line in said.splitlines() if "status 410" in line]
    assert "webhook.badges" in given_up


def test_what_was_given_up_is_tried_again_when_asked(
    sessions: SessionFactory, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for channel in ("ldap", "webhook.badges"):
        write(sessions, person, channel, channel=channel)
        take(sessions, channel=channel)
    with sessions.begin() as db:
        for message in db.query(OutboxMessage):
            outbox.dead(message, "no")
    monkeypatch.setenv("KCB_DATABASE_URL", f"sqlite:///{tmp_path / 'kcb.db'}")
    said = CliRunner().invoke(command, ["--retry", "ldap"], catch_exceptions=False).output
    assert "1 messages of ldap will be tried again" in said
    assert (state(sessions, "ldap").state, state(sessions, "ldap").attempts) == ("waiting", 0)
    assert state(sessions, "webhook.badges").state == "dead"


def test_everybody_is_queued_for_a_new_directory(
    sessions: SessionFactory, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"a": "test:a", "b": "test:b", "c": "keycloak:c"}
    with sessions.begin() as db:
        for name, key in names.items():
            more = {"uid": name, "login": name, "mail": name, "first_name": "A", "last_name": "B"}
            db.add(
                Person(
                    key=key, keycloak_id=name, population="student", created_at=NOW, updated_at=NOW, **more
                )
            )
    monkeypatch.setenv("KCB_DATABASE_URL", f"sqlite:///{tmp_path / 'kcb.db'}")
    with pytest.raises(ConfigurationError, match="ldap_writeback"):
        CliRunner().invoke(command, ["--directory"], catch_exceptions=False)
    monkeypatch.setenv("KCB_LDAP_WRITEBACK", '{"url": "ldaps://ldap.univ.fr", "base": "dc=univ"}')
    for count in (2, 0):
        said = CliRunner().invoke(command, ["--directory"], catch_exceptions=False).output
        assert f"{count} people are queued" in said
    with sessions() as db:
        found = {(m.channel, m.kind, m.person.login) for m in db.query(OutboxMessage)}
    assert found == {("ldap", "writeback", "a"), ("ldap", "writeback", "b")}


def test_however_many_wait_one_is_looked_at(sessions: SessionFactory, person: Person) -> None:
    """A first load leaves a mail for everybody: sorting them for each claim would take hours."""
    write(sessions, person, "a")
    asked: list[tuple[str, Any]] = []
    engine = sessions.kw["bind"]

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT outbox"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    assert [take(sessions), take(sessions)] == ["a", None]
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) > 3
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            (step,) = [row[-1] for row in plan]  # no second one, which would sort
            assert step.startswith("SEARCH outbox USING I"), step
