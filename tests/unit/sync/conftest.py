from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sync_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A university on 1 September 2026 with one member of staff and no student."""
    return World(tmp_path)
