"""Jobs at intervals, each in a thread of its own, so that none waits for another (docs/adr/0026: why no library)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

__all__ = ["Clockwork", "Job", "next_start"]

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """Something to do again and again; what it raises is logged, and it is done again."""

    name: str
    every: timedelta
    do: Callable[[], object]


def next_start(planned: float, now: float, every: float) -> float:
    """When a job begins again, in seconds of a monotonic clock: an interval after it was ``planned`` to; those that were
    missed meanwhile become one, begun at once."""
    return max(planned + every, now)


class Clockwork:
    """Measures intervals by the monotonic clock: setting the time of day, in either direction, moves nothing."""

    def __init__(self, jobs: Sequence[Job], clock: Callable[[], float] = time.monotonic) -> None:
        self.jobs = tuple(jobs)
        self._clock = clock
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=(job,), name=job.name) for job in jobs]

    def start(self) -> None:
        """Begins every job at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begins none again, and waits for those under way."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, job: Job) -> None:
        planned = self._clock()
        while not self._ended.is_set():
            try:
                job.do()
            except Exception as error:
                log.error("job failed", job=job.name, exc_info=error)
            planned = next_start(planned, self._clock(), job.every.total_seconds())
            self._ended.wait(planned - self._clock())
