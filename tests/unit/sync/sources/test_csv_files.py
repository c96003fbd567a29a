"""How CSV files come: their encodings, separators and headers, packed, several of them, with an end marker."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.settings import SourceSettings
from sync.sources import files
from sync.sources.base import SourceError
from sync.sources.csv import CsvSource, build
from tests.support.exports import STUDENTS, student
from tests.support.reading import Found, read_all

PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def source(path: Path, **options: Any) -> CsvSource:
    return build(SourceSettings(name="apogee", path=path, options=options), "")


def export(*lines: str, header: str | None = STUDENTS) -> str:
    return "\n".join([*([header] if header else []), *lines]) + "\n"


def reading(folder: Path, content: bytes | str, name: str = "people.csv", **options: Any) -> Found:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return read_all(source(folder / name, **options))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings(tmp_path: Path, encoding: str) -> None:
    assert reading(tmp_path, export(student(last="Núñez")).encode(encoding)).only.birth_name == "Núñez"


def test_an_encoding_that_cannot_be_found_out_is_set(tmp_path: Path) -> None:
    # The same byte is « ½ » in CP1252 and « œ » in ISO-8859-15, in which Oracle exports.
    data = export(student(last="Lebœuf")).encode("iso-8859-15")
    assert reading(tmp_path, data, encoding="latin9").only.birth_name == "Lebœuf"


@pytest.mark.parametrize("hint", ["utf-8", "utf-16"])
def test_bytes_that_are_no_text_spoil_their_own_row(tmp_path: Path, hint: str) -> None:
    data = export(student(1, last="Núñez"), student(2, last="A#Z"), student(3)).encode(hint)
    wrong = b"\xff" if hint == "utf-8" else b"\x00\xdc"  # half of a pair
    found = reading(tmp_path, data.replace("#".encode(hint)[-len(wrong) :], wrong))
    assert [(r.place.line, r.column) for r in found.rejected] == [(3, "LIB_NOM_PAT_IND")]
    assert found.keys == ["1", "3"]


def test_the_same_rows_have_the_same_hashes_in_utf_8_and_utf_16(tmp_path: Path) -> None:
    text = export(student(last="Núñez"))
    assert (
        reading(tmp_path, text.encode("utf-16")).hashes
        == reading(tmp_path, text.encode("utf-8-sig")).hashes
        == reading(tmp_path, text.replace("\n", "\r\n")).hashes
    )


def test_the_separator_is_the_one_under_which_columns_are_known(tmp_path: Path) -> None:
    header = STUDENTS + ";" + ",".join("abcdefghijklmnopqrstuvwxyz")
    assert reading(tmp_path, export(student() + ";x", header=header)).only.key == "22600001"


def test_capitals_of_column_names_do_not_matter(tmp_path: Path) -> None:
    assert reading(tmp_path, export(student(), header=STUDENTS.lower())).only.year == 2026


def test_the_first_line_excel_writes_is_no_header(tmp_path: Path) -> None:
    found = reading(tmp_path, "sep=;\n" + export(student(year="x")))
    assert [r.place.line for r in found.rejected] == [3]


def test_a_file_without_header(tmp_path: Path) -> None:
    found = reading(tmp_path, export(student(1), student(2), header=None), header=STUDENTS.split(";"))
    assert (found.keys, found.lines) == (["1", "2"], [1, 2])


def test_quotes_that_mean_nothing(tmp_path: Path) -> None:
    assert reading(tmp_path, export(student(last='"Martin')), quote="").only.birth_name == '"Martin'


def test_lines_that_say_nothing_are_no_rows(tmp_path: Path) -> None:
    found = reading(tmp_path, export(student(1), "", ";" * 13, "  ", student(6), "\t"), separator=";")
    assert (found.lines, len(found.hashes)) == ([2, 6], 3)
    assert [r.place.line for r in found.rejected] == [7]


@pytest.mark.parametrize("kind", PACKERS)
def test_packed_whatever_its_name(tmp_path: Path, kind: str) -> None:
    packed = PACKERS[kind](export(student(1)).encode()) + PACKERS[kind](student(2).encode())
    found = reading(tmp_path, packed, name="people.csv")
    assert (found.keys, found.lines) == (["1", "2"], [2, 3])


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_cut_packed_file_is_refused(tmp_path: Path, kind: str, cut: int) -> None:
    packed = PACKERS[kind](export(*(student(n) for n in range(50))).encode())
    with pytest.raises(SourceError, match="is cut"):
        reading(tmp_path, packed[:-cut])


@pytest.mark.parametrize("kind", PACKERS)
def test_a_damaged_packed_file_is_refused(tmp_path: Path, kind: str) -> None:
    packed = bytearray(PACKERS[kind](export(*(student(n) for n in range(50))).encode()))
    packed[len(packed) // 2] ^= 0xFF
    packed[len(packed) // 2 + 1] ^= 0xFF
    with pytest.raises(SourceError, match=r"cannot be unpacked|is cut"):
        reading(tmp_path, bytes(packed))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("options", [{"max_size": 2 << 20}, {"max_ratio": 30}])
def test_a_bomb_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, options: dict[str, int]
) -> None:
    monkeypatch.setattr(files, "HARMLESS", 1 << 20)
    bomb = PACKERS[kind](export().encode() + b"\n" * (8 << 20))
    with pytest.raises(SourceError, match="unpacks to more than") as caught:
        reading(tmp_path, bomb, **options)
    assert "max_ratio or max_size" in caught.value.remedy


def test_xz_may_not_ask_for_memory_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "XZ_MEMORY", 1 << 20)
    with pytest.raises(SourceError, match="cannot be unpacked"):
        reading(tmp_path, lzma.compress(export(student()).encode()))


@pytest.mark.parametrize(("begins", "what"), [(b"PK\x03\x04", "Excel"), (b"%PDF-1.7", "PDF")])
def test_other_kinds_of_files_are_called_by_their_names(tmp_path: Path, begins: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        reading(tmp_path, begins + b"anything")


def test_several_files_each_with_its_own_header(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "a.csv").write_text(export(student(1), student(2, year="x")))
    (tmp_path / "arts").mkdir()
    (tmp_path / "arts" / "a.csv.gz").write_bytes(
        gzip.compress(export(student(3)).replace(";", "\t").encode("cp1252"))
    )
    found = read_all(source(tmp_path / "*" / "*.csv*"))
    assert [place.file for place in found.records] == ["arts/a.csv.gz", "law/a.csv"]
    assert [(r.place.file, r.place.line) for r in found.rejected] == [("law/a.csv", 3)]


def test_a_pattern_nothing_fits_is_no_empty_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"\*\.csv fits no file"):
        read_all(source(tmp_path / "*.csv"))


def test_a_name_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    assert reading(tmp_path, export(student()), name="export [2026].csv").only


def test_only_the_newest_file(tmp_path: Path) -> None:
    for number, age in ((1, 30), (2, 10), (3, 20)):
        path = tmp_path / f"{number}.csv"
        path.write_text(export(student(number)))
        os.utime(path, (1_800_000_000 - age,) * 2)
    assert read_all(source(tmp_path / "*.csv", newest_only=True)).keys == ["2"]


MARKER = r"FIN;(?P<rows>\d+)"


@pytest.mark.parametrize("after", ["", "\n\n", "\x1a"])
def test_an_end_marker_is_no_row(tmp_path: Path, after: str) -> None:
    marker = MARKER + "\x1a?"
    found = reading(tmp_path, export(student(1), "", student(2), f"FIN;2{after}"), end_marker=marker)
    assert (found.keys, found.rejected) == (["1", "2"], [])


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([student(1), student(2)], "does not end with its end marker"),
        ([student(1), "FIN;2"], "has 1 rows, its end marker says 2"),
        ([], "does not end with its end marker"),
    ],
)
def test_a_file_without_its_end_is_not_believed(tmp_path: Path, lines: list[str], problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        reading(tmp_path, export(*lines), end_marker=MARKER)


def test_rows_before_the_end_marker_are_counted_good_or_bad(tmp_path: Path) -> None:
    found = reading(tmp_path, export(student(1), "broken", "x" * 70_000, "FIN;3"), end_marker=MARKER)
    assert [r.place.line for r in found.rejected] == [4, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_last_line_without_its_end_was_cut(tmp_path: Path, encoding: str, end: str) -> None:
    text = end.join([STUDENTS, student(1), student(2)])
    assert reading(tmp_path, (text + end).encode(encoding), final_newline=True).keys == ["1", "2"]
    with pytest.raises(SourceError, match="ends within a line"):
        reading(tmp_path, text.encode(encoding), final_newline=True)


def test_a_file_written_to_while_it_is_read_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(export(student(1)))
    blocks = source(path).read()
    next(blocks)
    with path.open("a") as file:
        file.write(student(2))
    with pytest.raises(SourceError, match="changed while it was read"):
        list(blocks)


def test_a_file_replaced_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path, later = tmp_path / "people.csv", tmp_path / "later.csv"
    path.write_text(export(student(1)))
    later.write_text(export(student(2)))
    blocks = source(path).read()
    first = next(blocks)
    later.replace(path)
    assert [len(block.rows) for block in [first, *blocks]] == [1]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"encoding": "utf-9"}, "utf-9"),
        ({"encoding": "base64"}, "base64"),
        ({"end_marker": "("}, "regular expression"),
        ({"seperator": ";"}, "separator"),
        ({"separator": ";;"}, "separator"),
        ({"max_size": 0}, "max_size"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigurationError, match=word) as caught:
        source(tmp_path / "x.csv", **options)
    assert "apogee" in str(caught.value)
