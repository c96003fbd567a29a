"""Files as registers export them, and as accidents leave them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kc_bridge.domain.errors import ConfigurationError
from sync.sources.base import SourceError
from sync.sources.csv import CsvSource
from sync.sources.mapping import load_mapping
from tests.support.exports import STAFF, STUDENTS, staff, student
from tests.support.reading import Found, read_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def source(path: Path, mapping: str = "apogee", populations: tuple[str, ...] = ("student",)) -> CsvSource:
    return CsvSource("apogee", path, load_mapping(mapping), list(populations))


def students(path: Path, *lines: str, encoding: str = "utf-8", end: str = "\r\n") -> Found:
    path.write_bytes((end.join([STUDENTS, *lines]) + end).encode(encoding))
    return read_all(source(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings(path: Path, encoding: str, end: str) -> None:
    assert (
        students(path, student(last="Núñez", first="Iñaki"), encoding=encoding, end=end).only.birth_name
        == "Núñez"
    )


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_delimiters(path: Path, delimiter: str) -> None:
    path.write_text("\n".join((STUDENTS, student())).replace(";", delimiter), "utf-8")
    assert read_all(source(path)).only.year == 2026


def test_a_record_says_everything(path: Path) -> None:
    line = student(22600001, last="O’CONNOR", usual="DE LA TOUR", first="ANNE-SOPHIE", ine="230000000AM")
    record = students(path, line).only
    identity = record.identity(f"apogee:{record.key}", record.identifiers)
    assert (identity.key, identity.first_name, identity.last_name) == (
        "apogee:22600001",
        "Anne-Sophie",
        "De La Tour",
    )
    assert identity.birth_name == "O'Connor"
    assert identity.birth_date == date(2007, 5, 14)
    assert identity.phone == "+33639980000"
    assert identity.identifiers == (("ine", "230000000AM"), ("student_number", "22600001"))
    assert (record.record_key, record.programme, record.start) == (
        "22600001:2026:L1INF1",
        "L1INF1",
        date(2026, 7, 6),
    )


def test_the_first_accent_may_be_on_the_last_line(path: Path) -> None:
    many = [student(22600001 + i) for i in range(2000)]
    reading = students(path, *many, student(1, last="Peña"), encoding="cp1252")
    assert list(reading.records.values())[-1].birth_name == "Peña"


def test_a_quoted_cell_may_hold_the_separator(path: Path) -> None:
    record = students(path, student(last='"Martin; dit ""Le Grand"""')).only
    assert record.birth_name == 'Martin; dit "Le Grand"'


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        (student(birth="31/02/2006"), "DATE_NAI_IND", "no date"),
        (student(birth="1/1/06"), "DATE_NAI_IND", "no date"),
        (student(year=20266), "COD_ANU", "no university year"),
        (student(year=""), None, "without a university year"),
        (student(first=""), "LIB_PR1_IND", "is empty"),
        (student(last=""), None, "has no name"),
        (student(mail="pas une adresse"), "MAIL_PERSO", "no e-mail address"),
        (student(mail="a@b.fr\u2028Bcc:x@y.fr"), "MAIL_PERSO", "no e-mail address"),
        (student(ine="ABCM"), "COD_NNE_IND+COD_CLE_NNE_IND", "form of an INE"),
        (student(last="Mar\0tin"), "LIB_NOM_PAT_IND", "invisible character"),
        (student(last="\u202emartin"), "LIB_NOM_PAT_IND", "invisible character"),
        (student(last="M" * 256), "LIB_NOM_PAT_IND", "longer than 255"),
        (student(last="🎓", first="🎓"), None, "no letter a–z"),
        (student() + ";en trop", None, "15 columns, the header has 14"),
        (student()[:30], None, "truncated"),
        (student(last='"Martin'), None, "unbalanced quote"),
    ],
)
def test_a_bad_row_is_quarantined_and_the_next_is_read(
    path: Path, line: str, column: str | None, problem: str
) -> None:
    reading = students(path, line, student(2))
    (rejected,) = reading.rejected
    assert (rejected.place.file, rejected.place.line, rejected.column) == ("people.csv", 2, column)
    assert problem in f"{rejected.problem} {rejected.remedy}"
    assert rejected.remedy
    assert reading.keys == ["2"]


def test_names_of_255_characters_pass(path: Path) -> None:
    assert len(students(path, student(last="É" * 255)).only.birth_name or "") == 255


def test_composed_and_decomposed_are_one_name(path: Path) -> None:
    assert students(path, student(last="Nu\u0301n\u0303ez")).only.birth_name == "Núñez"


@pytest.mark.parametrize("ine", ["123456789AB", "0123456789A", "1234A56789B", ""])
def test_forms_of_the_ine(path: Path, ine: str) -> None:
    assert dict(students(path, student(ine=ine)).only.identifiers).get("ine", "") == ine


def test_a_line_too_long_is_told_and_the_next_is_read(path: Path) -> None:
    reading = students(path, student(1), "x" * 70_000, student(3))
    assert [r.place.line for r in reading.rejected] == [3]
    assert "longer than 65536" in reading.rejected[0].problem
    assert reading.lines == [2, 4]


def test_a_few_bad_bytes_spoil_their_own_row_only(path: Path) -> None:
    lines = [STUDENTS, student(1, last="Núñez"), student(2, last="B#uf"), student(3, last="Peña")]
    path.write_bytes("\n".join(lines).encode().replace(b"#", b"\x9c"))
    reading = read_all(source(path))
    assert [r.place.line for r in reading.rejected] == [3]
    assert [record.birth_name for record in reading.records.values()] == ["Núñez", "Peña"]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_cut_file_keeps_its_whole_lines(path: Path, cut: int) -> None:
    whole = "\n".join((STUDENTS, student(1, last="Núñez"), student(2, last="É" * 40))).encode()
    path.write_bytes(whole[:-cut])
    reading = read_all(source(path))
    assert next(iter(reading.records.values())).birth_name == "Núñez"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        ("COD_ETU;COD_ANU\n", "lacks LIB_NOM_PAT_IND"),
        (STUDENTS + ";COD_ETU\n", "COD_ETU more than once"),
        ('"' + STUDENTS + "\n", "unbalanced quote"),
        ("x" * 70_000, "begins with more than 65536"),
    ],
)
def test_a_file_that_is_no_export_is_refused_as_a_whole(path: Path, content: str, problem: str) -> None:
    path.write_text(content, "utf-8")
    with pytest.raises(SourceError, match=problem):
        read_all(source(path))


def test_a_missing_file_says_its_path(path: Path) -> None:
    with pytest.raises(SourceError, match=r"people\.csv"):
        read_all(source(path))


def test_a_column_that_moved_makes_every_row_new(path: Path) -> None:
    before = students(path, student(1)).hashes
    header = STUDENTS.replace("LIB_NOM_PAT_IND;LIB_NOM_USU_IND", "LIB_NOM_USU_IND;LIB_NOM_PAT_IND")
    path.write_text(f"{header}\n{student(1)}\n", "utf-8")
    assert not set(read_all(source(path)).hashes) & set(before)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (staff(population="guest"), "guest without an end"),
        (staff(start="30/06/2027", end="01/09/2026"), "ends before it begins"),
        (staff(population="robot"), "no population"),
    ],
)
def test_staff_and_guests(path: Path, line: str, problem: str) -> None:
    path.write_text(f"{STAFF}\n{line}\n", "utf-8")
    reading = read_all(source(path, "staff", ("staff", "guest")))
    assert problem in reading.rejected[0].problem


def test_a_source_has_authority_over_its_populations_only(path: Path) -> None:
    path.write_text(f"{STAFF}\n{staff()}\n", "utf-8")
    reading = read_all(source(path, "staff", ("guest",)))
    assert "no authority" in reading.rejected[0].problem
    assert reading.rejected[0].column == "population"


def test_an_unknown_mapping_names_the_shipped_ones() -> None:
    with pytest.raises(ConfigurationError, match="apogee, pegase, staff"):
        load_mapping("pegasus")


@pytest.mark.parametrize("text", ["fields = 3", "[fields"])
def test_a_wrong_mapping_names_its_file(tmp_path: Path, text: str) -> None:
    wrong = tmp_path / "mine.toml"
    wrong.write_text(text)
    with pytest.raises(ConfigurationError, match=r"mine\.toml"):
        load_mapping(str(wrong))


@pytest.mark.parametrize(
    "text",
    [
        "14/05/2007",
        "2007-05-14",
        " 14/05/2007 ",
        "2007-05-14 00:00:00",
        "2007-05-14T00:00:00.000+02:00",
        "14/05/2007 00:00",
    ],
)
def test_dates_as_registers_and_databases_write_them(path: Path, text: str) -> None:
    assert students(path, student(birth=text)).only.birth_date == date(2007, 5, 14)


@pytest.mark.parametrize("text", ["14/05/2007 à midi", "2007-05-14T", "14/05/2007 24", "20070514 00:00:00 x"])
def test_what_follows_a_date_is_a_time_of_day_or_an_error(path: Path, text: str) -> None:
    assert students(path, student(birth=text)).rejected[0].column == "DATE_NAI_IND"
