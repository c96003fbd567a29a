"""The activation steps: latency beside a native required action, and beside the Admin API."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from tests.bench import completions
from tests.bench import steps as journey
from tests.bench.measure import Stopwatch, results
from tests.bench.results import Result
from tests.bench.sync_bench import Bench
from tests.integration.kcb_realm import KcbRealm, make_realm
from tests.support.stack import Stack, start_stack

__all__ = ["every_step", "steps"]

COMPLETE = str(Path(__file__).parents[1] / "support/profiles/complete.toml")


def steps(bench: Bench) -> Iterator[Result]:
    """A login that meets a step of ours, and one of Keycloak's own."""
    if not bench.sizes.turns:
        return
    with _stack(bench, "steps") as stack:
        watch = Stopwatch()
        for turn in journey.turns(stack, watch, bench.sizes.turns):
            if turn % 10 == 0:
                bench.say(f"steps: turn {turn} of {bench.sizes.turns}")
        yield from results(watch, journey.COMPARISONS)


def every_step(bench: Bench) -> Iterator[Result]:
    """What bringing each step to Keycloak costs."""
    if not bench.sizes.turns:
        return
    with _stack(bench, "every-step", profile=COMPLETE) as stack:
        watch = Stopwatch()
        for turn in completions.turns(stack, watch, bench.sizes.turns):
            if turn % 10 == 0:
                bench.say(f"every step: turn {turn} of {bench.sizes.turns}")
        yield from results(watch, completions.comparisons(stack))


@contextmanager
def _stack(bench: Bench, name: str, **settings: Any) -> Iterator[Stack]:
    folder = bench.folder / name
    folder.mkdir()

    def realms(**values: Any) -> KcbRealm:
        return make_realm(bench.servers.keycloak, folder, **values)

    stack = start_stack(realms, folder, **settings)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        yield stack
    finally:
        stack.stop()
