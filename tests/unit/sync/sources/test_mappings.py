"""The shipped mappings, and what is wrong with one's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.settings import SourceSettings
from sync.sources.csv import build
from sync.sources.mapping import load_mapping
from tests.support.exports import STUDENTS, student
from tests.support.reading import Found, read_all

PEGASE = (
    "code_apprenant;ine;nom_famille;nom_usuel;prenom;date_naissance;mail_perso;telephone;annee_universitaire;code_periode;"
    "code_objet_formation;libelle_objet_formation;statut_inscription;date_inscription"
)


def reading(folder: Path, mapping: str, *lines: str) -> Found:
    path = folder / "people.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read_all(build(SourceSettings(name="register", path=path, mapping=mapping), ""))


def enrolled(status: str = "V") -> str:
    return (
        "000000001;123456789AB;LE GOFF;;Zoé;2007-05-14;zoe@courriel.example;0639980000;2026;PER-2026;L1-INF;Licence 1;"
        f"{status};2026-07-06"
    )


def test_pegase(tmp_path: Path) -> None:
    record = reading(tmp_path, "pegase", PEGASE, enrolled()).only
    assert (record.key, record.record_key) == ("000000001", "000000001:PER-2026:L1-INF")
    assert (record.shown_last_name, record.birth_date) == ("Le Goff", date(2007, 5, 14))
    assert (record.year, record.programme, record.start) == (2026, "L1-INF", date(2026, 7, 6))
    assert record.identifiers == {"student_number": "000000001", "ine": "123456789AB"}


@pytest.mark.parametrize(
    ("word", "status"), [("V", "valid"), ("VALIDE", "valid"), ("A", "cancelled"), ("annulee", "cancelled")]
)
def test_words_of_pegase_for_a_status(tmp_path: Path, word: str, status: str) -> None:
    assert reading(tmp_path, "pegase", PEGASE, enrolled(word)).only.status == status


def test_an_enrolment_that_is_not_finished_is_quarantined(tmp_path: Path) -> None:
    (rejected,) = reading(tmp_path, "pegase", PEGASE, enrolled("EN_COURS")).rejected
    assert (rejected.column, rejected.place.line) == ("statut_inscription", 2)


@pytest.mark.parametrize(("word", "status"), [("E", "valid"), ("A", "cancelled"), ("R", "withdrawn")])
def test_words_of_apogee_for_a_status(tmp_path: Path, word: str, status: str) -> None:
    assert reading(tmp_path, "apogee", STUDENTS, student(status=word)).only.status == status


def test_two_versions_of_a_stage_are_two_enrolments(tmp_path: Path) -> None:
    lines = [f"{student()};{version}" for version in (120, 121)]
    found = reading(tmp_path, "apogee", f"{STUDENTS};COD_VRS_VET", *lines)
    keys = {record.record_key for record in found.records.values()}
    assert keys == {"22600001:2026:L1INF1:120", "22600001:2026:L1INF1:121"}


@pytest.mark.parametrize("version", ["1\0", "1\u202e2", "v" * 250])
def test_a_key_is_shown_and_kept_too(tmp_path: Path, version: str) -> None:
    """Although no field has that column."""
    (rejected,) = reading(tmp_path, "apogee", f"{STUDENTS};COD_VRS_VET", f"{student()};{version}").rejected
    assert rejected.column == "COD_ETU+COD_ANU+COD_ETP+COD_VRS_VET"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('fields = {key = "a", frist_name = "b"}', "frist_name"),
        ('fields = {key = "a"}\nvalues = {status = {x = "valid"}}', "values.status"),
        ('fields = {key = "a"}\nconstants = {key = "1"}', "both a column's and a constant's"),
        ('fields = {key = "a"}\ncolour = "blue"', "colour"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused_at_once(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'record_key = ["a"]\n{line}\n', "utf-8")
    with pytest.raises(ConfigurationError, match=says):
        load_mapping(str(path))
