"""Comparing what Keycloak holds with what the bridge remembers, when nothing differs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from statistics import median

from kc_bridge.domain.profile import load_profile
from kc_bridge.store.database import session_factory
from sync.drift.check import check
from tests.bench.results import Result, Rule
from tests.bench.sync_bench import Bench

__all__ = ["drift"]

TIMES = 3
LIMIT = 3.0
"""Seconds for ``ENOUGH`` users."""
ENOUGH = 100_000


def drift(bench: Bench) -> Iterator[Result]:
    """The whole check on the largest first load."""
    bridge, count = bench.largest
    bench.say(f"drift check of {count:,}")
    sessions, directory = session_factory(bridge.database), bridge.directory()
    profile = load_profile(bridge.settings.profile)
    times = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        found = check(sessions, directory, profile, date.today())
        times.append(time.perf_counter() - begun)
        assert not found, found[:3]
    took = median(times)
    target = LIMIT if count >= ENOUGH else None
    yield Result(
        f"drift check of {count:,}", count, took, "s", "limit", LIMIT, None, target, Rule.AT_MOST,
        more={"shortest": min(times)},
    )  # fmt: skip
    yield Result("drift check, users compared", count, count / took, "users/s")
