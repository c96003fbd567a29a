"""Rounds of the mail worker: what a relay's answers, a fault or a change of mind bring about (32)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.settings import SmtpSettings
from kc_bridge.store.activation import Link
from kc_bridge.store.models import OutboxMessage, Person
from tests.security.test_mails import deliver, post
from tests.support.bridge import FixedClock, make_app, make_person, services_of
from tests.support.relay import Relay


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    relay.stop()


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock, relay: Relay) -> Flask:
    return make_app(tmp_path, clock, smtp=SmtpSettings(host="127.0.0.1", port=relay.port))


def states(app: Flask) -> list[tuple[str, str | None]]:
    with services_of(app).sessions() as db:
        found = db.execute(select(OutboxMessage.state, OutboxMessage.last_error).order_by(OutboxMessage.id))
        return [(state, error) for state, error in found]


def test_sent_once(app: Flask, relay: Relay) -> None:
    post(app, make_person(app))
    assert [deliver(app), deliver(app)] == [1, 0]
    assert len(relay.taken) == 1
    assert states(app) == [("sent", None)]


def test_a_relay_that_is_down_keeps_all_waiting(app: Flask, relay: Relay, clock: FixedClock) -> None:
    relay.stop()
    post(app, make_person(app), make_person(app))
    assert deliver(app) == 0
    assert states(app) == [("waiting", "ConnectionRefusedError"), ("waiting", None)]
    clock.advance(seconds=4.9)
    services_of(app).settings.smtp.port = (back := Relay()).port
    assert deliver(app) == 1  # the second; the first waits a little longer
    clock.advance(seconds=0.1)
    assert deliver(app) == 1
    assert len(back.taken) == 2
    back.stop()


def test_a_recipient_refused_for_good_is_a_dead_letter(app: Flask, relay: Relay, clock: FixedClock) -> None:
    gone, there = make_person(app), make_person(app)
    relay.refusals[gone.personal_mail or ""] = "550 no such user"
    post(app, gone, there)
    assert deliver(app) == 1
    assert states(app) == [("dead", "550 no such user"), ("sent", None)]
    clock.advance(days=2)
    assert deliver(app) == 0


def test_a_recipient_refused_for_now_holds_up_nobody(app: Flask, relay: Relay, clock: FixedClock) -> None:
    grey, there = make_person(app), make_person(app)
    relay.refusals[grey.personal_mail or ""] = "451 greylisted"
    post(app, grey, there)
    assert deliver(app) == 1
    assert states(app) == [("waiting", "451 greylisted"), ("sent", None)]
    relay.refusals.clear()
    clock.advance(seconds=5)
    assert deliver(app) == 1


def test_the_relays_words_stay_out_of_the_log(
    app: Flask, relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    """22. Relays repeat the recipient's address in their refusals."""
    person = make_person(app)
    relay.refusals["*"] = f"421 {person.personal_mail} not now"
    post(app, person)
    deliver(app)
    said = capsys.readouterr()
    assert "reason=421" in said.out
    assert "perso.example" not in said.out + said.err
    assert states(app) == [("waiting", f"421 {person.personal_mail} not now")]


def test_each_attempt_makes_a_link_and_only_the_last_one_lives(
    app: Flask, relay: Relay, clock: FixedClock
) -> None:
    person = make_person(app)
    relay.refusals["*"] = "451 later"
    post(app, person)
    deliver(app)
    relay.refusals.clear()
    clock.advance(seconds=5)
    deliver(app)
    with services_of(app).sessions() as db:
        links = db.scalars(select(Link).order_by(Link.generation)).all()
        assert [link.state for link in links] == ["superseded", "new"]
        assert links[1].generation == db.get_one(Person, person.id).generation
        assert links[1].expires_at == clock() + timedelta(hours=24)


@pytest.mark.parametrize("change", ["activated_at", "personal_mail"])
def test_nothing_is_sent_when_the_reason_has_gone(
    app: Flask, relay: Relay, clock: FixedClock, change: str
) -> None:
    person = make_person(app)
    post(app, person)
    with services_of(app).sessions.begin() as db:
        setattr(db.get_one(Person, person.id), change, clock() if change == "activated_at" else None)
    assert deliver(app) == 0
    assert relay.taken == []
    assert states(app)[0][0] == "expired"


def test_a_message_that_cannot_be_written_stops_no_other(
    app: Flask, relay: Relay, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    strange, usual = make_person(app), make_person(app)
    post(app, strange, usual)
    with services_of(app).sessions.begin() as db:
        db.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).first().kind = "canary"  # type: ignore[union-attr]
    assert deliver(app) == 1
    assert states(app) == [("waiting", "KeyError"), ("sent", None)]
    said = capsys.readouterr().out
    assert "mail cannot be written" in said
    assert "canary" not in said
