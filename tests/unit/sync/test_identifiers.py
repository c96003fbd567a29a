from __future__ import annotations

import unicodedata

import pytest

from sync.identifiers import MAX_LENGTH, allocate, stem


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Camille", "O'Connor", "camille.o-connor"),
        ("Anne-Sophie", "de La Tour", "anne-sophie.de-la-tour"),
        ("Iñaki", "Núñez", "inaki.nunez"),
        ("Loïc", "Bœuf", "loic.boeuf"),
        ("Łucja", "Wiśniewski", "lucja.wisniewski"),
        ("Søren", "Ångström", "soren.angstrom"),
        ("İpek", "Yılmaz", "ipek.yilmaz"),
        ("محمد", "علي", "mhmd.ly"),
        ("Zoé 🎓", "Martin", "zoe.martin"),
        ("🎓", "Martin", "martin"),
        ("🎓", "--", ""),
    ],
)
def test_stem(first: str, last: str, expected: str) -> None:
    assert stem(first, last) == expected
    assert stem(unicodedata.normalize("NFD", first), unicodedata.normalize("NFD", last)) == expected


def test_long_names_leave_room_for_a_number() -> None:
    name = stem("Jean-Baptiste " * 10, "de La Tour du Pin " * 10)
    assert len(name) <= MAX_LENGTH
    assert name.count(".") == 1
    assert name[-1].isalnum()


def test_homonyms_are_numbered() -> None:
    given: set[str] = set()
    for expected in ("marie.martin", "marie.martin2", "marie.martin3"):
        name = allocate("marie.martin", given.__contains__)
        assert name == expected
        given.add(name)
