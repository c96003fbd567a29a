"""Scenario 28: files no export would make are read in bounded memory, and told with their line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.counts import count
from tests.support.exports import STUDENTS, student
from tests.support.reading import Found, read_all
from tests.unit.sync.sources.test_csv_files import source

MB = 1 << 20
MOST = 48
"""Megabytes reading all these files one after another may add to a process: a few chunks and their lines."""

TOO_LONG = "3: is longer than 65536 bytes"
NO_HEADER = "people.csv begins with more than 65536 bytes in one line."
FILES: dict[str, tuple[int, list[int], list[str]]] = {
    "a line without end": (count(100, 1024) * MB, [2, 4], [TOO_LONG]),
    "a line without end in UTF-16": (count(20, 100) * MB, [2], [TOO_LONG]),
    "zeros": (count(100, 1024) * MB, [], [NO_HEADER]),
    "columns in the header": (10**6, [], [NO_HEADER]),
    "columns in a row": (10**6, [2, 4], [TOO_LONG]),
    "columns within the longest line": (
        96_000,
        [],
        [f"{n}: has 32001 columns, the header has 32014" for n in (2, 3, 4)],
    ),
    "a bomb": (count(70, 512) * MB, [], ["people.csv unpacks to more than"]),
    "blank lines": (count(5, 40) * MB, [2], []),
}
"""How large, which lines are read, and what is said."""


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    sizes = json.dumps([[name, size] for name, (size, _, _) in FILES.items()])
    command = [
        sys.executable,
        "-m",
        "tests.support.hostile_files",
        str(tmp_path_factory.mktemp("files")),
        sizes,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {cost["name"]: cost for cost in json.loads(done.stdout)}


@pytest.mark.parametrize("name", FILES)
def test_a_file_no_export_would_make(costs: dict[str, dict[str, Any]], name: str) -> None:
    _, lines, said = FILES[name]
    cost = costs[name]
    assert cost["lines"] == lines
    assert [text[: len(part)] for text, part in zip(cost["said"], said, strict=True)] == said


def test_memory_stays_bounded(costs: dict[str, dict[str, Any]]) -> None:
    assert sum(cost["grew"] for cost in costs.values()) <= MOST, costs


NAMES = {
    "O'Connor": "O'Connor",
    "O\u2019CONNOR": "O'Connor",
    "NU\u0301N\u0303EZ": "Núñez",
    "Iñaki": "Iñaki",
    "İBRAHİM": "İbrahim",
    "IŞIK": "Işik",
    "ΠΑΠΑΔΟΠΟΎΛΟΥ": "Παπαδοπούλου",
    "محمد": "محمد",
    "Œuvré-d’Étampes": "Œuvré-d'Étampes",
    "D'ARC  DE\u00a0LA   TOUR": "D'Arc De La Tour",
    "Zoë 🎓": "Zoë 🎓",
}
"""As written in an export, as shown."""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_names_as_people_have_them(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "people.csv"
    lines = [student(number, last=name) for number, name in enumerate(NAMES, 1)]
    path.write_bytes("\r\n".join([STUDENTS, *lines]).encode(encoding))
    found = read_all(source(path))
    assert found.rejected == []
    assert [record.shown_last_name for record in found.records.values()] == list(NAMES.values())


FORBIDDEN = {
    "right-to-left override": "Mar\u202etin",
    "right-to-left mark": "Mar\u200ftin",
    "zero width": "Mar\u200btin",
    "NUL": "Mar\0tin",
    "escape": "\x1b[31mMartin",
    "private use": "Mar\ue000tin",
    "undecodable": "Mar\ufffdtin",
    "tab and bell": "Mar\x07tin",
}


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_characters_no_name_may_hold(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(f"{STUDENTS}\n{student(1, last=FORBIDDEN[kind])}\n{student(2)}\n".encode())
    found: Found = read_all(source(path))
    assert [(r.place.line, r.column) for r in found.rejected] == [(2, "LIB_NOM_PAT_IND")]
    assert found.keys == ["2"]


@pytest.mark.parametrize(
    "name", ["José", "François", "Zoë", "Àlvaro", "Maÿlis", "Ñuñez", "Lætitia", "Hélène"]
)
def test_utf_8_taken_for_something_else_gives_no_account_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"{STUDENTS}\n{student(1, first=name)}\n{student(2, first='JOÃO')}\n", "utf-8")
    assert read_all(source(path)).keys == ["1", "2"]
    wrong = name.encode().decode("cp1252", "replace")
    path.write_text(f"{STUDENTS}\n{student(1, first=wrong)}\n", "utf-8")
    (rejected,) = read_all(source(path)).rejected
    assert rejected.column == "LIB_PR1_IND"


def test_every_problem_of_a_row_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    row = student(1, last="Mar\0tin", birth="31/02/2006", mail="x", year="soon", ine="ABC")
    path.write_text(f"{STUDENTS}\n{row}\n", "utf-8")
    found = read_all(source(path))
    assert {r.place.line for r in found.rejected} == {2}
    assert {r.column for r in found.rejected} == {
        "LIB_NOM_PAT_IND", "DATE_NAI_IND", "MAIL_PERSO", "COD_ANU", "COD_NNE_IND+COD_CLE_NNE_IND",
    }  # fmt: skip
    assert all(r.remedy for r in found.rejected)
