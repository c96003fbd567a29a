"""Properties of whole runs, on drawn files."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kc_bridge.store import models
from tests.support.sync_world import World, student

NAMES = st.sampled_from(["Martin", "O'Connor", "Núñez", "MARTIN", "de La Tour", "Yılmaz", "", "🎓", "علي"])
ROWS = st.builds(
    student,
    st.integers(1, 6),
    last=NAMES,
    first=st.sampled_from(["Marie", "Zoé", "İpek", "Jean-Baptiste"]),
    birth=st.sampled_from(["14/05/2007", "29/02/2008", "31/02/2006"]),
    mail=st.sampled_from(["a@courriel.example", "", "pas une adresse"]),
    year=st.sampled_from([2023, 2024, 2025, 2026, 20266]),
    status=st.sampled_from("EEEA"),
    programme=st.sampled_from(["L1", "L2"]),
)
FILES = st.lists(ROWS, max_size=12)
FEW = settings(max_examples=12)


def fresh() -> World:
    return World(Path(tempfile.mkdtemp()))


def run(world: World, rows: list[str]) -> None:
    world.students([*rows, student(99, first="Témoin")])
    world.run()


def state(world: World) -> dict[str, object]:
    """What Keycloak and the bridge hold, without the ids that chance gives."""
    with world.sessions() as session:
        people = {
            p.key: (p.uid, p.state, p.account_end, p.last_name, p.next_transition_on)
            for p in session.query(models.Person)
        }
    users = {u.key: (u.digest, world.directory.open[i]) for i, u in world.directory.held.items()}
    return {"people": people, "users": users, "mails": sorted(world.mails())}


@FEW
@given(FILES)
def test_a_second_run_has_nothing_to_do(rows: list[str]) -> None:
    world = fresh()
    run(world, rows)
    before = state(world)
    world.directory.writes.clear()
    assert world.nothing_to_do()
    world.run()
    assert (world.directory.writes, state(world)) == ([], before)


@FEW
@given(FILES.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_rows_does_not_matter(files: tuple[list[str], list[str]]) -> None:
    worlds = fresh(), fresh()
    for world, rows in zip(worlds, files, strict=True):
        run(world, rows)
    assert state(worlds[0]) == state(worlds[1])


@FEW
@given(FILES, FILES)
def test_after_any_change_the_next_run_has_nothing_to_do(first: list[str], second: list[str]) -> None:
    world = fresh()
    run(world, first)
    run(world, first + second)
    run(world, first + second)  # a number given up by one person may be taken by another one run later
    assert world.nothing_to_do()


@FEW
@given(FILES, st.integers(0, 12))
def test_a_run_cut_anywhere_and_repeated_ends_where_a_whole_one_does(rows: list[str], cut: int) -> None:
    whole, cut_short = fresh(), fresh()
    run(whole, rows)
    cut_short.directory.down_after = cut
    run(cut_short, rows)
    cut_short.directory.down_after = None
    cut_short.run()
    assert state(cut_short) == state(whole)
