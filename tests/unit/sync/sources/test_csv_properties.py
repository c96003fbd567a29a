"""What CSV files of any content have in common."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.sources.base import SourceError
from sync.sources.columns import Columns
from sync.sources.csv_options import CsvOptions
from sync.sources.layout import find_layout
from sync.sources.mapping import Mapping
from tests.support.exports import STUDENTS, student
from tests.support.reading import read_all
from tests.unit.sync.sources.test_csv_files import source

NAMES = ["key", "name", "note"]
MAPPING = Mapping.model_validate({"record_key": ["key"], "fields": {"key": "key", "first_name": "name"}})
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=8)
CELLS = st.lists(CELL | st.sampled_from(['"', '""', 'a"b', ";,\t|", " ", "é"]), min_size=3, max_size=3)


def columns(names: list[str]) -> Columns:
    return Columns("register", MAPPING, names, frozenset({"student"}))


@given(CELLS, st.sampled_from(";,\t|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_was_written_is_read(cells: list[str], separator: str, quoting: int) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, quoting=quoting, lineterminator="\n")
    writer.writerows([NAMES, cells])
    header, row, _ = written.getvalue().split("\n")
    layout = find_layout([header.encode()], "utf-8", CsvOptions(), columns)
    assert (layout.separator, layout.columns.names) == (separator, NAMES)
    assert layout.split(row.encode()) == cells


@pytest.mark.parametrize("packed", [False, True])
def test_cut_anywhere_nothing_is_believed_that_was_not_there(tmp_path: Path, packed: bool) -> None:
    """But for the last line, which may look whole when its last cell is cut: it is the same person's all the same."""
    path = tmp_path / "people.csv"
    lines = [STUDENTS, student(1, last="Núñez"), student(2), student(3, last='"O;Connor"')]
    whole = "\r\n".join(lines).encode() + b"\r\n"
    data = gzip.compress(whole, mtime=0) if packed else whole
    path.write_bytes(data)
    every = read_all(source(path))
    assert len(every.records) == 3
    for end in range(0, len(data), 7 if packed else 1):
        path.write_bytes(data[:end])
        try:
            found = read_all(source(path))
        except SourceError:
            continue
        assert not packed
        complete = whole[:end].count(b"\n")
        for place, record in found.records.items():
            if place.line <= complete:
                assert record == every.records[place]
            else:
                assert record.key == every.records[place].key
                assert record.status == every.records[place].status
