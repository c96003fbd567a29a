"""How often a test repeats: small for ``make test``, the full counts of the promise for ``make soak``."""

from __future__ import annotations

import os

__all__ = ["SOAK", "count"]

SOAK = os.environ.get("KCB_SOAK") == "1"


def count(small: int, full: int) -> int:
    """``full`` under ``KCB_SOAK=1``, else ``small``."""
    return full if SOAK else small
