"""Memory of a run, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

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
    """The plan of a first load of very many; a run over a file in which nothing has changed; one with new rows."""
    if count := bench.sizes.memory_plan:
        bridge = Bridge(bench.servers, bench.folder, realm=False)
        bench.say(f"memory: the plan of a first load of {count:,}")
        bridge.export(lines(count))
        yield _line("plan of a first load", count, peak(bridge.settings.database_url, bridge.file, "plan"))
        bridge.close()
    if count := bench.sizes.memory:
        bridge = Bridge(bench.servers, bench.folder, realm=False)
        bench.say(f"memory: nothing changed in {count:,} rows (the database is filled by COPY first)")
        bridge.export(lines(count))
        fill(bridge.settings, bridge.database)
        yield _line("no change", count, peak(bridge.settings.database_url, bridge.file, "run"))
        few = count // 100
        bench.say(f"memory: {few:,} new rows, everything written but Keycloak")
        bridge.export(chain(lines(count), lines(few, first=count)))
        yield _line(f"{few:,} new rows", count, peak(bridge.settings.database_url, bridge.file, "run"))
        bridge.close()


def _line(what: str, count: int, peak: Peak) -> Result:
    return Result(
        f"memory: {what}, {count:,} rows",
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
