"""The bench is no test, but it must start: what is pure in it, and that its works exist."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench.__main__ import WORKS, _measure
from tests.bench.results import Result, Results, Rule
from tests.bench.sync_people import lines, users, write
from tests.bench.sync_sizes import FULL, QUICK, Sizes


def test_a_line_of_the_table_is_judged_by_its_ratio_or_by_itself() -> None:
    faster = Result("create", 10, 600.0, "users/s", "loop", 100.0, 6.0, 6)
    slower = Result("no change", 10, 2.0, "s", "reading", 0.9, 2.0 / 0.9, 2, Rule.AT_MOST)
    light = Result("memory", 10, 255.9, "MB", "limit", 256, None, 256, Rule.AT_MOST)
    assert [r.reached for r in (faster, slower, light, Result("slope", 1, 1, "s"))] == [
        True,
        False,
        True,
        None,
    ]


def test_a_work_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    results = Results(tmp_path / "bench" / "results.json")

    def fine(_bench: object):
        yield Result("fine", 3, 12.345, "ms", "other", 10.0, 1.2345, 2.0, Rule.AT_MOST, {"p95": 20.04})

    def half(_bench: object):
        yield Result("half", 1, 1234.5, "users/s")
        raise RuntimeError("no server")

    bench = type("Said", (), {"say": lambda _self, _line: None})()
    for work in (half, fine):
        _measure(work, bench, results)
    rows = json.loads((tmp_path / "bench" / "results.json").read_text("utf-8"))
    assert [row["work"] for row in rows] == ["half", "fine"]
    assert list(rows[1])[:8] == ["work", "n", "value", "unit", "against", "ratio", "target", "reached"]
    assert rows[1] | {"p95": 0} == rows[1] | {"value": 12.3, "ratio": 1.23, "reached": True, "p95": 0}
    assert results.failed == {"half": "RuntimeError: no server"}


def test_people_are_always_the_same_and_their_exports_differ_where_asked(tmp_path: Path) -> None:
    before, after = list(lines(300)), list(lines(300, changed=[7]))
    assert [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [7]
    assert len({user.username for user in users(300)} | {user.key for user in users(300)}) == 600
    file = write(tmp_path / "export.csv", lines(300))
    assert file.read_bytes().count(b"\r\n") == 301


def test_sizes_come_from_the_environment() -> None:
    chosen = Sizes.chosen(QUICK, {"KCB_BENCH_LOOP": "50", "KCB_BENCH_CREATED": "10,20"})
    assert (chosen.loop, chosen.created, chosen.turns) == (50, (10, 20), QUICK.turns)
    assert FULL.created[-1] == max(FULL.planned) == 100_000
    assert {work.__name__ for work in WORKS} >= {
        "create",
        "update",
        "no_change",
        "one_percent",
        "drift",
        "memory",
    }
