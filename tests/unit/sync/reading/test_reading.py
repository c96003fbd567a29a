"""What one read finds changed, whatever the blocks its rows come in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.planning.staging import Staging
from sync.reading.source import KnownRows, Reading, read
from sync.sources.base import Block, Place, Rejected, Row, row_hashes, seed
from sync.sources.record import Record


class Lines:
    """A source whose rows are words, read in blocks of a size."""

    name = "words"
    populations = frozenset({"student"})

    def __init__(self, words: list[str], size: int = 3) -> None:
        self.words, self.size = words, size
        self.parsed: list[str] = []

    def read(self, since: str | None = None) -> Iterator[Block]:
        for start in range(0, len(self.words), self.size):
            rows = self.words[start : start + self.size]
            hashes = row_hashes(seed("words"), (row.encode() for row in rows))
            yield Block(rows, hashes, lambda n, start=start: Place("words", start + n + 1))  # type: ignore[misc]

    def parse(self, row: Row) -> Record | list[Rejected]:
        self.parsed.append(row.raw)
        if row.raw == "bad":
            return [Rejected(row.place, "word", "is bad", "Write another.")]
        return Record(
            key=row.raw,
            record_key=row.raw,
            population="student",
            first_name="A",
            birth_name=row.raw,
            year=2026,
        )


def known(*words: str) -> KnownRows:
    return KnownRows([sorted(row_hashes(seed("words"), (word.encode() for word in words)))])


def run(source: Lines, before: KnownRows) -> tuple[Reading, list[str], list[tuple[int, str]]]:
    """What was read, whom about, and what was rejected."""
    with Staging() as staging:
        reading = read(source, before, staging)
        staging.everything_read([], [])
        for name in staging.sources_seen_again():
            for block in source.read():
                staging.locate(name, ((h, block.place(n)) for n, h in enumerate(block.hashes)))
            staging.reject_seen_again(name)
        people = [key for page in staging.keys_read(2) for key in page]
        return reading, people, [(r.place.line, r.problem) for r in staging.rejected("words")]


def test_an_unchanged_row_is_not_parsed() -> None:
    source = Lines(["a", "b", "c", "d"])
    reading, people, rejected = run(source, known("a", "c", "z"))
    assert (reading.rows, reading.changed, people, rejected) == (4, 2, ["words:B", "words:D"], [])
    assert source.parsed == ["b", "d"]


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_a_row_that_is_there_twice_is_used_once(size: int) -> None:
    words = ["a", "b", "a", "b", "c", "a"]
    for before, parsed in ((known(), {"a", "b", "c"}), (known("a", "b"), {"c"})):
        source = Lines(words, size)
        _, people, rejected = run(source, before)
        assert set(people) == {f"words:{word.upper()}" for word in parsed}
        assert rejected == [(3, "repeats line 1"), (4, "repeats line 2"), (6, "repeats line 1")]


def test_a_row_that_cannot_be_used_does_not_stop_the_others() -> None:
    _, people, rejected = run(Lines(["bad", "a"]), known())
    assert (people, rejected) == (["words:A"], [(1, "is bad")])


@given(
    now=st.lists(st.sampled_from("abcdefgh"), unique=True),
    before=st.sets(st.sampled_from("abcdefgh")),
    size=st.integers(1, 5),
)
def test_what_is_changed_and_what_is_unchanged(now: list[str], before: set[str], size: int) -> None:
    rows = known(*before)
    reading, people, rejected = run(Lines(now, size), rows)
    assert {key[-1].lower() for key in people} == set(now) - before
    assert not rejected
    hashes = dict(zip("abcdefgh", row_hashes(seed("words"), (w.encode() for w in "abcdefgh")), strict=True))
    assert {word for word, row_hash in hashes.items() if reading.known.present(row_hash)} == set(now) & before


def test_hashes_fit_a_column_of_eight_bytes_and_know_their_rules() -> None:
    rows = [str(n).encode() for n in range(1000)]
    hashes = row_hashes(seed("apogee", "mapping 1"), rows)
    assert all(-(1 << 63) <= one < 1 << 63 for one in hashes)
    assert any(one < 0 for one in hashes)
    assert len(set(hashes)) == 1000
    assert not set(hashes) & set(row_hashes(seed("apogee", "mapping 2"), rows))
