"""Guests kept here: who may vouch, for how long, and what the sync makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from kc_bridge.store.models import AuditEntry
from kc_bridge.store.sync import Guest
from sync import guests
from sync.guests import GuestRefused, NewGuest
from tests.support.sync_world import World, staff, student

PAUL = "paul.bernard@univ-demo.fr"
GRACE = NewGuest(
    "Grace", "Hopper", "grace@invitee.example", date(2026, 9, 1), date(2026, 12, 31), "Séminaire",
    birth_date=date(1980, 12, 9),
)  # fmt: skip


@pytest.fixture
def world(world: World) -> World:
    """Paul Bernard is staff, Marie Martin a student."""
    world.students([student(1)])
    world.run()
    return world


def did(world: World, what: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """One act as the command does it, by « chef », now."""
    now, today = world.now, world.now.date()
    with world.sessions.begin() as db:
        if what is guests.add:
            return guests.add(db, *args, world.profile, "chef", now, today)
        if what is guests.renew:
            return guests.renew(db, *args, "Suite", world.profile, "chef", now, today, **more)
        return guests.end(db, *args, "Parti", "chef", now)


def user(world: World, number: str) -> tuple[str, bool]:
    person = world.person(f"guests:{number}")
    return person.state, world.directory.open[person.keycloak_id or ""]


def test_a_guest_gets_an_account_and_a_mail_and_loses_it_on_the_day(world: World) -> None:
    number = did(world, guests.add, GRACE, PAUL).number
    world.run()
    person = world.person(f"guests:{number}")
    assert (person.login, person.population, person.account_end) == (
        "grace.hopper@univ-demo.fr",
        "guest",
        GRACE.until,
    )
    assert person.login in world.mails()
    assert user(world, number) == ("SupannCree", True)
    world.on(2027, 1, 1).run()
    assert user(world, number) == ("SupannExpire", False)


def test_renewed_before_and_after_the_end_and_ended_before_it(world: World) -> None:
    number = did(world, guests.add, GRACE, PAUL).number
    world.run()
    world.on(2026, 12, 1)
    did(world, guests.renew, number, date(2027, 6, 30))
    world.run()
    assert world.person(f"guests:{number}").account_end == date(2027, 6, 30)
    world.on(2027, 3, 1)
    did(world, guests.end, number, date(2027, 2, 28))
    world.run()
    assert user(world, number) == ("SupannExpire", False)
    world.on(2027, 9, 1)
    did(world, guests.renew, number, date(2027, 9, 30), sponsor=PAUL)
    world.run()
    assert user(world, number) == ("SupannCree", True)


def test_a_second_run_has_nothing_to_do_and_no_guest_at_all_is_no_broken_export(world: World) -> None:
    world.run()
    did(world, guests.add, GRACE, PAUL)
    world.run()
    world.directory.writes.clear()
    world.run()
    assert world.directory.writes == []


def test_who_may_vouch(world: World) -> None:
    for nobody in ("nobody", "marie.martin", "marie.martin@etu.univ-demo.fr", ""):
        with pytest.raises(GuestRefused):
            did(world, guests.add, GRACE, nobody)
    assert did(world, guests.add, GRACE, "Paul.Bernard").sponsor == "paul.bernard"


def changed(**change: Any) -> NewGuest:
    return replace(GRACE, **change)


def test_what_is_refused_at_once(world: World) -> None:
    refused = {
        "is over": [changed(until=date(2026, 8, 31)), changed(start=date(2027, 1, 1))],
        "at most": [changed(until=date(2027, 9, 2))],
        "of the university": [changed(personal_mail="grace@univ-demo.fr")],
        "no e-mail address": [changed(personal_mail="grace")],
        "is empty": [changed(first_name="")],
        "invisible": [changed(last_name="Hop\u202eper")],
    }
    for word, every in refused.items():
        for one in every:
            with pytest.raises(GuestRefused, match=word):
                did(world, guests.add, one, PAUL)
    assert world.count(Guest) == 0


def test_the_longest_stay_is_the_profiles_and_its_last_day_counts(world: World) -> None:
    number = did(world, guests.add, changed(until=date(2027, 9, 1)), PAUL).number
    world.on(2027, 3, 1)
    with pytest.raises(GuestRefused, match="until 29/02/2028"):
        did(world, guests.renew, number, date(2028, 3, 1))
    did(world, guests.renew, number, date(2028, 2, 29))


def test_the_same_human_is_not_kept_twice(world: World) -> None:
    number = did(world, guests.add, GRACE, PAUL).number
    other = NewGuest("grace", "HOPPER", None, GRACE.start, GRACE.until, "x", birth_date=GRACE.birth_date)
    with pytest.raises(GuestRefused, match=number):
        did(world, guests.add, other, PAUL)


def test_a_sponsor_who_has_left_is_a_warning_and_cannot_renew(world: World) -> None:
    number = did(world, guests.add, GRACE, PAUL).number
    world.staff([staff(end="31/10/2026"), staff("P2", last="Curie", first="Irène")])
    world.run()
    world.on(2026, 11, 2).run()
    with world.sessions() as db:
        (seen,) = guests.seen(db, date(2026, 11, 2))
    assert seen.warning == "the sponsor has left: paul.bernard@univ-demo.fr"
    with pytest.raises(GuestRefused, match="not a member of staff"):
        did(world, guests.renew, number, date(2027, 1, 31))
    assert did(world, guests.renew, number, date(2027, 1, 31), sponsor="irene.curie").sponsor == "irene.curie"


def test_every_act_is_in_the_audit(world: World) -> None:
    number = did(world, guests.add, GRACE, PAUL).number
    did(world, guests.renew, number, date(2027, 1, 31))
    did(world, guests.end, number, date(2026, 9, 30))
    with world.sessions() as db:
        entries = db.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("guest.")).order_by(AuditEntry.id)
        )
        told = [(e.actor, e.action, e.details) for e in entries]
    who = {"guest": number, "sponsor": "paul.bernard"}
    assert told == [
        ("chef", "guest.added", who | {"until": "2026-12-31", "reason": "Séminaire"}),
        ("chef", "guest.renewed", who | {"before": "2026-12-31", "until": "2027-01-31", "reason": "Suite"}),
        ("chef", "guest.ended", who | {"last_day": "2026-09-30", "reason": "Parti"}),
    ]


def test_a_number_is_nobody_elses_ever_after(world: World) -> None:
    first = did(world, guests.add, GRACE, PAUL).number
    with pytest.raises(GuestRefused, match="no guest"):
        did(world, guests.end, "G0000000", date(2026, 9, 30))
    assert did(world, guests.end, first.lower(), date(2026, 9, 30)).number == first
