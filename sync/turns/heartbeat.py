"""Signs of life while a run lasts, as long as it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

__all__ = ["STUCK", "Felt", "Pulse", "Stages", "beating"]

STUCK = timedelta(hours=1)
"""A run that has finished nothing for this long hangs, though its process lives: it gives no more signs."""


class Pulse:
    """When the run itself last came a step further; by a clock nobody can set."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def felt(self) -> None:
        """The run has come a step further."""
        self._at = time.monotonic()

    @property
    def weak(self) -> bool:
        """Whether that was too long ago."""
        return time.monotonic() - self._at > STUCK.total_seconds()


class Stages(Protocol):
    """Told how far a run is: :class:`sync.engine.Progress`."""

    def stage(self, name: str, total: int | None = None) -> Callable[[int], None]: ...


class Felt:
    """Passes on how far a run is; each step counts as one of the pulse."""

    def __init__(self, told: Stages, pulse: Pulse) -> None:
        self._told = told
        self._pulse = pulse

    def stage(self, name: str, total: int | None = None) -> Callable[[int], None]:
        """See :class:`sync.engine.Progress`."""
        self._pulse.felt()
        done = self._told.stage(name, total)

        def _done(count: int) -> None:
            self._pulse.felt()
            done(count)

        return _done


@contextmanager
def beating(beat: Callable[[], None], every: timedelta, pulse: Pulse) -> Iterator[None]:
    """Calls ``beat`` from a thread of its own until the context ends, or the turn is lost."""
    ended = threading.Event()

    def _beat() -> None:
        while not ended.wait(every.total_seconds()):
            if pulse.weak:
                continue
            try:
                beat()
            except SQLAlchemyError:
                return  # the journal finds out whether somebody else has begun

    thread = threading.Thread(target=_beat, name="sync heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
