"""Which keys have anything in common that matters: all others need no comparison."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from xxhash import xxh3_64_intdigest

from kc_bridge.domain.matching import MatchingRule
from sync.people.matching import Claim, link_values

__all__ = ["Links"]

SIGNED = 1 << 63


class Links:
    """Claims by what they say, in a private temporary file: the keys in common are found by sorting."""

    def __init__(self, rules: Sequence[MatchingRule]) -> None:
        self._rules = rules
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = OFF; CREATE TABLE link (value INTEGER, key TEXT)")
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Forgets everything."""
        self._db.close()

    def add(self, claims: Iterable[Claim]) -> None:
        """Notes what could join each of them to another."""
        self._db.executemany(
            "INSERT INTO link VALUES (?, ?)",
            (
                (xxh3_64_intdigest(value.encode()) - SIGNED, claim.key)
                for claim in claims
                for value in link_values(claim, self._rules)
            ),
        )

    def groups(self, decided: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
        """Keys joined by what they say or by ``decided`` pairs, directly or through others; at least two, in order.

        Two values may share a hash: those keys are compared in vain.
        """
        parent: dict[str, str] = {}

        def root(key: str) -> str:
            while (up := parent.setdefault(key, key)) != key:
                parent[key] = parent[up]
                key = up
            return key

        for one, other in [*self._pairs(), *decided]:
            a, b = root(one), root(other)
            parent[max(a, b)] = min(a, b)
        found: dict[str, list[str]] = defaultdict(list)
        for key in sorted(parent):
            found[root(key)].append(key)
        yield from (keys for keys in found.values() if len(keys) > 1)

    def _pairs(self) -> Iterator[tuple[str, str]]:
        rows = self._db.execute("SELECT DISTINCT value, key FROM link ORDER BY value, key")
        for _, group in groupby(rows, key=lambda row: row[0]):
            first, *others = (key for _, key in group)
            yield from ((first, other) for other in others)
