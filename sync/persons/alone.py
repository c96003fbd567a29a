"""Operators' changes to accounts, between two runs: a run at work would write what it read before them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from sync.lock import SILENCE
from sync.persons.finding import NotPossible
from sync.turn import turn_of

__all__ = ["no_run"]

PATIENCE = 120
"""Seconds a run is waited for."""


@contextmanager
def no_run(engine: Engine, patience: float = PATIENCE) -> Iterator[None]:
    """Waits for a run to end, and keeps others from beginning. Raises :class:`NotPossible`."""
    until = time.monotonic() + patience
    with turn_of(engine, SILENCE) as turn:
        while not turn.take():
            if time.monotonic() >= until:
                raise NotPossible("A sync is running: try again when it has ended (kcb sync status).")
            time.sleep(0.5)
        yield
