from __future__ import annotations

import random
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.people.identifiers import MAX_LENGTH, UID, allocate, stem


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


NAMES = st.text(alphabet="éèàçñüÅŁİıœ'’- abcdeDEF🎓عل\u0301", max_size=90)


@settings(max_examples=200)
@given(NAMES, NAMES)
def test_a_name_is_always_one_a_mail_address_may_have(first: str, last: str) -> None:
    name = stem(first, last)
    assert not name or (UID.fullmatch(name) and len(name) <= MAX_LENGTH)
    assert not re.search(r"[.-]{2}|[.-]$", name)
    assert stem(unicodedata.normalize("NFD", first), unicodedata.normalize("NFD", last)) == name


@settings(max_examples=100)
@given(
    st.dictionaries(st.integers(0, 99), st.sampled_from(["a.b", "a.b2", "c.d"]), max_size=12),
    st.frozensets(st.sampled_from(["a.b", "a.b2", "a.b3", "c.d"])),
    st.randoms(use_true_random=False),
)
def test_names_do_not_depend_on_the_order_of_a_file(
    wanted: dict[int, str], retired: frozenset[str], order: random.Random
) -> None:
    """People are given names in the order of their keys, whatever the order of rows; nobody gets a retired one."""

    def give(rows: list[tuple[int, str]]) -> dict[int, str]:
        given: dict[int, str] = {}
        for key, base in sorted(rows):
            given[key] = allocate(base, lambda name: name in retired or name in given.values())
        return given

    rows = list(wanted.items())
    names = give(rows)
    order.shuffle(rows)
    assert give(rows) == names
    assert len(set(names.values())) == len(names)
    assert not retired & set(names.values())
