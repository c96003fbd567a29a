"""Notices of an account's end: which is due on which day, whatever days nobody looked, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.domain.account_state import DATA_PURGED, EXPIRED
from kc_bridge.domain.affiliation import DECEASED
from kc_bridge.mailer import send_waiting
from kc_bridge.settings import SmtpSettings
from kc_bridge.store.models import Affiliation, OutboxMessage, Person
from sync.chores.notices import announce_ends, notice_due
from tests.support.bridge import FixedClock, make_app, make_person, services_of
from tests.support.relay import Relay

END = date(2027, 12, 31)
LONG_AGO = date(2026, 9, 7)
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("today", "which"),
    [
        (date(2027, 11, 30), None),
        (date(2027, 12, 1), "30"),
        (date(2027, 12, 2), "30"),
        (date(2027, 12, 23), "30"),
        (date(2027, 12, 24), "7"),
        (date(2027, 12, 31), "7"),
        (date(2028, 1, 1), "closed"),
        (date(2028, 1, 7), "closed"),
        (date(2028, 1, 8), None),
    ],
)
def test_the_notice_of_each_day(today: date, which: str | None) -> None:
    due = notice_due(END, today, LONG_AGO)
    assert (due.which if due else None) == which


@pytest.mark.parametrize(
    ("began", "today", "which"),
    [
        (date(2027, 12, 1), date(2027, 12, 1), "30"),
        (date(2027, 12, 2), date(2027, 12, 3), None),
        (date(2027, 12, 2), date(2027, 12, 24), "7"),
        (date(2027, 12, 25), date(2027, 12, 30), None),
        (date(2027, 12, 25), date(2028, 1, 1), "closed"),
    ],
)
def test_whoever_began_within_those_days_was_told_then(began: date, today: date, which: str | None) -> None:
    due = notice_due(END, today, began)
    assert (due.which if due else None) == which


@pytest.mark.parametrize(
    ("end", "day"),
    [(date(2028, 2, 29), date(2028, 1, 30)), (date(2027, 4, 27), date(2027, 3, 28))],
    ids=["29 February", "over the change to summer time"],
)
def test_thirty_days_are_days_of_the_calendar(end: date, day: date) -> None:
    assert notice_due(end, day - timedelta(days=1), LONG_AGO) is None
    assert notice_due(end, day, LONG_AGO) is not None


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def bridge(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock)


@pytest.fixture
def relay(bridge: Flask) -> Iterator[Relay]:
    relay = Relay()
    services_of(bridge).settings.smtp = SmtpSettings(host="127.0.0.1", port=relay.port)
    yield relay
    relay.stop()


def at(day: date, hour: int = 3, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def owner(bridge: Flask, **fields: Any) -> Person:
    active = {"account_end": END, "activated_at": at(LONG_AGO), "state": "SupannActif"}
    return make_person(bridge, **active | fields)


def queued(bridge: Flask, person: Person) -> list[tuple[str, str]]:
    with services_of(bridge).sessions() as db:
        mine = select(OutboxMessage).where(OutboxMessage.person_id == person.id).order_by(OutboxMessage.id)
        return [(message.kind, message.dedupe_key.rpartition(":")[2]) for message in db.scalars(mine)]


def change(bridge: Flask, person: Person, **fields: Any) -> None:
    with services_of(bridge).sessions.begin() as db:
        stored = db.get_one(Person, person.id)
        for name, value in fields.items():
            setattr(stored, name, value)


def test_a_whole_year_with_days_on_which_nobody_looked(bridge: Flask, clock: FixedClock) -> None:
    person = owner(bridge)
    looked = [at(END - timedelta(days=days)) for days in (60, 31, 29, 29, 12, 6, 0)]
    for clock.now in looked:
        announce_ends(services_of(bridge))
    assert queued(bridge, person) == [("ends_soon", "30"), ("ends_soon", "7")]
    change(bridge, person, state=EXPIRED)
    for days in (1, 2, 40):
        clock.now = at(END + timedelta(days=days))
        announce_ends(services_of(bridge))
    assert queued(bridge, person)[2:] == [("closed", "closed")]


def test_the_day_is_the_universitys(bridge: Flask, clock: FixedClock) -> None:
    """Half past midnight in Paris is the day before in UTC."""
    person = owner(bridge)
    clock.now = at(date(2027, 11, 30), 23, 59)
    assert announce_ends(services_of(bridge)) == 0
    clock.now = at(date(2027, 12, 1), 0, 30)
    assert clock.now.date() == date(2027, 11, 30)
    assert announce_ends(services_of(bridge)) == 1
    assert queued(bridge, person) == [("ends_soon", "30")]


def test_a_later_end_has_notices_of_its_own(bridge: Flask, clock: FixedClock) -> None:
    person = owner(bridge)
    clock.now = at(date(2027, 12, 1))
    announce_ends(services_of(bridge))
    change(bridge, person, account_end=date(2028, 12, 31))
    clock.now = at(date(2028, 12, 1))
    announce_ends(services_of(bridge))
    assert queued(bridge, person) == [("ends_soon", "30")] * 2


def test_who_is_told_nothing(bridge: Flask, clock: FixedClock) -> None:
    clock.now = at(date(2027, 12, 1))
    never = owner(bridge, activated_at=None, state="SupannCree")
    endless = owner(bridge, account_end=None)
    dead = owner(bridge)
    with services_of(bridge).sessions.begin() as db:
        fields = {"population": "student", "source": "apogee", "source_key": "1"}
        db.add(Affiliation(person_id=dead.id, status=DECEASED, **fields))
    open_still = owner(bridge, account_end=date(2027, 11, 30))  # the sync has not closed it yet
    purged = owner(bridge, account_end=date(2027, 11, 30), state=DATA_PURGED)
    announce_ends(services_of(bridge))
    assert [queued(bridge, one) for one in (never, endless, dead, open_still, purged)] == [[]] * 5


def sent(bridge: Flask, clock: FixedClock, relay: Relay) -> list[tuple[list[str], str]]:
    """Recipients and text of the mails that leave when the job runs now, and the worker a minute later."""
    relay.taken.clear()
    announce_ends(services_of(bridge))
    clock.advance(minutes=1)
    send_waiting(services_of(bridge).settings, services_of(bridge).sessions, clock)
    texts = [message.get_body(("plain",)).get_content() for message in relay.messages()]  # type: ignore[union-attr]
    return [(recipients, text) for (recipients, _), text in zip(relay.taken, texts, strict=True)]


def test_where_they_read_it_and_what_it_says(bridge: Flask, clock: FixedClock, relay: Relay) -> None:
    person = owner(bridge)
    alone = owner(bridge, personal_mail=None, mail="camille@etu.univ-demo.fr")
    clock.now = at(date(2027, 12, 1))
    told = sent(bridge, clock, relay)
    assert sorted(recipients for recipients, _ in told) == sorted([[person.personal_mail], [alone.mail]])
    assert all("31 décembre 2027" in text and "Réinscrivez-vous" in text for _, text in told)

    change(bridge, person, state=EXPIRED)
    change(bridge, alone, state=EXPIRED)
    clock.now = at(date(2028, 1, 1))
    told = sent(bridge, clock, relay)
    assert [recipients for recipients, _ in told] == [[person.personal_mail]], "the other mailbox is closed"
    assert "fermé" in told[0][1]
    assert sent(bridge, clock, relay) == []


def test_who_has_not_paid_is_told_to_pay(bridge: Flask, clock: FixedClock, relay: Relay) -> None:
    person = owner(bridge)
    with services_of(bridge).sessions.begin() as db:
        tie = {"population": "student", "source": "apogee", "source_key": "1", "end": date(2027, 12, 1)}
        db.add(Affiliation(person_id=person.id, status="unpaid", **tie))
    clock.now = at(date(2027, 12, 1))
    ((_, text),) = sent(bridge, clock, relay)
    assert "restent à payer" in text
    assert "Réinscrivez-vous" not in text


@pytest.mark.parametrize(
    "meanwhile", [{"account_end": date(2028, 12, 31)}, {"account_end": None}, {"activated_at": None}]
)
def test_changed_between_the_notice_and_its_mail(
    bridge: Flask, clock: FixedClock, relay: Relay, meanwhile: dict[str, Any]
) -> None:
    person = owner(bridge)
    clock.now = at(date(2027, 12, 1))
    announce_ends(services_of(bridge))
    change(bridge, person, **meanwhile)
    assert sent(bridge, clock, relay) == []


def test_a_mail_that_left_too_late_says_nothing_wrong(bridge: Flask, clock: FixedClock, relay: Relay) -> None:
    """The relay was down for the last days: « bientôt » is not said of an account that has closed."""
    person = owner(bridge)
    clock.now = at(END)
    announce_ends(services_of(bridge))
    change(bridge, person, state=EXPIRED)
    clock.now = at(END + timedelta(days=1))
    assert [text.count("bientôt") for _, text in sent(bridge, clock, relay)] == [0]


def moments(bridge: Flask) -> list[datetime]:
    """When the waiting notices leave, in order."""
    with services_of(bridge).sessions() as db:
        waiting = select(OutboxMessage.not_before).where(OutboxMessage.state == "waiting")
        return sorted(db.scalars(waiting))


def test_they_leave_one_after_the_other_at_the_rate_of_the_settings(bridge: Flask, clock: FixedClock) -> None:
    services_of(bridge).settings.notices_per_hour = 4
    clock.now = at(date(2027, 12, 1))
    for _ in range(3):
        owner(bridge)
    announce_ends(services_of(bridge))
    first = [clock.now + timedelta(minutes=15 * n) for n in range(3)]
    assert moments(bridge) == first

    owner(bridge)
    clock.advance(minutes=15)
    assert announce_ends(services_of(bridge)) == 1, "nobody is told twice"
    assert moments(bridge) == [*first, first[-1] + timedelta(minutes=15)], "behind those that wait"


def test_after_a_day_without_a_relay_they_do_not_leave_all_at_once(bridge: Flask, clock: FixedClock) -> None:
    services_of(bridge).settings.notices_per_hour = 4
    clock.now = at(date(2027, 12, 1))
    for _ in range(5):
        owner(bridge)
    announce_ends(services_of(bridge))
    clock.advance(hours=24)
    assert announce_ends(services_of(bridge)) == 0
    assert moments(bridge) == [clock.now + timedelta(minutes=15 * n) for n in range(5)]


def test_a_page_of_people_at_a_time(
    bridge: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.chores.notices.CHUNK", 2)
    clock.now = at(date(2027, 12, 1))
    everybody = [owner(bridge) for _ in range(5)]
    assert announce_ends(services_of(bridge)) == 5
    assert [queued(bridge, person) for person in everybody] == [[("ends_soon", "30")]] * 5
