"""Timing requests, step by step."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

from tests.bench.results import Result, Rule

__all__ = ["Comparison", "Stopwatch", "results"]


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
    """A work of ours, and what it is measured against in the same run."""

    work: str
    against: str
    target: float
    """Ratio of medians that should not be exceeded."""


def results(watch: Stopwatch, comparisons: list[Comparison]) -> Iterator[Result]:
    """One line a comparison: medians and their ratio."""
    for line in comparisons:
        ours, theirs = watch.median(line.work), watch.median(line.against)
        yield Result(
            work=line.work,
            n=len(watch.times[line.work]),
            value=ours,
            unit="ms",
            against=line.against,
            other=theirs,
            ratio=ours / theirs,
            target=line.target,
            rule=Rule.AT_MOST,
            more={"p95": watch.p95(line.work)},
        )
