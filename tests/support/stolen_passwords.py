"""A list of stolen passwords as the setting ``breached_passwords`` wants it."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

__all__ = ["sha1", "write_list"]


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode()).hexdigest().upper()


def write_list(path: Path, passwords: list[str], end: str = "\n", last: bool = True) -> Path:
    """Writes the list as its makers do; ``last``: the last line has an end too."""
    counts = random.Random(4)
    lines = [f"{digest}:{counts.randrange(1, 10**8)}" for digest in sorted(map(sha1, passwords))]
    path.write_bytes((end.join(lines) + (end if last else "")).encode())
    return path
