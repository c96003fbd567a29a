"""What a log says of a run while it lasts: each stage, how much of it was done, and how long it took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

__all__ = ["StageLog"]

WORTH_TELLING = 5.0
"""Seconds: a run by schedule that changes nothing takes less, and its stages are not logged."""


class StageLog:
    """Progress by log lines instead of bars. Threads may share it."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._began = self._stage_began = time.monotonic()
        self._name: str | None = None
        self._count = 0

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return round(time.monotonic() - self._began, 1)

    def stage(self, name: str, total: int | None = None) -> Callable[[int], None]:  # noqa: ARG002
        """See :class:`sync.engine.Progress`."""
        with self._lock:
            now = time.monotonic()
            took = now - self._stage_began
            if self._name and took >= WORTH_TELLING:
                self._log.info("sync stage", stage=self._name, done=self._count, seconds=round(took, 1))
            self._name, self._count, self._stage_began = name, 0, now

        def _done(count: int) -> None:
            with self._lock:
                self._count += count

        return _done
