"""Whole runs on a real database, with a directory in memory."""

from __future__ import annotations

import pytest

from kc_bridge.domain.person import key_digest
from kc_bridge.store import models
from kc_bridge.store.sync import SyncRun
from sync.people.model import Cause
from sync.plan import Kind
from sync.sources.base import SourceError
from tests.support.sync_world import World, staff, student


def test_a_first_run_makes_persons_users_and_mails(world: World) -> None:
    world.students([student(1, last="O'Connor", first="Camille"), student(2, mail="")])
    report = world.run()
    assert (report.status, report.outcome.done["create"]) == ("ok", 3)
    camille = world.person("apogee:1")
    user = world.directory.held[camille.keycloak_id or ""]
    assert user.username == user.email == "camille.o-connor@etu.univ-demo.fr"
    assert (user.key, user.enabled) == (key_digest("apogee:1"), True)
    assert user.attributes == {
        "uid": ("camille.o-connor",),
        "displayName": ("Camille O'Connor",),
        "eduPersonPrincipalName": ("camille.o-connor@univ-demo.fr",),
        "eduPersonAffiliation": ("member", "student"),
        "eduPersonPrimaryAffiliation": ("student",),
        "supannEtablissement": ("{UAI}0999999Z",),
        "accountEnd": ("2027-12-31",),
        "accountState": ("SupannCree",),
        "mailAlternateAddress": (),
    }
    assert user.required_actions == ("kcb-charter", "kcb-new-password")
    assert user.first_attributes == {"locale": ("fr",)}
    assert sorted(world.mails()) == ["camille.o-connor@etu.univ-demo.fr", "paul.bernard@univ-demo.fr"]
    assert world.last_run().status == "ok"


def test_identification_data_never_reaches_the_directory(world: World) -> None:
    world.students([student(22600001, birth="14/05/2007", phone="0639980000")])
    world.run()
    written = repr(world.directory.held)
    for secret in ("22600001", "0226000013A", "14/05/2007", "2007-05-14", "639980000", "courriel.example"):
        assert secret not in written


def test_a_second_run_writes_nothing_and_asks_nothing(world: World) -> None:
    world.students([student(1), student(2, birth="31/02/2006")])
    world.run()
    before = (world.person("apogee:1").updated_at, world.count(models.AuditEntry), world.quarantine()[0].id)
    world.directory.down = True  # any question would fail the run
    world.directory.writes.clear()
    report = world.on(2026, 9, 2).run()
    assert (report.status, report.plan.counts["nothing"], world.directory.writes) == ("ok", 0, [])
    assert before == (
        world.person("apogee:1").updated_at,
        world.count(models.AuditEntry),
        world.quarantine()[0].id,
    )


def test_another_domain_is_everybodys_though_no_row_changed(world: World) -> None:
    world.students([student(1, first="Camille", last="Dupont")])
    world.run()
    world.profile = world.profile.model_copy(update={"domain": "univ-nouvelle.fr"})
    world.on(2026, 9, 2).run()
    user = world.directory.held[world.person("apogee:1").keycloak_id or ""]
    assert user.attributes["eduPersonPrincipalName"] == ("camille.dupont@univ-nouvelle.fr",)


def test_several_enrolments_are_one_person(world: World) -> None:
    world.students(
        [
            student(1, year=2025, programme="L1"),
            student(1, year=2026, programme="L2"),
            student(1, programme="DU"),
        ]
    )
    world.run()
    assert [u.username for u in world.directory.held.values()].count("marie.martin@etu.univ-demo.fr") == 1
    assert len(world.person("apogee:1").keycloak_id or "") > 0
    assert world.count(models.Affiliation) == 4


def test_homonyms_are_numbered_in_the_order_of_their_keys(world: World) -> None:
    world.students([student(3), student(1), student(2)])
    world.run()
    assert [world.person(f"apogee:{n}").uid for n in (1, 2, 3)] == [
        "marie.martin",
        "marie.martin2",
        "marie.martin3",
    ]
    world.students([student(3), student(1), student(2), student(4)])
    world.run()
    assert world.person("apogee:4").uid == "marie.martin4"


def test_a_change_updates_that_user_alone(world: World) -> None:
    world.students([student(1), student(2, first="Zoé")])
    world.run()
    world.directory.writes.clear()
    world.students([student(1, usual="Durand"), student(2, first="Zoé")])
    (action,) = world.planned()
    world.run()
    assert world.directory.writes == [("update", "marie.martin@etu.univ-demo.fr")]
    assert [(c.what, c.before, c.after) for c in action.changes] == [("last name", "Martin", "Durand")]
    person = world.person("apogee:1")
    assert (person.last_name, person.birth_name, person.uid) == ("Durand", "Martin", "marie.martin")


def test_what_keycloak_need_not_know_changes_the_record_only(world: World) -> None:
    world.students([student(1)])
    world.run()
    world.directory.writes.clear()
    world.students([student(1, phone="0639989999")])
    world.run()
    assert (world.directory.writes, world.person("apogee:1").phone) == ([], "+33639989999")


def test_the_freshest_enrolment_says_who_somebody_is(world: World) -> None:
    world.students([student(1, year=2026, usual="Durand"), student(1, year=2025, usual="Martin")])
    world.run()
    assert world.person("apogee:1").last_name == "Durand"
    world.students([student(1, year=2026, usual="Durand"), student(1, year=2025, usual="Petit")])
    world.run()
    assert world.person("apogee:1").last_name == "Durand"


def test_the_calendar_closes_and_a_new_enrolment_opens(world: World) -> None:
    world.students([student(1)])
    world.run()
    assert world.on(2027, 12, 31).run().plan.writes == 0
    assert [(a.kind, a.subject.cause) for a in world.on(2028, 1, 1).planned()] == [
        (Kind.DISABLE, Cause.CALENDAR)
    ]
    world.run()
    person = world.person("apogee:1")
    assert (person.state, world.directory.open[person.keycloak_id or ""]) == ("SupannExpire", False)

    world.students([student(1), student(1, year=2028)])
    assert world.on(2028, 9, 1).run().outcome.done == {"enable": 1}
    person = world.person("apogee:1")
    assert (person.uid, person.state, str(person.account_end)) == ("marie.martin", "SupannCree", "2029-12-31")
    assert world.mails().count(person.login) == 2  # never activated: the first link is long dead
    assert person.generation == 2


def test_a_clock_that_goes_back_opens_nothing(world: World) -> None:
    world.students([student(1)])
    world.run()
    world.on(2028, 1, 1).run()
    world.students([student(1, phone="0639989999")])
    world.on(2027, 12, 30).run()
    assert world.person("apogee:1").state == "SupannExpire"


def test_absence_closes_nothing(world: World) -> None:
    world.students([student(n, first=f"P{n}") for n in range(1, 31)])
    world.run()
    world.students([student(n, first=f"P{n}") for n in range(1, 29)])
    assert not world.run().plan.tally


def test_a_cancelled_enrolment_closes_and_losing_one_of_two_does_not(world: World) -> None:
    world.students(
        [student(1), student(2, first="Zoé", programme="A"), student(2, first="Zoé", programme="B")]
    )
    world.run()
    world.students(
        [
            student(1, status="A"),
            student(2, first="Zoé", programme="A", status="A"),
            student(2, first="Zoé", programme="B"),
        ]
    )
    assert [(a.kind, a.who, a.subject.cause) for a in world.planned()] == [
        (Kind.DISABLE, "marie.martin@etu.univ-demo.fr", Cause.SOURCE)
    ]
    world.run()
    world.on(2026, 9, 20).run()
    assert str(world.person("apogee:1").account_end) == "2026-08-31"
    world.students(
        [student(1), student(2, first="Zoé", programme="A"), student(2, first="Zoé", programme="B")]
    )
    assert world.run().outcome.done == {"enable": 1}


def test_an_enrolment_cancelled_before_anybody_read_it_makes_no_user(world: World) -> None:
    world.students([student(1, status="A"), student(2, year=2024)])
    world.run()
    assert [u.username for u in world.directory.held.values()] == ["paul.bernard@univ-demo.fr"]
    assert world.mails() == ["paul.bernard@univ-demo.fr"]


def test_a_contract_that_begins_later_makes_its_user_on_that_day(world: World) -> None:
    world.students([student(1)])
    world.staff([staff(), staff("P2", first="Léa", start="01/10/2026")])
    world.run()
    assert world.person("rh:P2").keycloak_id is None
    assert [a.who for a in world.on(2026, 10, 1).planned()] == ["lea.bernard@univ-demo.fr"]


def test_a_corrected_mail_gets_a_new_link_until_the_activation(world: World) -> None:
    world.students([student(1, mail="wrong@courriel.example")])
    world.run()
    world.students([student(1, mail="right@courriel.example")])
    world.run()
    person = world.person("apogee:1")
    assert (person.personal_mail, person.generation, world.mails().count(person.login)) == (
        "right@courriel.example",
        2,
        2,
    )

    with world.sessions.begin() as session:
        row = session.get_one(models.Person, person.id)
        row.activated_at, row.state, row.digest = world.now, "SupannActif", None
    world.students([student(1, mail="other@courriel.example")])
    report = world.run()
    person = world.person("apogee:1")
    assert (person.personal_mail, world.mails().count(person.login)) == ("right@courriel.example", 2)
    assert report.outcome.done == {"update": 1}
    assert world.directory.held[person.keycloak_id or ""].attributes["accountState"] == ("SupannActif",)


def test_once_activated_the_phone_is_the_persons_own(world: World) -> None:
    """Given for text messages, or erased with that consent: no register brings another back."""
    world.students([student(1)])
    world.run()
    with world.sessions.begin() as session:
        row = session.get_one(models.Person, world.person("apogee:1").id)
        row.activated_at, row.phone = world.now, None
    world.students([student(1, last="Durand", phone="0639989999")])
    world.run()
    person = world.person("apogee:1")
    assert (person.last_name, person.phone) == ("Durand", None)


def test_keycloak_down_ends_partial_and_the_next_run_repairs(world: World) -> None:
    world.students([student(n, first=f"P{n}") for n in range(1, 11)])
    world.directory.down_after = 4
    report = world.run()
    outcome = report.outcome
    assert (report.status, len(world.directory.held)) == ("partial", 4)
    assert outcome.done["create"] + outcome.failed + outcome.left == 11
    assert world.last_run().error == "status 503"
    assert len(world.mails()) == outcome.done["create"] <= 4
    world.directory.down_after = None
    report = world.run()
    assert (report.status, len(world.directory.held), len(world.directory.writes)) == ("ok", 11, 11)
    assert len(world.mails()) == len(set(world.mails())) == 11


def test_a_lost_answer_is_adopted_not_doubled(world: World) -> None:
    world.students([student(1)])
    world.directory.lose_answers = True
    assert world.run().status == "partial"
    assert (len(world.directory.held), world.mails()) == (2, [])
    world.directory.lose_answers = False
    world.run()
    assert (len(world.directory.held), len(world.mails())) == (2, 2)


def test_a_user_whose_creation_was_never_noted_is_closed_when_its_time_ends(world: World) -> None:
    world.students([student(1)])
    world.directory.lose_answers = True
    world.run()
    world.directory.lose_answers = False
    world.students([student(1, status="A")])
    world.run()
    person = world.person("apogee:1")
    assert world.directory.open[person.keycloak_id or ""] is False


def test_a_user_that_is_not_ours_is_quarantined(world: World) -> None:
    world.students([student(1), student(2, first="Zoé")])
    world.directory.foreign.add("marie.martin@etu.univ-demo.fr")
    report = world.run()
    assert (report.status, report.outcome.done["create"]) == ("ok", 2)
    (row,) = world.quarantine()
    assert (row.file, row.line) == ("students.csv", 2)
    assert "somebody else's" in row.problem
    world.directory.foreign.clear()
    assert world.run().outcome.done["create"] == 1
    assert world.quarantine() == []


def test_a_crash_while_writing_is_told_and_resumed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.students([student(1)])

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.directory, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            world.run()
    assert world.last_run().status == "failed"
    assert world.run().outcome.done["create"] == 2


def test_a_run_that_died_is_closed_by_the_next(world: World) -> None:
    world.students([student(1)])
    with world.sessions.begin() as session:
        session.add(SyncRun(started_at=world.now))
    world.run()
    with world.sessions() as session:
        assert session.get_one(SyncRun, 1).error == "interrupted"


def test_a_source_that_cannot_be_read_stops_the_run(world: World) -> None:
    world.students_file.write_text("")
    with pytest.raises(SourceError):
        world.run()
    assert (world.last_run().status, world.directory.held) == ("failed", {})


def test_a_plan_writes_nothing(world: World) -> None:
    world.students([student(1)])
    assert len(world.planned()) == 2
    assert (world.count(models.Person), world.count(SyncRun), world.directory.held) == (0, 0, {})
