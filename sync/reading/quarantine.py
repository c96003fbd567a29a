"""Writing the quarantine: what each source holds that cannot be used, as of its last read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert, select

from kc_bridge.store.database import SessionFactory
from kc_bridge.store.sync import Quarantine
from sync.sources.base import Rejected

__all__ = ["forget_others", "replace_quarantine"]

PAGE = 1000


def replace_quarantine(
    sessions: SessionFactory, source: str, rejected: Callable[[], Iterable[Rejected]], now: datetime
) -> None:
    """Replaces the quarantine of a source; one that did not change is not written.

    ``rejected``: in the order of their places, once each; asked twice.
    """
    with sessions.begin() as session:
        table = Quarantine
        order = (table.file, table.line, table.column, table.problem)
        columns = (table.file, table.line, table.column, table.problem, table.remedy)
        rows = session.execute(select(*columns).where(table.source == source).order_by(*order))
        if _fingerprint(tuple(row) for row in rows) == _fingerprint(_tuple(r) for r in rejected()):
            return
        session.execute(delete(table).where(table.source == source))
        entries = (_entry(source, one, now) for one in rejected())
        while page := list(islice(entries, PAGE)):
            session.execute(insert(table), page)


def forget_others(sessions: SessionFactory, sources: Collection[str]) -> None:
    """Forgets rows of sources that are no longer read: nobody could mend them."""
    others = Quarantine.source.not_in(sources)
    with sessions.begin() as session:
        if session.scalar(select(Quarantine.id).where(others).limit(1)):
            session.execute(delete(Quarantine).where(others))


def _tuple(rejected: Rejected) -> tuple[Any, ...]:
    return (rejected.place.file, rejected.place.line, rejected.column, rejected.problem, rejected.remedy)


def _entry(source: str, rejected: Rejected, now: datetime) -> dict[str, Any]:
    file, line, column, problem, remedy = _tuple(rejected)
    return {
        "source": source,
        "file": file,
        "line": line,
        "column": column,
        "problem": problem,
        "remedy": remedy,
        "seen_at": now,
    }


def _fingerprint(rows: Iterator[tuple[Any, ...]]) -> int:
    """Of a set of rows: databases sort texts and NULLs in orders of their own."""
    total = 0
    for row in rows:
        total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest())
    return total
