"""Who has died is written nothing, whatever asked for the mail; what is patient waits for what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from kc_bridge.domain.affiliation import DECEASED
from kc_bridge.mailer import kinds, send_waiting
from kc_bridge.settings import SmtpSettings
from kc_bridge.store import outbox
from kc_bridge.store.models import Affiliation, OutboxMessage
from tests.support.bridge import FixedClock, make_app, make_person, services_of
from tests.support.relay import Relay


def test_no_kind_of_mail_is_sent_to_somebody_who_has_died(tmp_path: Path) -> None:
    clock = FixedClock()
    bridge = make_app(tmp_path, clock)
    kcb, person, relay = services_of(bridge), make_person(bridge), Relay()
    kcb.settings.smtp = SmtpSettings(host="127.0.0.1", port=relay.port)
    try:
        with kcb.sessions.begin() as db:
            tie = {"population": "student", "source": "apogee", "source_key": "1"}
            db.add(Affiliation(person_id=person.id, status=DECEASED, **tie))
            for kind in kinds():
                outbox.enqueue(db, kind=kind, person_id=person.id, dedupe_key=kind, now=clock())
        assert send_waiting(kcb.settings, kcb.sessions, clock) == 0
        assert relay.taken == []
    finally:
        relay.stop()
    with kcb.sessions() as db:
        states = {
            (m.state, m.last_error.partition(":")[0])
            for m in db.scalars(select(OutboxMessage))
            if m.last_error
        }
        assert states == {("expired", "deceased")}


def test_what_waits_for_them_is_dropped_and_nobody_elses_is(tmp_path: Path) -> None:
    clock = FixedClock()
    bridge = make_app(tmp_path, clock)
    dead, other = make_person(bridge), make_person(bridge)
    with services_of(bridge).sessions.begin() as db:
        for person in (dead, other):
            outbox.enqueue(db, kind="activation", person_id=person.id, dedupe_key=person.id, now=clock())
        outbox.drop_all(db, dead.id, "deceased")
        db.flush()
        states = {m.person_id: m.state for m in db.scalars(select(OutboxMessage))}
    assert states == {dead.id: "expired", other.id: "waiting"}


@pytest.mark.parametrize("kind", outbox.PATIENT)
def test_an_activation_mail_goes_first_though_asked_for_last(tmp_path: Path, kind: str) -> None:
    clock = FixedClock()
    bridge = make_app(tmp_path, clock)
    person = make_person(bridge)
    with services_of(bridge).sessions.begin() as db:
        for each in (kind, kind, "activation"):
            key = f"{each}:{db.query(OutboxMessage).count()}"
            outbox.enqueue(db, kind=each, person_id=person.id, dedupe_key=key, now=clock())
            db.flush()
    claimed = []
    for _ in range(3):
        with services_of(bridge).sessions() as db:
            message = outbox.claim(db, clock())
            assert message is not None
            claimed.append(message.kind)
    assert claimed == ["activation", kind, kind]
    assert set(outbox.PATIENT) <= set(kinds())
