"""Many users compared without naming them: buckets by their ids, a number for each user, and its sum (docs/protocol.md,
« users/digests/summary »). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from zlib import crc32

__all__ = ["BUCKETS", "MOST_ASKED", "Buckets", "Sums", "bucket"]

BUCKETS = 4_096
"""Of both ends."""
MOST_ASKED = 500
"""Buckets whose users may be asked for at once: more than that, and everybody is."""
SIXTY_FOUR_BITS = (1 << 64) - 1

Buckets = Mapping[int, tuple[int, int]]
"""Those with users: how many there are, and their sum modulo 2^64."""


def bucket(user_id: str) -> int:
    """Where a user belongs, whatever becomes of it."""
    return crc32(user_id.encode()) % BUCKETS


class Sums:
    """The same of what one end knows."""

    def __init__(self, seed: str) -> None:
        """``seed``: another one each time, so that nobody can prepare users whose changes cancel each other."""
        self._seed = seed
        self._counts = [0] * BUCKETS
        self._sums = [0] * BUCKETS

    def add(self, user_id: str, key: str, enabled: bool, digest: str | None, current: str | None) -> None:
        """One user, as :class:`kc_bridge.ports.Held` has it."""
        line = f"{self._seed}\n{user_id}\n{key}\n{'true' if enabled else 'false'}\n{digest or ''}\n{current or ''}"
        number = bucket(user_id)
        self._counts[number] += 1
        self._sums[number] += int.from_bytes(sha256(line.encode()).digest()[:8], "big")

    def buckets(self) -> Buckets:
        """Everybody's so far."""
        return {
            number: (count, self._sums[number] & SIXTY_FOUR_BITS)
            for number, count in enumerate(self._counts)
            if count
        }
