"""Python looks for garbage in cycles as often as objects are made, each time through all there are; a run makes millions
that need no such search. It takes a fifth of a run's time, and this most of it away."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["rarely_searched"]

SELDOM = (50_000, 20, 50)
"""Objects made before the young ones are looked through, and how often that before the older ones are. Memory that a
cycle holds is given back that much later: a few MB."""


@contextmanager
def rarely_searched() -> Iterator[None]:
    """While it lasts; what was there before (libraries, settings) is left out altogether. For the whole process."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
