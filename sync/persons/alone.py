"""Operators' changes to accounts, between two runs: a run at work would write what it read before them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from kc_bridge.domain.clock import system_clock
from sync.persons.finding import NotPossible
from sync.turns.heartbeat import Pulse, beating
from sync.turns.lock import BEATS, SILENCE
from sync.turns.turn import turn_of

__all__ = ["no_run"]

PATIENCE = 120
"""Seconds a run is waited for."""
NO_RUN = -1
"""Signs of life are noted in no run's row: PostgreSQL sees them all the same."""


@contextmanager
def no_run(engine: Engine, patience: float = PATIENCE) -> Iterator[Pulse]:
    """Waits for a run to end, and keeps others from beginning. Raises :class:`NotPossible`.

    Work of more than an hour says now and then that it goes on: :meth:`sync.turns.heartbeat.Pulse.felt`.
    """
    until = time.monotonic() + patience
    with turn_of(engine, SILENCE) as turn:
        while not turn.take():
            if time.monotonic() >= until:
                raise NotPossible("A sync is running: try again when it has ended (kcb sync status).")
            time.sleep(0.5)
        turn.begun()
        pulse = Pulse()
        with beating(lambda: turn.beat(NO_RUN, system_clock()), SILENCE / BEATS, pulse):
            yield pulse
