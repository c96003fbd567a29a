import csv
import io
from datetime import date
from pathlib import Path

import pytest

from kc_bridge.demo import people

HERE = Path(people.__file__).parent


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_the_committed_samples_are_the_generators_output() -> None:
    assert people.students_csv(2026).encode() == (HERE / "people.csv").read_bytes()
    assert people.staff_csv(2026).encode() == (HERE / "staff.csv").read_bytes()


def test_about_two_hundred_people_with_the_cases_a_university_meets() -> None:
    students, staff = rows(people.students_csv(2026)), rows(people.staff_csv(2026))
    good = [row for row in students if row["LIB_NOM_PAT_IND"] not in ("", "Quarantaine")]
    assert len({row["COD_ETU"] for row in good}) + len({row["matricule"] for row in staff}) == 201
    assert students[0]["LIB_NOM_PAT_IND"] == "O'Connor"
    assert students[0]["LIB_PR1_IND"] == "Camille"
    homonyms = {
        row["COD_ETU"] for row in good if (row["LIB_PR1_IND"], row["LIB_NOM_PAT_IND"]) == ("Marie", "Martin")
    }
    assert len(homonyms) >= 3
    this_year = [row["COD_ETU"] for row in good if row["COD_ANU"] == "2026"]
    assert len(this_year) > len(set(this_year)), "nobody has two enrolments in one year"
    assert {row["population"] for row in staff} == {"personnel", "invité", "hébergé"}


def test_no_two_people_share_an_ine_or_a_mail_but_the_row_made_to_be_refused() -> None:
    students = rows(people.students_csv(2026))
    owners: dict[str, set[str]] = {}
    for row in students:
        owners.setdefault(row["COD_NNE_IND"] + row["COD_CLE_NNE_IND"], set()).add(row["COD_ETU"])
        if row["MAIL_PERSO"]:
            owners.setdefault(row["MAIL_PERSO"], set()).add(row["COD_ETU"])
    shared = [who for who in owners.values() if len(who) > 1]
    assert shared == [{"22600010", "22600905"}]


def test_another_year_moves_enrolments_with_it() -> None:
    assert {row["COD_ANU"] for row in rows(people.students_csv(2029))} >= {"2027", "2028", "2029"}


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 11, 22), 2026), (date(2027, 8, 31), 2026), (date(2027, 9, 1), 2027)]
)
def test_the_university_year_begins_in_september(day: date, year: int) -> None:
    assert people.university_year(day) == year


def test_an_edited_sample_is_kept(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("mine")
    people.write_samples(tmp_path, 2026)
    assert (tmp_path / "people.csv").read_text() == "mine"
    assert (tmp_path / "staff.csv").exists()
