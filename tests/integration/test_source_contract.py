"""What every source promises the engine, whatever it reads: one test for all kinds, each on its real server.

How a new kind joins: tests/support/source_contract.py.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sync.sources import base
from sync.sources.base import SourceError
from tests.support.reading import Found, read_all
from tests.support.source_contract import Register, Somebody
from tests.support.source_registers import REGISTERS

THREE = [Somebody(101), Somebody(102, "Durand"), Somebody(103, "Núñez")]
MOST = 24 << 20
"""Bytes of Python objects one block and what is read ahead of it may take."""


@pytest.fixture(scope="module", params=REGISTERS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with REGISTERS[request.param](request, tmp_path_factory.mktemp("register")) as found:
        yield found


@pytest.fixture
def register(shared: Register) -> Register:
    shared.write(THREE)
    return shared


def reading(register: Register, since: str | None = None, **how: object) -> Found:
    return read_all(register.source(**how), since)  # type: ignore[arg-type]


def test_rows_become_records(register: Register) -> None:
    found = reading(register)
    assert found.rejected == []
    assert found.keys == [register.key(one.number) for one in THREE]
    assert sorted(record.shown_last_name for record in found.records.values()) == [
        "Durand",
        "Martin",
        "Núñez",
    ]


def test_the_same_rows_have_the_same_hashes(register: Register) -> None:
    source = register.source()
    first, again, anew = read_all(source), read_all(source), reading(register)
    assert sorted(first.hashes) == sorted(again.hashes) == sorted(anew.hashes)
    assert len(set(first.hashes)) == len(THREE)


def test_hashes_are_what_databases_keep(register: Register) -> None:
    assert all(-(1 << 63) <= one < 1 << 63 for one in reading(register).hashes)


def test_order_does_not_matter(register: Register) -> None:
    before = set(reading(register).hashes)
    register.write(THREE[::-1])
    assert set(reading(register).hashes) == before


def test_a_changed_cell_changes_its_own_hash(register: Register) -> None:
    before = set(reading(register).hashes)
    register.change(replace(THREE[1], last="Dupont"))
    after = reading(register)
    assert len(before & set(after.hashes)) == 2
    assert len(set(after.hashes) - before) == 1


def test_another_profile_changes_every_hash(register: Register) -> None:
    assert not set(reading(register).hashes) & set(reading(register, context="another").hashes)


def test_other_rules_change_every_hash(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(reading(register).hashes)
    monkeypatch.setattr(base, "RULES_VERSION", "another")
    assert not set(reading(register).hashes) & before


def test_another_meaning_changes_every_hash(register: Register, request: pytest.FixtureRequest) -> None:
    """For kinds that can be told what a value stands for."""
    differs = request.node.callspec.params["shared"] in ("csv", "sql", "ldap")
    common = set(reading(register).hashes) & set(reading(register, another_meaning=True).hashes)
    assert bool(common) is not differs


def test_every_row_is_somewhere(register: Register) -> None:
    found = reading(register)
    assert len(set(found.records)) == len(THREE)
    for place, record in found.records.items():
        number = next(one.number for one in THREE if register.key(one.number) == record.key)
        assert place.file
        assert register.place(number) in (place, None)


def test_a_bad_row_is_told_and_the_rest_goes_on(register: Register) -> None:
    register.write([THREE[0], THREE[1].spoiled, THREE[2]])
    found = reading(register)
    (rejected,) = found.rejected
    assert rejected.column == register.last_name
    assert "invisible character" in rejected.problem
    assert rejected.remedy
    assert register.place(THREE[1].number) in (rejected.place, None)
    assert found.keys == [register.key(101), register.key(103)]


def test_nothing_is_believed_of_a_population_it_does_not_own(register: Register) -> None:
    found = reading(register, foreign=True)
    if register.owns_any:
        assert found.records == {}
        assert len({rejected.place for rejected in found.rejected}) == len(THREE)
        assert all("authority" in r.problem and r.remedy for r in found.rejected)
    else:  # it does not ask for the others
        assert {record.population for record in found.records.values()} <= register.source().populations


def test_what_changed_after_a_mark(register: Register) -> None:
    whole = reading(register)
    if not register.grows:
        assert whole.mark is None
        assert sorted(reading(register, since="anything").hashes) == sorted(whole.hashes)
        return
    assert whole.mark
    register.change(replace(THREE[1], last="Dupont"))
    changed = reading(register, since=whole.mark)
    assert register.key(102) in changed.keys
    later = reading(register, since=changed.mark)
    assert set(later.hashes) <= set(changed.hashes) | set(whole.hashes)
    assert later.mark == changed.mark
    assert changed.total in (None, len(THREE))
    assert set(reading(register).hashes) >= set(changed.hashes)


def test_one_block_is_in_memory_at_a_time(register: Register) -> None:
    register.write([Somebody(n) for n in range(register.many)])
    source = register.source()
    read_all(source, known=AllKnown())
    tracemalloc.start()
    blocks = rows = 0
    for block in source.read():
        blocks += bool(block.rows)
        rows += len(block.rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == register.many
    assert blocks > 1
    assert peak < MOST


class AllKnown(frozenset[int]):
    """Every hash there may be."""

    def __contains__(self, _one: object) -> bool:
        return True


def test_what_cannot_be_read_is_no_empty_source(shared: Register) -> None:
    """The last: nothing can be read afterwards."""
    shared.write(THREE)
    source = shared.source()
    shared.take_away()
    with pytest.raises(SourceError) as caught:
        read_all(source)
    assert caught.value.source == source.name
    assert caught.value.problem
    assert caught.value.remedy
