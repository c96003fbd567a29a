"""Timing requests, and saying what came out beside what it is compared with."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["Comparison", "Stopwatch", "report"]


class Stopwatch:
    """Milliseconds by name of work."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def timing(self, work: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.times[work].append((time.perf_counter() - begun) * 1000)

    def median(self, work: str) -> float:
        return median(self.times[work])

    def p95(self, work: str) -> float:
        return quantiles(self.times[work], n=20)[-1]


@dataclass(frozen=True)
class Comparison:
    """One line of the table: a work of ours, and what it is measured against in the same run."""

    work: str
    against: str
    target: float
    """Ratio of medians that should not be exceeded."""


def report(watch: Stopwatch, comparisons: list[Comparison], file: Path) -> None:
    """Prints the table and writes the same as JSON."""
    table = Table("work", "n", "median ms", "p95 ms", "against", "median ms", "p95 ms", "ratio", "target")
    rows: list[dict[str, Any]] = []
    for line in comparisons:
        ours, theirs = watch.median(line.work), watch.median(line.against)
        ratio = ours / theirs
        number: Callable[[float], str] = "{:.0f}".format
        table.add_row(
            line.work, str(len(watch.times[line.work])), number(ours), number(watch.p95(line.work)),
            line.against, number(theirs), number(watch.p95(line.against)), f"{ratio:.2f}", f"≤ {line.target:g}",
        )  # fmt: skip
        rows.append(
            {
                "work": line.work,
                "n": len(watch.times[line.work]),
                "value": round(ours, 1),
                "p95": round(watch.p95(line.work), 1),
                "unit": "ms",
                "against": line.against,
                "ratio": round(ratio, 3),
                "target": line.target,
                "reached": ratio <= line.target,
            }
        )
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    Console(width=140).print(table)
