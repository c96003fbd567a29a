"""Whether a backup mail is its owner's: by the link they came by, or by the one they confirmed it with."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from kc_bridge.store.activation import Journey, StepRecord
from kc_bridge.store.models import Person
from required_actions.backup_mails import is_proved
from tests.support.addresses import active
from tests.support.bridge import services_of
from tests.support.recovery import prove


def gave(app: Flask, person: Person, address: str, verified: str, *, finished: bool = True) -> None:
    """The step of that name kept an address in a journey of the person."""
    now = services_of(app).clock()
    with services_of(app).sessions.begin() as db:
        journey = Journey(person_id=person.id, name="activation", generation=1, started_at=now)
        journey.finished_at = now if finished else None
        data = {"address": address, "details": {"verified": verified}}
        journey.steps.append(StepRecord(step="backup_mail", done_at=now, data=data))
        db.add(journey)


def proved(app: Flask, person: Person) -> bool:
    with services_of(app).sessions() as db:
        return is_proved(db, db.get_one(Person, person.id))


def test_who_came_by_a_link_mailed_there(app: Flask) -> None:
    person = active(app)
    assert not proved(app, person)
    prove(services_of(app), person, services_of(app).clock())
    assert proved(app, person)
    with services_of(app).sessions.begin() as db:
        db.get_one(Person, person.id).personal_mail = "autre@perso.example"
    assert not proved(app, person)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"verified": "mail"}, True),
        ({"verified": "link"}, True),
        ({"verified": "no"}, False),
        ({"verified": "mail", "finished": False}, False),
        ({"verified": "mail", "address": "autre@perso.example"}, False),
        ({"verified": "mail", "address": "camille@PERSO.example"}, True),
    ],
)
def test_who_confirmed_it_in_a_journey_they_finished(
    app: Flask, given: dict[str, Any], expected: bool
) -> None:
    person = active(app, personal_mail="camille@perso.example")
    gave(app, person, **({"address": "camille@perso.example"} | given))
    assert proved(app, person) is expected
