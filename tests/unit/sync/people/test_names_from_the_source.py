"""Names of accounts that the register gives: used as they are, and nobody else's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kc_bridge.settings import SourceSettings
from kc_bridge.store.sync import RetiredName
from sync.people.names import holders
from tests.support.sync_world import World

MAPPING = """
record_key = ["numero"]
optional = ["uid", "login", "mail"]
[constants]
population = "staff"
[fields]
key = "numero"
birth_name = "nom"
first_name = "prenom"
uid = "uid"
login = "login"
mail = "mail"
"""
HEADER = "numero;nom;prenom;uid;login;mail"


class Staff(World):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "names.toml").write_text(MAPPING, "utf-8")
        self.names_file = folder / "names.csv"
        mapping = str(folder / "names.toml")
        source = SourceSettings(name="si", path=self.names_file, mapping=mapping, populations=["staff"])
        self.settings = self.settings.model_copy(update={"sources": [source]})

    def names(self, *lines: str) -> None:
        self.names_file.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")

    def account(self, number: int) -> tuple[str, str, str]:
        person = self.person(f"si:{number}")
        return person.uid, person.login, person.mail

    def problems(self) -> list[tuple[int, str]]:
        return [(row.line, row.problem) for row in self.quarantine()]


@pytest.fixture
def world(tmp_path: Path) -> Staff:
    return Staff(tmp_path)


def test_what_the_register_gives_is_used_and_the_rest_made(world: Staff) -> None:
    world.names(
        "1;Bernard;Paul;pbernard;PBernard;Paul.Bernard@Labo.univ-demo.fr",
        "2;Petit;Léa;;lpetit;",
        "3;Roux;Anne;;;anne.roux@univ-demo.fr",
        "4;Blanc;Zoé;z-blanc;;",
        "5;Noir;Luc;;;",
    )
    world.run()
    assert [world.account(n) for n in range(1, 6)] == [
        ("pbernard", "pbernard", "paul.bernard@labo.univ-demo.fr"),
        ("lpetit", "lpetit", "lpetit@univ-demo.fr"),
        ("anne.roux", *["anne.roux@univ-demo.fr"] * 2),
        ("z-blanc", *["z-blanc@univ-demo.fr"] * 2),
        ("luc.noir", *["luc.noir@univ-demo.fr"] * 2),
    ]


def test_a_name_asked_for_is_made_for_nobody_before(world: Staff) -> None:
    """Whoever comes first in the order of keys does not get what the register gives to another."""
    world.names("1;Bernard;Paul;;;", "2;Autre;Nom;;paul.bernard;")
    world.run()
    assert [world.account(n)[0] for n in (1, 2)] == ["paul.bernard2", "paul.bernard"]


def test_one_name_for_two_is_neither_s(world: Staff) -> None:
    world.names(
        "1;Bernard;Paul;;commun;",
        "2;Petit;Léa;;;",
        "3;Roux;Anne;;;commun@univ-demo.fr",
        "4;Blanc;Zoé;;commun;",
    )
    world.run()
    assert [line for line, _ in world.problems()] == [2, 5]
    assert "names.csv line 5" in world.problems()[0][1]
    assert world.account(3)[1] == "commun@univ-demo.fr"


def test_a_login_that_is_somebody_s_mail_is_refused(world: Staff) -> None:
    world.names("1;Bernard;Paul;;;")
    world.run()
    world.names("1;Bernard;Paul;;;", "2;Petit;Léa;;paul.bernard@univ-demo.fr;")
    world.run()
    (problem,) = world.problems()
    assert problem == (3, "« paul.bernard@univ-demo.fr » is the login of paul.bernard@univ-demo.fr")


def test_another_name_later_is_an_operator_s_to_give(world: Staff) -> None:
    world.names("1;Bernard;Paul;;pbernard;")
    world.run()
    world.names("1;Bernard-Roux;Paul;;pbernardroux;")
    world.run()
    assert world.account(1)[1] == "pbernard"
    (row,) = world.quarantine()
    assert (
        row.remedy
        == "To change it: kcb person rename pbernard --login pbernardroux; else correct the source."
    )


@pytest.mark.parametrize("name", ["é", "a b@", "a/../b", "<script>", "-x", "a\u200bb"])
def test_what_is_no_name_is_quarantined(world: Staff, name: str) -> None:
    world.names(f"1;Bernard;Paul;;{name};", "2;Petit;Léa;;;")
    world.run()
    assert [line for line, _ in world.problems()] == [2]


def test_a_retired_name_is_refused_to_everybody_who_asks(world: World) -> None:
    with world.sessions.begin() as session:
        session.add(RetiredName(name="a.b", retired_on=date(2026, 1, 1), free_on=None))
    asked = {("account name", "a.b@etu.fr"), ("account name", "a.b@univ.fr"), ("account uid", "a.b")}
    with world.sessions() as session:
        assert holders(session, {*asked, ("account uid", "free")}, date(2026, 9, 1)).keys() == asked
