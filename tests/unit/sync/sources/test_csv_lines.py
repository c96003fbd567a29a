"""Physical lines, however the bytes arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.sources import lines
from sync.sources.lines import AllButLast, physical_lines


def in_chunks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def all_lines(chunks: list[bytes]) -> list[bytes]:
    return [line for some in physical_lines(chunks) for line in some]


@given(st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n", "é".encode()])), st.integers(1, 5))
def test_where_chunks_are_cut_changes_nothing(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    assert all_lines(in_chunks(data, size)) == data.splitlines()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_line_too_long_is_one_line(monkeypatch: pytest.MonkeyPatch, end: bytes, size: int) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 5)
    found = all_lines(in_chunks(end.join([b"one", b"x" * 50, b"", b"three"]) + end, size))
    assert [len(line) > 5 for line in found] == [False, True, False, False]
    assert (found[0], found[2], found[3]) == (b"one", b"", b"three")


def test_a_line_without_end_is_given_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 5)

    def endless():
        yield b"x" * 10
        pytest.fail("read on")

    assert next(physical_lines(endless())) == [b"x" * 6]


def test_all_but_the_last_line_that_is_not_blank() -> None:
    rows = AllButLast([(1, [b"a", b"b"]), (3, [b"", b""]), (5, [b"c", b" "]), (7, [b""])])
    assert list(rows) == [(1, [b"a"]), (2, [b"b"]), (5, [])]
    assert rows.last == b"c"
