"""A plan written for scripts and spreadsheets: scenario 29, and no more memory for a million people than for one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.plan import Action, Kind
from sync.plan_files import COLUMNS, chosen, neutral, write_csv, write_json
from tests.support.sync_world import World, staff, student

DANGEROUS = "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(\"http://ailleurs.example\";\"Cliquez\")", "'=HYPERLINK(\"http://ailleurs.example\";\"Cliquez\")"),
        ("+33612345678", "'+33612345678"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("Jean-Paul", "Jean-Paul"),
        ("p1@courriel.example", "p1@courriel.example"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_cell_is_no_formula(cell: str, written: str) -> None:
    assert neutral(cell) == written


@settings(max_examples=300)
@given(
    st.text(
        st.one_of(st.sampled_from(DANGEROUS + ' ;,"\ufeff\u00a0'), st.characters(codec="utf-8")), max_size=8
    )
)
@example("\ufeff=1")
def test_whatever_a_cell_holds_no_spreadsheet_runs_it(cell: str) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([neutral(cell), "x"])
    (read, last) = next(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert last == "x"
    assert not read.strip(" \u00a0\ufeff").startswith(tuple(DANGEROUS))
    assert read.removeprefix("'") == cell.removeprefix("'") or read == cell


def planned(world: World) -> list[Action]:
    with world.engine().prepare() as prepared:
        return list(prepared.plan.visible)


def test_a_line_for_every_change(world: World) -> None:
    world.students([student(1, last="=cmd|'/C calc'!A0", first="Camille", phone=""), student(2)])
    world.run()
    world.students([student(1, last="-2+3", first="Camille", phone=""), student(2, usual="Durand")])
    out = io.StringIO()
    write_csv(planned(world), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert tuple(rows[0]) == COLUMNS
    changes = [(row["action"], row["key"], row["what"], row["before"], row["after"]) for row in rows]
    assert ("update", "apogee:2", "last name", "Martin", "Durand") in changes
    assert not [cell for row in rows for cell in row.values() if cell.startswith(tuple(DANGEROUS))]


def test_json_holds_the_whole_plan(world: World) -> None:
    world.students([student(1, last="Núñez"), student(2)])
    actions = planned(world)
    for few in (actions, actions[:1], []):
        out = io.StringIO()
        write_json({"digest": "d", "counts": {"create": 3}}, few, out)
        assert json.loads(out.getvalue()) == {
            "digest": "d",
            "counts": {"create": 3},
            "actions": [action.as_json() for action in few],
        }
    write_json({}, actions, out)
    assert "Núñez" in out.getvalue()


def test_one_kind_and_the_first_of_them(world: World) -> None:
    world.students([student(n, first=f"P{n}") for n in range(1, 6)])
    world.run()
    world.students([student(n, first=f"P{n}", status="A" if n < 4 else "E", usual="Du") for n in range(1, 6)])
    world.staff([staff(), staff("P2", first="Léa")])
    with world.engine().prepare() as prepared:
        plan = prepared.plan
        assert [a.kind for a in chosen(plan, Kind.DISABLE)] == [Kind.DISABLE] * 3
        assert [a.subject.key for a in chosen(plan, Kind.DISABLE, 2)] == ["apogee:1", "apogee:2"]
        assert len(list(chosen(plan, limit=4))) == 4
        assert len(list(chosen(plan))) == 6


class _Watched:
    """Actions of which each is asked for only when those before are written."""

    def __init__(self, action: Action, out: io.StringIO) -> None:
        self.action, self.out = action, out
        self.ahead = 0

    def __iter__(self) -> Iterator[Action]:
        written = -1
        for _ in range(50):
            now = self.out.tell()
            self.ahead = self.ahead if now > written else self.ahead + 1
            written = now
            yield self.action


@pytest.mark.parametrize("form", ["csv", "json"])
def test_actions_are_written_while_they_are_read(world: World, form: str) -> None:
    world.students([student(1)])
    out = io.StringIO()
    actions = _Watched(planned(world)[0], out)
    write_csv(actions, out) if form == "csv" else write_json({}, actions, out)
    assert actions.ahead == 0
