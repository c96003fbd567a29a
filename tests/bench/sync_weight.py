"""Memory of a run, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.results import Result, Rule
from tests.bench.sync_bench import Bench
from tests.bench.sync_bridge import Bridge
from tests.bench.sync_filled import fill
from tests.bench.sync_memory import Peak, peak
from tests.bench.sync_people import lines

__all__ = ["memory"]

LIMIT = 256
"""Megabytes."""


def memory(bench: Bench) -> Iterator[Result]:
    """The plan of a first load of very many, then a whole run over the same file in which nothing has changed."""
    count = bench.sizes.memory
    if not count:
        return
    bridge = Bridge(bench.servers, bench.folder, realm=False)
    bench.say(f"memory: the plan of a first load of {count:,}")
    bridge.export(lines(count))
    yield _line(
        f"memory: plan of a first load, {count:,} rows",
        count,
        peak(bridge.settings.database_url, bridge.file, "plan"),
    )
    bench.say(f"memory: nothing changed in {count:,} rows (the database is filled by COPY first)")
    fill(bridge.settings, bridge.database)
    yield _line(
        f"memory: no change, {count:,} rows", count, peak(bridge.settings.database_url, bridge.file, "run")
    )
    bench.say("memory: one in a hundred new, everything written but Keycloak")
    few = count // 100
    bridge.export([*lines(count), *lines(few, first=count)])
    yield _line(
        f"memory: {few:,} new of {count + few:,} rows",
        count,
        peak(bridge.settings.database_url, bridge.file, "run"),
    )
    bridge.close()


def _line(work: str, count: int, peak: Peak) -> Result:
    return Result(
        work,
        count,
        peak.megabytes,
        "MB",
        "limit",
        LIMIT,
        None,
        LIMIT,
        Rule.AT_MOST,
        more={"seconds": peak.seconds},
    )
