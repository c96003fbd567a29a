"""``make bench``: everything on real servers, in one run; ``make bench-quick`` the sync alone, in five minutes.

How much of everything: :mod:`tests.bench.sync_sizes`. ``KCB_BENCH_ONLY=create,drift`` chooses works by their names.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from rich.console import Console

from tests.bench.results import Result, Results
from tests.bench.servers import servers
from tests.bench.step_works import every_step, steps
from tests.bench.sync_bench import Bench
from tests.bench.sync_drift import drift
from tests.bench.sync_latency import by_schedule
from tests.bench.sync_sizes import FULL, QUICK, Sizes
from tests.bench.sync_unchanged import no_change
from tests.bench.sync_weight import memory
from tests.bench.sync_writing import create, one_percent, update

RESULTS = Path(".bench/results.json")
WORKS: tuple[Callable[[Bench], Iterator[Result]], ...] = (
    create,
    update,
    one_percent,
    drift,
    no_change,
    by_schedule,
    memory,
    steps,
    every_step,
)
"""In this order: drift, update and one_percent look at what create has made."""


def main() -> int:
    """Starts what is measured, measures, prints, stops. 1 when some work has no figure."""
    asked = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="small sizes, five minutes at most")
    sizes = Sizes.chosen(QUICK if asked.parse_args().quick else FULL)
    only = set(filter(None, os.environ.get("KCB_BENCH_ONLY", "").split(",")))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    say = _say(time.monotonic())
    results = Results(RESULTS)
    say("Keycloak starts on PostgreSQL")
    with servers() as running, tempfile.TemporaryDirectory() as folder:
        bench = Bench(running, Path(folder), sizes, say)
        for work in WORKS:
            if not only or work.__name__ in only:
                _measure(work, bench, results)
    results.show()
    return 1 if results.failed else 0


def _measure(work: Callable[[Bench], Iterator[Result]], bench: Bench, results: Results) -> None:
    """One that fails takes none of the others with it, nor its own lines so far."""
    try:
        for line in work(bench):
            results.add(line)
    except Exception as error:
        results.failed[work.__name__] = f"{type(error).__name__}: {error}"[:2000]
        bench.say(f"{work.__name__} failed: {error}")


def _say(begun: float) -> Callable[[str], None]:
    console = Console(stderr=True)

    def say(line: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - begun), 60)
        console.print(f"{minutes:2}:{seconds:02} {line}", markup=False, highlight=False)

    return say


if __name__ == "__main__":
    sys.exit(main())
