"""An account that must be validated again: the sync tells Keycloak, and gives nothing back that was the person's own."""

from __future__ import annotations

from pathlib import Path

from kc_bridge.ports import Write, WriteKind
from kc_bridge.store import models
from tests.support.sync_world import FakeDirectory, World, student

OWN = "camille@perso.example"


def reset(world: World, key: str = "apogee:1") -> None:
    """What ``required_actions.resets`` writes of a person who had activated the account."""
    with world.sessions.begin() as session:
        person = session.query(models.Person).filter_by(key=key).one()
        person.activated_at, person.state, person.digest = None, "SupannCree", None
        person.reset_at = world.now
        person.generation += 1


def activate(world: World, key: str = "apogee:1") -> None:
    with world.sessions.begin() as session:
        person = session.query(models.Person).filter_by(key=key).one()
        person.activated_at, person.state, person.digest = world.now, "SupannActif", None
        person.personal_mail, person.phone = OWN, "+33639980099"


def test_keycloak_is_told_and_nothing_is_given_back(tmp_path: Path) -> None:
    directory = FakeDirectory()
    world = World(tmp_path, directory)
    world.students([student(1, mail="enrolment@courriel.example")])
    world.run()
    activate(world)
    world.run()
    user = directory.held[world.person("apogee:1").keycloak_id or ""]
    assert user.attributes["accountState"] == ("SupannActif",)

    reset(world)
    world.students([student(1, mail="another@courriel.example", first="Marie-Lou")])
    report = world.run()

    person = world.person("apogee:1")
    assert (person.state, person.activated_at, person.first_name) == ("SupannCree", None, "Marie-Lou")
    assert (person.personal_mail, person.phone) == (OWN, "+33639980099")
    user = directory.held[person.keycloak_id or ""]
    assert user.attributes["accountState"] == ("SupannCree",)
    assert user.enabled
    assert report.plan.counts["update"] == 1
    assert world.run().plan.counts["update"] == 0


def test_a_mail_corrected_before_the_first_activation_is_still_taken(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.students([student(1, mail="wrong@courriel.example")])
    world.run()
    world.students([student(1, mail="right@courriel.example")])
    world.run()
    assert world.person("apogee:1").personal_mail == "right@courriel.example"


class ResetsMeanwhile(FakeDirectory):
    """Between Keycloak's answer and the journal's note, the registrar has the account validated again."""

    world: World

    def written(self, write: Write, user_id: str) -> None:
        if write.kind is WriteKind.UPDATE and write.user.first_name == "Marie-Lou":
            reset(self.world)


def test_a_reset_during_a_run_is_kept(tmp_path: Path) -> None:
    directory = ResetsMeanwhile()
    world = directory.world = World(tmp_path, directory)
    world.students([student(1)])
    world.run()
    activate(world)
    world.run()
    world.students([student(1, first="Marie-Lou")])
    world.run()
    assert world.person("apogee:1").state == "SupannCree"
    directory.__class__ = FakeDirectory
    world.run()
    person = world.person("apogee:1")
    assert person.state == "SupannCree"
    assert directory.held[person.keycloak_id or ""].attributes["accountState"] == ("SupannCree",)
