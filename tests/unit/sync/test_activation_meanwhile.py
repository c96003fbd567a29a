"""Somebody activates the account while the run that concerns them is at work."""

from __future__ import annotations

from pathlib import Path

from kc_bridge.ports import Write, WriteKind
from kc_bridge.store import models
from tests.support.sync_world import FakeDirectory, World, student


class ActivatesMeanwhile(FakeDirectory):
    """Between Keycloak's answer and the journal's note, the person finishes the wizard."""

    world: World

    def written(self, write: Write, user_id: str) -> None:
        if write.kind is not WriteKind.UPDATE:
            return
        with self.world.sessions.begin() as session:
            person = session.query(models.Person).filter_by(keycloak_id=user_id).one()
            person.activated_at, person.state = self.world.now, "SupannActif"


def test_the_activation_is_kept_and_keycloak_told_by_the_next_run(tmp_path: Path) -> None:
    directory = ActivatesMeanwhile()
    world = directory.world = World(tmp_path, directory)
    world.students([student(1, first="Marie")])
    world.run()
    world.students([student(1, first="Marie-Lou")])
    world.run()
    assert world.person("apogee:1").state == "SupannActif"

    world.run()

    person = world.person("apogee:1")
    assert person.state == "SupannActif"
    assert directory.held[person.keycloak_id or ""].attributes["accountState"] == ("SupannActif",)
    writes = len(directory.writes)
    world.run()
    assert len(directory.writes) == writes


def test_somebody_no_source_names_is_left_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.students([student(1)])
    with world.sessions.begin() as session:
        session.add(
            models.Person(
                key="desk:1", uid="u1", login="u1@univ-demo.fr", mail="u1@univ-demo.fr", first_name="A",
                last_name="B", population="guest", created_at=world.now, updated_at=world.now,
            )
        )  # fmt: skip
    assert [action.who for action in world.planned() if action.who.startswith("u1")] == []
    assert world.run().status == "ok"
