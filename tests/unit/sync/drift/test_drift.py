"""What Keycloak holds otherwise than it was told, and what of it is written again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from kc_bridge.domain.drift import CORE, KEEPABLE, OWNED, Drift
from kc_bridge.domain.profile import load_profile
from kc_bridge.ports import Held, HeldUser
from kc_bridge.store.models import Person
from sync.drift.check import check, repair
from sync.drift.differences import Difference, Found, Told, compare, differing, repairable
from sync.drift.spill import PARTS, Spill
from tests.support.sync_world import World, student

ANNA = Told("p1", "key-anna", "kc-anna", "anna@etu", open=True, digest="d1")


def held(**changed: Any) -> Held:
    usual = Held("kc-anna", "key-anna", "anna@etu", True, "d1", "d1")
    return replace(usual, **changed)


@pytest.mark.parametrize(
    ("told", "users", "found"),
    [
        (ANNA, [held()], []),
        (ANNA, [held(current=None)], []),  # a server that cannot say what is held now
        (ANNA, [], [Found.MISSING]),
        (ANNA, [held(current="other")], [Found.CHANGED]),
        (ANNA, [held(digest="older", current="older")], [Found.UNTOLD]),
        (ANNA, [held(digest=None)], [Found.UNTOLD]),
        (ANNA, [held(enabled=False, current="other")], [Found.CLOSED]),
        (replace(ANNA, open=False), [held(current="other")], [Found.OPENED]),
        (replace(ANNA, digest=None), [held(digest="x", enabled=False)], []),  # the next run writes it anyway
        (replace(ANNA, digest=None), [], []),
        (ANNA, [held(), held(user_id="kc-copy")], [Found.UNKNOWN]),
        (ANNA, [held(user_id="kc-copy")], [Found.UNKNOWN, Found.MISSING]),
        (ANNA, [held(), held(user_id="kc-bob", key="key-bob")], [Found.UNKNOWN]),
    ],
)
def test_each_way_a_user_differs(told: Told, users: list[Held], found: list[Found]) -> None:
    assert [difference.found for difference in compare([told], users)] == found


@given(some.dictionaries(some.text(max_size=3), some.integers(), max_size=300))
def test_both_sides_of_a_key_meet_in_one_part(rows: dict[str, int]) -> None:
    left, right = Spill(rows.items()), Spill(reversed(rows.items()))
    parts = [(sorted(left.part(n)), sorted(right.part(n))) for n in range(PARTS)]
    assert all(ours == theirs for ours, theirs in parts)
    assert sorted(value for ours, _ in parts for value in ours) == sorted(rows.values())
    left.close()
    right.close()


@pytest.mark.parametrize(
    ("policy", "found", "attributes", "wanted"),
    [
        (Drift(), Found.CHANGED, ["displayName"], False),
        (Drift(), Found.OPENED, [], True),
        (Drift(), Found.CLOSED, [], False),
        (Drift(), Found.MISSING, [], False),
        (Drift(), Found.UNKNOWN, [], False),
        (Drift(), Found.UNTOLD, [], True),
        (Drift(opened="report", missing="force"), Found.OPENED, [], False),
        (Drift(opened="report", missing="force"), Found.MISSING, [], True),
        (Drift(attributes={"email": "force"}), Found.CHANGED, ["displayName"], False),
        (Drift(attributes={"email": "force"}), Found.CHANGED, ["displayName", "email"], True),
        (Drift(attributes={"email": "report"}, others="force"), Found.CHANGED, ["email"], False),
        (Drift(attributes={"email": "report"}, others="force"), Found.CHANGED, ["uid"], True),
    ],
)
def test_what_is_repaired(policy: Drift, found: Found, attributes: list[str], wanted: bool) -> None:
    difference = Difference(found, "anna", "kc", "p1", "d1", tuple((name, "a", "b") for name in attributes))
    assert repairable(difference, policy) is wanted


@pytest.mark.parametrize("name", [*CORE, *sorted(set(OWNED) - set(KEEPABLE)), "kcbCharter", "nonsense"])
def test_what_identifies_cannot_be_kept(name: str) -> None:
    with pytest.raises(ValidationError):
        Drift(attributes={name: "keep"})


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.students([student(22600001), student(22600002, last="Durand", first="Anna")])
    world.run()
    return world


def look(world: World) -> list[Difference]:
    return check(world.sessions, world.directory, world.profile, world.now.date())


def test_the_sync_writes_what_is_compared_and_nothing_else(world: World) -> None:
    names = {name for user in world.directory.held.values() for name in user.attributes}
    assert names == set(OWNED)


def test_after_a_run_nothing_differs(world: World) -> None:
    assert look(world) == []


def test_a_closed_account_opened_by_hand_is_closed_by_the_next_run(world: World) -> None:
    world.students([student(22600001, status="A"), student(22600002, last="Durand", first="Anna")])
    world.on(2026, 9, 3).run()
    closed = world.person("apogee:22600001")
    assert closed.state == "SupannExpire"
    world.directory.open[closed.keycloak_id or ""] = True
    found = look(world)
    assert [(d.found, d.login) for d in found] == [(Found.OPENED, closed.login)]
    assert world.run().plan.counts["disable"] == 0, "looking changes nothing"
    assert repair(world.sessions, found, world.profile, world.now, "op") == 1
    assert repair(world.sessions, found, world.profile, world.now, "op") == 0, "owed once"
    assert world.run().plan.counts["disable"] == 1
    assert world.directory.open[closed.keycloak_id or ""] is False
    assert look(world) == []


def test_an_open_account_closed_by_hand_stays_closed(world: World) -> None:
    person = world.person("apogee:22600001")
    world.directory.open[person.keycloak_id or ""] = False
    found = look(world)
    assert [d.found for d in found] == [Found.CLOSED]
    assert repair(world.sessions, found, world.profile, world.now, "op") == 0


def test_a_user_deleted_by_hand_is_made_again_where_the_profile_says_so(world: World) -> None:
    person = world.person("apogee:22600001")
    with world.sessions.begin() as session:
        session.get_one(Person, person.id).activated_at = world.now
    world.run()
    del world.directory.held[person.keycloak_id or ""]
    found = look(world)
    assert [d.found for d in found] == [Found.MISSING]
    assert repair(world.sessions, found, world.profile, world.now, "op") == 0
    again = world.profile.model_copy(update={"drift": Drift(missing="force")})
    assert repair(world.sessions, found, again, world.now, "op") == 1
    assert world.run().plan.counts["create"] == 1
    made = world.person("apogee:22600001")
    assert (made.activated_at, made.reset_at, made.state) == (None, world.now, "SupannCree")
    assert world.mails().count(made.login) == 2, "its owner is asked to activate it again"
    assert look(world) == []


def test_a_person_changed_meanwhile_is_left_out(world: World) -> None:
    person = world.person("apogee:22600001")
    del world.directory.held[person.keycloak_id or ""]
    again = world.profile.model_copy(update={"drift": Drift(missing="force")})
    found = look(world)
    with world.sessions.begin() as session:
        session.get_one(Person, person.id).digest = "another"
    assert repair(world.sessions, found, again, world.now, "op") == 0


def test_what_is_kept_is_ours_at_creation_only(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.profile = load_profile("default").model_copy(
        update={"drift": Drift(attributes={"displayName": "keep"})}
    )
    world.students([student(22600001)])
    world.run()
    (user,) = (u for u in world.directory.held.values() if u.username.startswith("marie"))
    assert "displayName" not in user.attributes
    assert user.first_attributes["displayName"] == ("Marie Martin",)


def test_attributes_are_compared_as_sets(world: World) -> None:
    user = next(u for u in world.directory.held.values() if u.username.startswith("anna"))
    values = {name: tuple(reversed(v)) for name, v in user.attributes.items()}
    theirs = HeldUser("kc", user.key, user.username, user.email, "Anne", user.last_name, True, values)
    assert differing(user, theirs) == (("firstName", "Anna", "Anne"),)
    gone = replace(theirs, first_name="Anna", attributes=values | {"displayName": ()})
    assert differing(user, gone) == (("displayName", "Anna Durand", ""),)
