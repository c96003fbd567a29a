"""One human whom two sources name has one account; of what cannot be decided both places are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from kc_bridge.settings import Settings, SourceSettings
from kc_bridge.store import models
from kc_bridge.store.sync import PersonKey, Sameness
from tests.support.sync_world import STUDENTS, World, student

INE = "123456789AB"
OTHER = student(99, first="Témoin", birth="03/03/2000")
"""An export is never empty."""


class TwoSources(World):
    """A second register of students beside the first: the doctoral school's."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        super().__init__(folder, settings=settings)
        self.doctors_file = folder / "doctors.csv"
        doctors = SourceSettings(name="doctors", path=self.doctors_file)
        self.settings = self.settings.model_copy(update={"sources": [*self.settings.sources, doctors]})
        self.doctors([])

    def doctors(self, lines: list[str]) -> None:
        self.doctors_file.write_text("\n".join([STUDENTS, *lines, OTHER]) + "\n", "utf-8")

    def keys(self) -> dict[str, str]:
        """Further key → the account's own, and why."""
        with self.sessions() as session:
            rows = session.query(PersonKey.key, models.Person.key, PersonKey.rule).join(models.Person)
            return {further: f"{own} {rule}" for further, own, rule in rows}

    def problems(self) -> list[tuple[str, int, str]]:
        return sorted((row.file, row.line, row.problem) for row in self.quarantine())


@pytest.fixture
def world(tmp_path: Path) -> TwoSources:
    return TwoSources(tmp_path)


def test_one_ine_and_one_birth_date_are_one_account(world: TwoSources) -> None:
    world.students([student(1, ine=INE, year=2026)])
    world.doctors([student(70, ine=INE, year=2027, usual="Durand", programme="D1")])
    report = world.run()
    assert report.plan.counts["create"] == 3  # that human, and two who are there always
    assert world.keys() == {"doctors:70": "apogee:1 ine"}
    person = world.person("apogee:1")
    assert (person.login, person.last_name) == ("marie.durand@etu.univ-demo.fr", "Durand")
    with world.sessions() as session:
        numbers = {(i.kind, i.value) for i in session.query(models.Identifier).filter_by(person_id=person.id)}
    assert numbers == {("ine", INE), ("student_number", "70")}
    assert world.problems() == []
    assert world.run().plan.counts == dict.fromkeys(report.plan.counts, 0)


def test_the_second_source_may_come_later(world: TwoSources) -> None:
    world.students([student(1, ine=INE)])
    world.run()
    login = world.person("apogee:1").login
    world.doctors([student(70, ine=INE, year=2026, programme="D1"), student(71, first="Zoé")])
    with world.engine().prepare() as prepared:
        (action,) = (a for a in prepared.plan.actions if a.subject.key == "apogee:1")
        assert ("also known as", "doctors:70 (rule « ine »)") in [(c.what, c.after) for c in action.changes]
    assert world.run().plan.counts["create"] == 1  # Zoé
    assert world.person("apogee:1").login == login
    assert world.keys() == {"doctors:70": "apogee:1 ine"}
    world.doctors([student(70, ine=INE, year=2027, programme="D2"), student(71, first="Zoé")])
    report = world.run()
    assert (report.plan.counts["create"], report.plan.counts["update"]) == (0, 1)
    assert str(world.person("apogee:1").account_end) == "2028-12-31"


def test_losing_one_of_two_sources_closes_nothing(world: TwoSources) -> None:
    world.students([student(1, ine=INE, year=2026)])
    world.doctors([student(70, ine=INE, year=2027, programme="D1")])
    world.run()
    world.students([student(1, ine=INE, year=2026, status="A")])
    world.run()
    assert str(world.person("apogee:1").account_end) == "2028-12-31"
    assert world.directory.open[world.person("apogee:1").keycloak_id or ""]


@pytest.mark.parametrize("known_first", [True, False])
def test_an_ine_with_two_birth_dates_is_told_with_both_places(world: TwoSources, known_first: bool) -> None:
    world.students([student(1, ine=INE)])
    if known_first:
        world.run()
    world.doctors([student(70, ine=INE, birth="01/01/1990")])
    report = world.run()
    assert report.plan.counts["create"] == (0 if known_first else 2)  # the two who are there always
    reason = "it has the same ine, but another birth date (rule « ine »)"
    where = "marie.martin@etu.univ-demo.fr" if known_first else "students.csv line 2"
    expected = [("doctors.csv", 2, f"may be about apogee:1 ({where}): {reason}")]
    if not known_first:
        expected.append(("students.csv", 2, f"may be about doctors:70 (doctors.csv line 2): {reason}"))
    assert world.problems() == expected
    remedy = world.quarantine()[0].remedy
    assert "kcb person merge " in remedy
    assert "kcb person split " in remedy


def test_namesakes_wait_for_an_operator_who_is_then_obeyed(world: TwoSources) -> None:
    world.students([student(1)])
    world.run()
    world.doctors([student(70)])
    world.run()
    assert [(file, line) for file, line, _ in world.problems()] == [("doctors.csv", 2)]
    decided = {"left_key": "apogee:1", "right_key": "doctors:70", "actor": "test", "decided_at": world.now}
    with world.sessions.begin() as session:
        session.add(Sameness(same=False, **decided))
    assert world.run().plan.counts["create"] == 1
    assert (world.problems(), world.keys()) == ([], {})


def test_an_operator_s_merge_counts_before_anybody_is_known(world: TwoSources) -> None:
    decided = {"left_key": "apogee:1", "right_key": "doctors:70", "actor": "test", "decided_at": world.now}
    with world.sessions.begin() as session:
        session.add(Sameness(same=True, **decided))
    world.students([student(1)])
    world.doctors([student(70, ine="", year=2027)])
    world.run()
    assert world.keys() == {"doctors:70": "apogee:1 operator"}


def test_the_order_of_sources_changes_nothing(
    world: TwoSources, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = TwoSources(tmp_path_factory.mktemp("other"))
    other.settings = other.settings.model_copy(update={"sources": other.settings.sources[::-1]})
    names = ["Anne", "Marie", "Zoé", "Lucie", "Ève"]
    rows = [student(n, first=names[n], ine=INE if n == 1 else None) for n in range(1, 5)]
    doctors = [student(n + 70, first=names[n], ine=INE if n == 1 else None) for n in range(1, 5)]
    for one, lines in ((world, rows), (other, rows[::-1])):
        one.students(lines)
        one.doctors(doctors if one is world else doctors[::-1])
        one.run()
    users = [{u.username: u.digest for u in w.directory.held.values()} for w in (world, other)]
    assert users[0] == users[1]
    quarantined = [sorted((r.file, r.problem[:28]) for r in w.quarantine()) for w in (world, other)]
    assert quarantined[0] == quarantined[1]
    assert len(quarantined[0]) == 6  # three namesakes, told at both places
