"""How much of everything: the whole bench, or the quick one. Environment variables of the same names decide otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

__all__ = ["FULL", "QUICK", "Sizes"]


@dataclass(frozen=True)
class Sizes:
    """Each may be set as ``KCB_BENCH_<NAME>``; 0 leaves the work out."""

    turns: int
    """Of the steps' bench."""
    created: tuple[int, ...]
    """First loads, each into a realm of its own; the last, largest one is then looked at for what does not change, for
    one in a hundred that does, and for drift."""
    loop: int
    """Users the python-keycloak loop gets; it is as fast with more."""
    federation: int
    updated: int
    """Of the users of the last first load."""
    planned: tuple[int, ...]
    """Rows of first plans, and of files in which nothing has changed, without Keycloak."""
    dropped: int
    """Times at which new rows appear in a file while the scheduler runs."""
    sync_every: int
    """Seconds between two scheduled runs meanwhile; 0: what the settings say."""
    memory: int
    """Rows of the file whose run is weighed."""
    memory_plan: int
    """Rows of the file whose first plan is weighed: 1,000,000 take eight minutes."""

    @classmethod
    def chosen(cls, usual: Sizes, environment: Mapping[str, str] = os.environ) -> Sizes:
        """``usual``, but for what the environment says (several numbers with commas)."""
        values: dict[str, int | tuple[int, ...]] = {}
        for field in fields(cls):
            value = getattr(usual, field.name)
            if text := environment.get(f"KCB_BENCH_{field.name.upper()}"):
                numbers = tuple(int(part) for part in text.split(","))
                value = numbers if isinstance(value, tuple) else numbers[0]
            values[field.name] = value
        return cls(**values)  # type: ignore[arg-type]


FULL = Sizes(
    turns=40,
    created=(1_000, 10_000, 100_000),
    loop=400,
    federation=3_000,
    updated=5_000,
    planned=(1_000, 10_000, 100_000),
    dropped=24,
    sync_every=0,
    memory=1_000_000,
    memory_plan=300_000,
)
QUICK = Sizes(
    turns=0,
    created=(1_000, 4_000),
    loop=200,
    federation=2_000,
    updated=2_000,
    planned=(1_000, 5_000),
    dropped=4,
    sync_every=5,
    memory=0,
    memory_plan=0,
)
