from __future__ import annotations

import pytest

from sync.guard import SourceCount, closings_allowed, inspect
from sync.plan import Plan


@pytest.mark.parametrize(
    ("open_accounts", "allowed"), [(0, 20), (30, 20), (400, 20), (420, 21), (40_000, 2_000)]
)
def test_closings_allowed_at_once(open_accounts: int, allowed: int) -> None:
    assert closings_allowed(open_accounts) == allowed


@pytest.mark.parametrize(
    ("rows", "last_rows", "refused"),
    [
        (0, None, True),
        (0, 100, True),
        (1, None, False),
        (89, 100, True),
        (90, 100, False),
        (500, 100, False),
    ],
)
def test_a_source_that_looks_truncated(rows: int, last_rows: int | None, refused: bool) -> None:
    refusals = inspect(Plan(()), [SourceCount("apogee", rows, last_rows)], 100)
    assert bool(refusals) is refused
    assert all(refusal.remedy for refusal in refusals)
