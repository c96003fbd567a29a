"""Jobs at intervals, by APScheduler, which goes by the time of day: when that is set back, every job begins anew instead of
waiting for the hour to come round again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from kc_bridge.domain.clock import Clock, system_clock

__all__ = ["Clockwork", "Job"]

log = structlog.get_logger()
logging.getLogger("apscheduler").setLevel(
    logging.CRITICAL
)  # what fails is logged here, and a job that lasts is no news
SET_BACK = timedelta(seconds=1)
"""Less is what time servers slew, and no job starves for it."""


@dataclass(frozen=True)
class Job:
    """Something to do again and again; what it raises is logged, and it is done again."""

    name: str
    every: timedelta
    do: Callable[[], object]


class Clockwork:
    """Begins every job at once, then at its interval: none waits for another, none overlaps itself, and starts that were
    missed become one. Jobs are kept in memory: stores must never be shared by two schedulers."""

    def __init__(
        self,
        jobs: Sequence[Job],
        clock: Clock = system_clock,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.jobs = tuple(jobs)
        self._clock = clock
        self._steady = steady
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(jobs))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for job in jobs:
            self._scheduler.add_job(
                job.do,
                "interval",
                seconds=job.every.total_seconds(),
                id=job.name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.add_listener(_failed, EVENT_JOB_ERROR)
        self._ahead = self._offset()

    def start(self) -> None:
        """Begins."""
        self._scheduler.start()

    def look(self) -> bool:
        """To be called now and then: True when the time of day was set back, and the jobs were begun anew."""
        before, self._ahead = self._ahead, self._offset()
        if before - self._ahead <= SET_BACK:
            return False
        log.warning("clock set back", by=(before - self._ahead).total_seconds())
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=self._clock())
        return True

    def stop(self) -> None:
        """Begins none again, and waits for those under way."""
        self._scheduler.shutdown(wait=True)

    def _offset(self) -> timedelta:
        """How far the time of day is ahead of a clock that nobody sets."""
        return self._clock() - datetime.fromtimestamp(0, UTC) - timedelta(seconds=self._steady())


def _failed(event: JobExecutionEvent) -> None:
    log.error("job failed", job=event.job_id, exc_info=event.exception)
