"""Records that cannot be believed together."""

from __future__ import annotations

import random

import pytest

from kc_bridge.store import models
from kc_bridge.store.sync import Quarantine
from tests.support.sync_world import World, student


def lines(world: World) -> list[tuple[int, str]]:
    return [(row.line, row.problem) for row in world.quarantine()]


def test_one_ine_for_two_people_is_neither_s(world: World) -> None:
    world.students([student(1, ine="123456789AB"), student(2), student(3, ine="123456789AB")])
    world.run()
    assert lines(world) == [
        (2, "is also that of another person (students.csv line 4)"),
        (4, "is also that of another person (students.csv line 2)"),
    ]
    assert len(world.directory.held) == 2


def test_a_number_somebody_has_is_refused_to_another(world: World) -> None:
    world.students([student(1, ine="123456789AB")])
    world.run()
    world.students([student(1, ine="123456789AB"), student(2, ine="123456789AB")])
    world.run()
    assert lines(world) == [
        (
            3,
            "is also that of somebody the bridge already knows (marie.martin@etu.univ-demo.fr) (students.csv line 2)",
        )
    ]


def test_a_definitive_ine_replaces_a_provisional_one(world: World) -> None:
    world.students([student(1, ine="0123456789A")])
    world.run()
    world.students([student(1, ine="123456789AB")])
    world.run()
    with world.sessions() as session:
        values = {i.value for i in session.query(models.Identifier).filter_by(kind="ine")}
    assert values == {"123456789AB"}


def test_two_rows_under_one_record_key(world: World) -> None:
    world.students([student(1, phone="0639980001"), student(1, phone="0639980002"), student(2)])
    world.run()
    assert [line for line, _ in lines(world)] == [2, 3]
    assert "students.csv line 3" in lines(world)[0][1]
    assert len(world.directory.held) == 2


def test_a_second_row_does_not_shake_the_first(world: World) -> None:
    world.students([student(1)])
    world.run()
    world.students([student(1), student(1, usual="Intrus")])
    world.run()
    assert [line for line, _ in lines(world)] == [3]
    assert world.person("apogee:1").last_name == "Martin"


@pytest.mark.parametrize("other", [{"birth": "01/01/2000"}, {"ine": "123456789AB"}])
def test_one_number_for_two_humans(world: World, other: dict[str, str]) -> None:
    world.students([student(1, programme="A"), student(1, programme="B", **other), student(2)])
    world.run()
    assert [line for line, _ in lines(world)] == [2, 3]


def test_an_empty_cell_contradicts_nothing(world: World) -> None:
    world.students([student(1, programme="A"), student(1, programme="B", ine="", birth="")])
    world.run()
    assert lines(world) == []


def test_a_later_enrolment_of_another_human(world: World) -> None:
    world.students([student(1, year=2025)])
    world.run()
    world.students([student(1, year=2025), student(1, year=2026, birth="01/01/2000")])
    world.run()
    assert lines(world) == [(3, "says otherwise than students.csv line 2")]
    assert str(world.person("apogee:1").account_end) == "2026-12-31"


def test_a_corrected_birth_date_is_believed_when_every_row_says_it(world: World) -> None:
    world.students([student(1, year=2025), student(1, year=2026)])
    world.run()
    world.students([student(1, year=2025, birth="01/01/2000"), student(1, year=2026, birth="01/01/2000")])
    world.run()
    assert str(world.person("apogee:1").birth_date) == "2000-01-01"


def test_a_mail_of_the_university_is_no_personal_mail(world: World) -> None:
    world.students([student(1, mail="marie.martin@ETU.univ-demo.fr"), student(2)])
    world.run()
    assert [line for line, _ in lines(world)] == [2]


def test_the_order_of_rows_changes_nothing(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = [student(n, ine="123456789AB" if n < 3 else None) for n in range(1, 9)]
    rows += [
        student(4, phone="0639989999"),
        student(5, year=2025, usual="Avant"),
        student(6, status="A", programme="B"),
    ]
    worlds = [world, World(tmp_path_factory.mktemp("other"))]
    shuffled = rows[:]
    random.Random(7).shuffle(shuffled)
    for one, order in zip(worlds, (rows, shuffled), strict=True):
        one.students(order)
        one.run()
    first, second = ({u.username: u.digest for u in w.directory.held.values()} for w in worlds)
    assert first == second
    assert worlds[0].count(Quarantine) == worlds[1].count(Quarantine) > 0
