from __future__ import annotations

import gc

from sync.garbage import SELDOM, rarely_searched


def test_it_is_as_before_afterwards() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with rarely_searched():
        assert gc.get_threshold() == SELDOM
        assert gc.get_freeze_count() > before[1]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
