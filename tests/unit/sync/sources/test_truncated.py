"""Scenario 26: a source cut at any byte, empty, with its header only, or of yesterday."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kc_bridge.settings import SourceSettings
from sync.guard import LARGEST_FALL
from sync.plan import Kind
from sync.sources.base import SourceError
from tests.support.counts import count
from tests.support.sync_world import STAFF, World, staff, student

PEOPLE = 40
TAKES_AWAY = (Kind.DISABLE, Kind.PURGE)
CUTS = settings(
    max_examples=count(15, 5_000),
    database=None,
    suppress_health_check=list(HealthCheck),
)
FAR = 1 << 20
END_LAST = "matricule;nom_naissance;nom_usage;prenom;date_naissance;mail_perso;population;debut;employeur_ou_parrain;fin"
"""The staff's columns, with the one that decides most at the end of the line."""


def contract(number: int, end: str = "2026-09-15") -> str:
    cells = staff(
        f"P{number}", first=f"P{chr(97 + number // 26)}{chr(97 + number % 26)}", end="2026-09-15"
    ).split(";")
    return ";".join([*cells[:8], cells[9], cells[8]])


class Register:
    """A bridge that has read one whole file, and what it would do of another in its place; nothing is ever applied."""

    def __init__(self, world: World, path: Path) -> None:
        self.world, self.path = world, path
        world.run()
        self.content = path.read_bytes()
        self.rows = len(self.content.splitlines()) - 1

    def closings(self, content: bytes) -> int | None:
        """How many accounts that file would close; None when it is refused."""
        self.path.write_bytes(content)
        try:
            with self.world.engine().prepare() as prepared:
                taken = Counter(action.kind for action in prepared.plan.actions if action.kind in TAKES_AWAY)
                rows = {name: counts["rows"] for name, counts in prepared.source_counts.items()}
                if prepared.refusals:
                    return None
        except SourceError:
            return None
        finally:
            self.path.write_bytes(self.content)
        name = "apogee" if self.path == self.world.students_file else "rh"
        assert rows[name] >= self.rows * (1 - LARGEST_FALL), "a tenth is gone, and nobody noticed"
        return taken.total()


_folders: list[TemporaryDirectory[str]] = []


def _world() -> World:
    _folders.append(TemporaryDirectory())
    world = World(Path(_folders[-1].name)).on(2026, 9, 10)
    world.students([student(n, first=f"P{n}", last="Núñez") for n in range(1, PEOPLE)])
    world.staff([contract(n) for n in range(1, PEOPLE)])
    world.staff_file.write_text(world.staff_file.read_text().replace(STAFF, END_LAST))
    return world


@cache
def register(kind: str) -> Register:
    """Made once, since nothing changes it."""
    world = _world()
    if kind == "students":
        return Register(world, world.students_file)
    if kind == "marked":
        lines = [student(n, first=f"P{n}", last="Núñez") for n in range(1, PEOPLE)]
        world.students([*lines, f"FIN {len(lines)}"])
        world.settings.sources[0] = SourceSettings(
            name="apogee", path=world.students_file, options={"end_marker": r"FIN (?P<rows>\d+)"}
        )
        return Register(world, world.students_file)
    return Register(world, world.staff_file)


@pytest.fixture(scope="module", autouse=True)
def _clean() -> Iterator[None]:
    yield
    register.cache_clear()
    while _folders:
        _folders.pop().cleanup()


@CUTS
@given(st.integers(0, FAR))
@example(0)
@example(1)
def test_a_students_file_cut_at_any_byte_closes_nobody(at: int) -> None:
    """What is true without an end marker: a cut that takes a tenth of the rows or more is refused; one that takes less
    passes, and closes nobody, because a row that is missing says nothing. Of an Apogée export even the row that was cut
    through is harmless: what ends a right stands before its last column."""
    register_ = register("students")
    assert register_.closings(register_.content[: at % (len(register_.content) + 1)]) in {0, None}


@CUTS
@given(st.integers(0, FAR))
@example(0)
def test_nor_does_a_cut_where_the_last_column_is_an_end(at: int) -> None:
    """The dates understood all have one length, so the beginning of one is none: the row that was cut through is in
    quarantine, or, cut at the separator, has no end. What a cut may cost is that one row's latest content."""
    register_ = register("staff")
    assert register_.closings(register_.content[: at % (len(register_.content) + 1)]) in {0, None}


@pytest.mark.parametrize("end", ["2026-09-15", "15/09/2026"])
def test_nowhere_in_the_last_row(world: World, end: str) -> None:
    world.students([student(1)])
    world.on(2026, 9, 10).staff([contract(n, end) for n in range(1, 31)])
    world.staff_file.write_text(world.staff_file.read_text().replace(STAFF, END_LAST))
    register_ = Register(world, world.staff_file)
    last = len(register_.content.splitlines(keepends=True)[-1])
    assert {register_.closings(register_.content[:-n]) for n in range(1, min(last, 16))} == {0}


@CUTS
@given(st.integers(0, FAR))
@example(0)
def test_with_an_end_marker_no_cut_passes_at_all(at: int) -> None:
    """Not one byte may be missing, but for the line break after the marker."""
    register_ = register("marked")
    whole = register_.content.rstrip(b"\r\n")
    assert register_.closings(whole[: at % len(whole)]) is None
    assert register_.closings(whole) == 0


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\0"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert register("students").closings(content) is None


def test_a_header_alone_is_refused() -> None:
    whole = register("students").content
    header = whole[: whole.index(b"\n") + 1]
    assert register("students").closings(header) is None
    assert register("students").closings(header.rstrip()) is None


def test_yesterdays_file_again_closes_nobody(world: World) -> None:
    """Rows that came since are missing, and others are as they were."""
    yesterday = [student(n, first=f"P{n}") for n in range(1, 41)]
    world.students(yesterday)
    world.run()
    changed = [student(n, first=f"P{n}", usual="Durand" if n % 2 else "") for n in range(1, 41)]
    world.on(2026, 9, 2).students([*changed, *(student(n, first=f"P{n}") for n in range(41, 44))])
    world.run()
    world.students(yesterday)
    report = world.run()
    assert report.status == "ok"
    assert report.plan.counts["disable"] == 0
    assert len(world.directory.open) == 44
    assert all(world.directory.open.values())
