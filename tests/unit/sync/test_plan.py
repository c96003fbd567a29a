from __future__ import annotations

from sync.plan import Kind, make_plan
from tests.support.sync_world import World, student


def test_a_digest_names_one_plan(world: World) -> None:
    world.students([student(1), student(2)])
    first = world.engine().prepare().plan
    assert world.engine().prepare().plan.digest == first.digest
    world.students([student(1), student(2, last="Durand")])
    assert world.engine().prepare().plan.digest != first.digest


def test_a_plan_for_scripts(world: World) -> None:
    world.students([student(1, last="O'Connor", first="Camille")])
    document = world.engine().prepare().plan.as_json()
    assert document["counts"] == {
        "create": 2,
        "update": 0,
        "disable": 0,
        "enable": 0,
        "purge": 0,
        "nothing": 0,
    }
    camille = document["actions"][0]
    assert (camille["action"], camille["who"], camille["cause"], camille["why"]) == (
        "create",
        "camille.o-connor@etu.univ-demo.fr",
        "source",
        "student 2026/2027, until 31/12/2027",
    )
    assert {"what": "account end", "before": "", "after": "2027-12-31"} in camille["changes"]


def test_actions_are_in_the_order_of_keys(world: World) -> None:
    world.students([student(3), student(1), student(2, status="A")])
    with world.engine().prepare() as prepared:
        subjects = [action.subject for action in prepared.plan.actions]
    actions = list(make_plan(reversed(subjects)).actions)
    assert [a.subject.key for a in actions] == ["apogee:1", "apogee:2", "apogee:3", "rh:P1"]
    assert [a.kind for a in actions] == [Kind.CREATE, Kind.NOTHING, Kind.CREATE, Kind.CREATE]
