"""Reading and planning, without Keycloak: a file in which nothing has changed, and the plan of a first load."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from tests.bench.results import Result, Rule
from tests.bench.sync_bench import Bench
from tests.bench.sync_bridge import Bridge
from tests.bench.sync_filled import fill
from tests.bench.sync_loop import LOOP
from tests.bench.sync_people import lines, renamed, users

__all__ = ["no_change"]

TIMES = 5
ENOUGH = 100_000
"""Rows from which on a run's fixed costs no longer count, and a target is named."""
READING = "reading the file: lines decoded, split by csv.reader"


def no_change(bench: Bench) -> Iterator[Result]:
    """Whole runs that find nothing to do, of several sizes; and before them the plan of a first load."""
    planned: dict[int, float] = {}
    unchanged: dict[int, float] = {}
    for count in bench.sizes.planned:
        bench.say(f"{count:,} rows: planned, then found unchanged")
        bridge = Bridge(bench.servers, bench.folder, realm=False)
        bridge.export(lines(count))
        begun = time.perf_counter()
        with bridge.engine().prepare() as prepared:
            assert prepared.plan.counts["create"] == count, prepared.plan.counts
        planned[count] = time.perf_counter() - begun
        fill(bridge.settings, bridge.database)
        bridge.run()  # the first is told the file has been read whole
        unchanged[count] = _median(bridge.run)
        if count == max(bench.sizes.planned):
            yield from _beside(bench, bridge.file, count, unchanged[count])
        bridge.close()
    yield from _slope("plan of a first load", planned)
    yield from _slope("no change", unchanged)


def _beside(bench: Bench, file: Path, count: int, took: float) -> Iterator[Result]:
    reading, iterating = _median(lambda: _split(file)), _median(lambda: _iterate(file))
    work = f"no change, {count:,} rows"
    named = count >= ENOUGH
    yield Result(
        work, count, took, "s", READING, reading, took / reading, 2 if named else None, Rule.AT_MOST,
        more={"iterating_lines": iterating},
    )  # fmt: skip
    yield Result(work, count, took, "s", "iterating its lines", iterating, took / iterating)
    bench.say(f"{LOOP}: comparing {bench.sizes.loop}")
    same = [renamed(user) for user in users(bench.sizes.loop)]
    bench.loop.bring(same)
    rate = bench.loop.compare(same)
    yield Result(
        work, count, count / took, "rows/s", LOOP, rate, count / took / rate, 1_000 if named else None
    )


def _split(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as text:
        for _cells in csv.reader(text, delimiter=";"):
            pass


def _iterate(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as text:
        for _line in text:
            pass


def _slope(work: str, seconds: dict[int, float]) -> Iterator[Result]:
    """Rows a second by size, beside the smallest."""
    small = min(seconds)
    first = small / seconds[small]
    for count, took in seconds.items():
        rate = count / took
        yield Result(f"slope: {work}, {count:,}", count, rate, "rows/s", f"{small:,}", first, rate / first)


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return median(times)
