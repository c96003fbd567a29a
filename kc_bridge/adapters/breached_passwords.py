"""Passwords known from breaches, looked up in a file on this machine: no part of one is ever sent anywhere.

The file is the SHA-1 list of Have I Been Pwned « ordered by hash », some 40 GB: lines ``<40 hexadecimal digits>:<count>``.
It is searched where it lies, by halves, and never read into memory.
"""

from __future__ import annotations

import hashlib
import os
import re
from itertools import pairwise
from pathlib import Path

from kc_bridge.domain.errors import ConfigurationError

__all__ = ["BreachedPasswords"]

LINE = re.compile(rb"[0-9A-Fa-f]{40}(:\d+)?\r?\n?")
LONGEST = 64
"""Bytes of a line, at most."""
DIGITS = 40
PROBES = 64
"""Lines compared at start: a list ordered otherwise has two neighbours among them the wrong way round."""


class BreachedPasswords:
    """One such file, kept open: threads and forked workers may share it, for it is read by position only."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`ConfigurationError` when the file is missing or no such list."""
        try:
            self._file = path.open("rb", buffering=0)
            self._size = os.fstat(self._file.fileno()).st_size
            probes = [self._line_from(self._size * part // PROBES) for part in range(PROBES)]
        except OSError as error:
            raise _unusable(path, error.strerror or "cannot be read") from None
        if self._size == 0 or not all(LINE.fullmatch(line) for line in probes if line):
            raise _unusable(path, "is no list of SHA-1 sums in hexadecimal")
        if any(_sum(one) > _sum(next_one) for one, next_one in pairwise(filter(None, probes))):
            raise _unusable(path, "is not ordered by its sums")

    def __contains__(self, password: str) -> bool:
        # SHA-1 is what the list is made of; nothing is protected by it.
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        low, high = 0, self._size
        while low < high:
            middle = (low + high) // 2
            line = self._line_from(middle)
            if not line or _sum(line) > wanted:
                high = middle
            elif _sum(line) == wanted:
                return True
            else:
                low = middle + 1
        return False

    def _line_from(self, position: int) -> bytes:
        """The first line that begins at ``position`` or after it; empty at the end."""
        before = max(position - 1, 0)
        read = os.pread(self._file.fileno(), 2 * LONGEST, before)
        if position:
            end = read.find(b"\n")
            read = read[end + 1 :] if end >= 0 else b""
        return read.partition(b"\n")[0]


def _sum(line: bytes) -> bytes:
    return line[:DIGITS].upper()


def _unusable(path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"breached_passwords: {path} {problem}.",
        "Fetch the list « ordered by hash » of SHA-1 sums in one file (docs/security.md), or remove the setting.",
    )
