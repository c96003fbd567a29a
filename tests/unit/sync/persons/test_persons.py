"""kcb person: merge, split, rename, show; and what the next runs make of them."""

from __future__ import annotations

import json
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kc_bridge.domain.errors import BridgeError
from kc_bridge.domain.person import key_digest
from kc_bridge.mailer import send_waiting
from kc_bridge.store import models
from kc_bridge.store.models import AuditEntry, OutboxMessage
from kc_bridge.store.sync import MailAlias, PersonKey
from sync.persons import commands
from tests.support.sync_world import student
from tests.unit.sync.people.test_two_sources import TwoSources

BY = ["--reason", "ticket 12", "--yes"]
MARIE = "marie.martin@etu.univ-demo.fr"
ELSEWHERE = {"birth": "02/02/1999"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TwoSources:
    world = TwoSources(tmp_path)
    monkeypatch.setattr(commands, "load", lambda: world.settings)
    monkeypatch.setattr(commands, "system_clock", lambda: world.now)
    return world


def kcb(*args: str, fails: bool = False) -> Result:
    result = CliRunner().invoke(commands.person, list(args))
    assert (result.exit_code != 0) == fails, result.output + repr(result.exception)
    return result


def shown(named: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kcb("show", named, "--json").stdout)
    return found


def two_accounts(world: TwoSources) -> None:
    """One human under two names, whom no rule could join."""
    world.students([student(1, ine="123456789AB", year=2026)])
    world.run()
    world.doctors([student(70, last="Martin-Roy", ine="987654321AB", year=2027, programme="D1", **ELSEWHERE)])
    world.on(2026, 9, 2).run()


def test_merging_keeps_the_older_account_and_closes_the_other(world: TwoSources) -> None:
    two_accounts(world)
    goes = world.person("doctors:70")
    result = kcb("merge", "doctors:70", MARIE, *BY)
    assert f"stays: {MARIE}" in result.stderr
    assert f"closes: {goes.login}" in result.stderr
    report = world.on(2026, 9, 3).run()
    assert {kind: n for kind, n in report.plan.counts.items() if n} == {"update": 1, "disable": 1}
    stays = world.person("apogee:1")
    assert (stays.uid, stays.login, str(stays.account_end)) == ("marie.martin", MARIE, "2028-12-31")
    user = world.directory.held[stays.keycloak_id or ""]
    assert user.attributes["mailAlternateAddress"] == (goes.mail,)
    assert (world.directory.open[stays.keycloak_id or ""], world.directory.open[goes.keycloak_id or ""]) == (
        True,
        False,
    )
    assert {a["key"] for a in shown(MARIE)["affiliations"]} == {"apogee:1", "doctors:70"}
    assert shown(goes.login)["merged into"] == MARIE
    assert sum(world.on(2026, 9, 4).run().plan.counts.values()) == 0


def test_rows_of_either_key_are_that_person_s_from_then_on(world: TwoSources) -> None:
    two_accounts(world)
    kcb("merge", MARIE, "doctors:70", *BY)
    same = {"last": "Martin-Roy", "ine": "123456789AB"}
    world.doctors([student(70, year=2028, programme="D2", **same)])
    world.on(2026, 9, 3).run()
    assert str(world.person("apogee:1").account_end) == "2029-12-31"
    assert world.quarantine() == []


def test_a_split_undoes_a_merge(world: TwoSources) -> None:
    two_accounts(world)
    goes = world.person("doctors:70")
    kcb("merge", MARIE, "doctors:70", *BY)
    world.on(2026, 9, 3).run()
    kcb("split", MARIE, "doctors:70", *BY)
    world.on(2026, 9, 4).run()
    again = world.person("doctors:70")
    assert (again.id, again.uid, str(again.account_end)) == (goes.id, goes.uid, "2028-12-31")
    assert world.directory.open[again.keycloak_id or ""]
    assert str(world.person("apogee:1").account_end) == "2027-12-31"
    assert "mailAlternateAddress" not in {
        name
        for name, values in world.directory.held[
            world.person("apogee:1").keycloak_id or ""
        ].attributes.items()
        if values
    }
    assert world.count(PersonKey) == world.count(MailAlias) == 0
    assert sum(world.on(2026, 9, 5).run().plan.counts.values()) == 0


def test_a_key_a_rule_has_joined_can_be_split_off_and_stays_so(world: TwoSources) -> None:
    world.students([student(1, ine="123456789AB")])
    world.doctors([student(70, ine="123456789AB", year=2027)])
    world.run()
    assert world.keys() == {"doctors:70": "apogee:1 ine"}
    kcb("split", "apogee:1", "doctors:70", *BY)
    world.doctors([student(70, ine="987654321AB", year=2027)])
    for day in (2, 3):
        world.on(2026, 9, day).run()
    assert world.keys() == {}
    assert world.person("doctors:70").uid == "marie.martin2"
    assert world.quarantine() == []


def test_what_cannot_be_split_or_merged_is_said(world: TwoSources) -> None:
    two_accounts(world)
    assert "own key" in str(kcb("split", MARIE, "apogee:1", *BY, fails=True).exception)
    assert "already" in str(kcb("merge", MARIE, "apogee:1", *BY, fails=True).exception)
    assert "write <source>:<key>" in str(kcb("merge", MARIE, "inconnu", *BY, fails=True).exception)


def test_the_remedies_of_the_quarantine_are_commands(world: TwoSources) -> None:
    world.students([student(1)])
    world.run()
    world.doctors([student(70)])
    world.run()
    (row,) = shown("doctors:70")["quarantine"]
    merge, split = (
        part.partition("kcb person ")[2].rstrip(".").split() for part in row["remedy"].split(". ")
    )
    assert (merge[0], split[0]) == ("merge", "split")
    kcb(*split, *BY)
    assert world.run().plan.counts["create"] == 1
    kcb(*merge, *BY)
    report = world.on(2026, 9, 2).run()
    assert report.plan.counts["disable"] == 1
    assert world.keys() == {"doctors:70": "apogee:1 operator"}


def test_ambiguous_names_are_refused(world: TwoSources) -> None:
    world.students([student(1), student(2, first="Zoé")])
    world.staff_file.write_text(world.staff_file.read_text().replace("P1", "1"))
    world.run()
    with pytest.raises(BridgeError, match="give the key"):
        commands.person.main(["show", "1"], standalone_mode=False)


def test_a_rename_gives_another_login_and_keeps_uid_and_alias(world: TwoSources) -> None:
    world.students([student(1)])
    world.run()
    result = kcb("rename", MARIE, "--first", "Camille", "--last", "Roy", *BY)
    assert "→ camille.roy@etu.univ-demo.fr" in result.stderr
    assert world.on(2026, 9, 2).run().plan.counts["update"] == 1
    person = world.person("apogee:1")
    assert (person.uid, person.login, person.mail) == ("marie.martin", *["camille.roy@etu.univ-demo.fr"] * 2)
    user = world.directory.held[person.keycloak_id or ""]
    assert (user.username, user.email, user.first_name, user.last_name) == (
        person.login,
        person.mail,
        "Camille",
        "Roy",
    )
    assert user.attributes["mailAlternateAddress"] == (MARIE,)
    assert user.attributes["eduPersonPrincipalName"] == ("marie.martin@univ-demo.fr",)
    with world.sessions() as session:
        (mail,) = session.query(OutboxMessage).filter_by(kind="renamed")
        (entry,) = session.query(AuditEntry).filter_by(action="person.renamed")
    assert mail.payload == {"former": MARIE, "former_mail": MARIE}
    assert entry.details == {"reason": "ticket 12", "from_login": MARIE, "to_login": person.login}
    assert sum(world.on(2026, 9, 3).run().plan.counts.values()) == 0


def test_the_names_stay_until_the_register_says_yet_others(world: TwoSources) -> None:
    world.students([student(1)])
    world.run()
    kcb("rename", MARIE, "--first", "Camille", *BY)
    world.students([student(1, phone="0639989999")])
    world.run()
    assert world.person("apogee:1").first_name == "Camille"
    assert shown("apogee:1")["register says"] == "Marie Martin"
    world.students([student(1, usual="Durand")])
    world.run()
    person = world.person("apogee:1")
    assert (person.first_name, person.last_name, person.register_first_name) == ("Marie", "Durand", None)
    assert person.login == "camille.martin@etu.univ-demo.fr"


def test_a_name_of_the_register_alone_changes_no_login(world: TwoSources) -> None:
    world.students([student(1)])
    world.run()
    world.students([student(1, usual="Durand", first="Camille")])
    assert world.run().plan.counts["update"] == 1
    person = world.person("apogee:1")
    assert (person.first_name, person.last_name, person.login, person.mail) == (
        "Camille",
        "Durand",
        MARIE,
        MARIE,
    )
    assert world.count(MailAlias) == 0


def test_a_former_address_is_nobody_else_s(world: TwoSources) -> None:
    world.students([student(1)])
    world.run()
    kcb("rename", MARIE, "--last", "Roy", *BY)
    world.students([student(1), student(2), student(3, first="Zoé")])
    world.on(2026, 9, 2).run()
    assert world.person("apogee:2").login == "marie.martin2@etu.univ-demo.fr"
    problem = str(kcb("rename", "zoe.martin", "--login", "marie.martin", *BY, fails=True).exception)
    assert "former address" in problem
    assert "marie.martin2" in str(
        kcb("rename", "zoe.martin", "--login", "marie.martin2", *BY, fails=True).exception
    )
    kcb("rename", "marie.roy", "--login", "marie.martin", *BY)  # but it may be taken back
    world.on(2026, 9, 3).run()
    with world.sessions() as session:
        assert [alias.address for alias in session.query(MailAlias)] == ["marie.roy@etu.univ-demo.fr"]
    assert world.person("apogee:1").login == MARIE


def test_the_mark_in_keycloak_never_changes(world: TwoSources) -> None:
    two_accounts(world)
    kcb("merge", MARIE, "doctors:70", *BY)
    kcb("rename", MARIE, "--last", "Roy", *BY)
    world.on(2026, 9, 3).run()
    with world.sessions() as session:
        for person in session.query(models.Person):
            assert world.directory.held[person.keycloak_id or ""].key == key_digest(person.key)


def test_the_person_is_told_once_keycloak_knows(world: TwoSources) -> None:
    world.students([student(1)])
    world.run()
    kcb("rename", MARIE, "--last", "Roy", *BY)
    letters: list[EmailMessage] = []
    relay = SimpleNamespace(send=letters.append)

    def told() -> list[tuple[str, str]]:
        letters.clear()
        world.now += timedelta(hours=1)
        send_waiting(world.settings, world.sessions, lambda: world.now, relay)
        renamed = [letter for letter in letters if "identifiant" in letter["Subject"]]
        return [(letter["To"], letter.get_body(("plain",)).get_content()) for letter in renamed]  # type: ignore[union-attr]

    assert told() == []
    world.run()
    ((to, text),) = told()
    assert to == "p1@courriel.example"
    assert f"{MARIE} est devenu marie.roy@etu.univ-demo.fr" in text.replace("\n", " ")
    assert told() == []


def test_somebody_a_register_has_twice_is_one_human_once_an_operator_says_so(world: TwoSources) -> None:
    twice = [student(1, ine="123456789AB"), student(2, ine="123456789AB", year=2027, programme="L2")]
    world.students([*twice, student(3, first="Zoé")])
    world.run()
    first, second = (row.remedy.partition("kcb person ")[2].rstrip(".") for row in world.quarantine())
    assert (first, second) == ("merge apogee:2 apogee:1", "merge apogee:1 apogee:2")
    kcb(*first.split(), *BY)
    assert world.run().plan.counts["create"] == 1
    assert world.keys() == {"apogee:2": "apogee:1 operator"}
    assert str(world.person("apogee:1").account_end) == "2028-12-31"
    assert world.quarantine() == []
    assert sum(world.run().plan.counts.values()) == 0
