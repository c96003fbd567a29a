"""Files as registers, for the shared contract test: ours, and one that only another package can read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from kc_bridge.settings import SourceSettings
from sync.sources import csv
from sync.sources.base import Place, Source
from tests.support.exports import STUDENTS, student
from tests.support.source_contract import Somebody

__all__ = ["CsvRegister", "Fixed", "PlugInRegister", "other_mapping"]

OTHER_MAPPING = """
record_key = ["COD_ETU", "COD_ANU"]
[constants]
population = "student"
[fields]
key = "COD_ETU"
birth_name = "LIB_NOM_PAT_IND"
first_name = "LIB_PR1_IND"
year = "COD_ANU"
"""


def other_mapping(folder: Path) -> str:
    path = folder / "other.toml"
    path.write_text(OTHER_MAPPING, "utf-8")
    return str(path)


class Fixed:
    """What most registers share."""

    last_name = "LIB_NOM_PAT_IND"
    grows = False
    many = 20_000
    owns_any = True

    def key(self, number: int) -> str:
        return str(number)

    def place(self, number: int) -> Place | None:
        return None


class CsvRegister(Fixed):
    """A file."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / "students.csv"
        self._people: list[Somebody] = []

    def write(self, people: Sequence[Somebody]) -> None:
        self._people = list(people)
        lines = [STUDENTS, *(student(one.number, last=one.last) for one in people)]
        self._path.write_text("\n".join(lines) + "\n", "utf-8")

    def change(self, somebody: Somebody) -> None:
        self.write([somebody if one.number == somebody.number else one for one in self._people])

    def source(self, *, context: str = "", another_meaning: bool = False, foreign: bool = False) -> Source:
        settings = SourceSettings(
            name="register",
            path=self._path,
            mapping=other_mapping(self._folder) if another_meaning else "apogee",
            populations=["staff"] if foreign else ["student"],
        )
        return csv.build(settings, context)

    def place(self, number: int) -> Place | None:
        return Place("students.csv", 2 + [one.number for one in self._people].index(number))

    def take_away(self) -> None:
        self._path.unlink()


class PlugInRegister(Fixed):
    """A file only another package can read."""

    last_name = "birth_name"
    many = 11_000

    def __init__(self, folder: Path) -> None:
        self._path = folder / "students.jsonl"
        self._people: list[Somebody] = []

    def write(self, people: Sequence[Somebody]) -> None:
        self._people = list(people)
        lines = [
            json.dumps(
                {
                    "key": str(one.number),
                    "record_key": f"{one.number}:2026",
                    "population": "student",
                    "first_name": "Zoé",
                    "birth_name": one.last,
                    "year": 2026,
                }
            )
            for one in people
        ]
        self._path.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def change(self, somebody: Somebody) -> None:
        self.write([somebody if one.number == somebody.number else one for one in self._people])

    def source(self, *, context: str = "", another_meaning: bool = False, foreign: bool = False) -> Source:
        from kcb_example.json_lines import build

        settings = SourceSettings(
            name="register", path=self._path, populations=["staff"] if foreign else ["student"]
        )
        source: Source = build(settings, context)
        return source

    def place(self, number: int) -> Place | None:
        return Place("students.jsonl", 1 + [one.number for one in self._people].index(number))

    def take_away(self) -> None:
        self._path.unlink()
