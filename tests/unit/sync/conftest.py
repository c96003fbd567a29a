from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sync_world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A university on 1 September 2026 with one member of staff and no student."""
    return World(tmp_path)


@pytest.fixture(params=["Pacific/Auckland", "America/Los_Angeles", "UTC"])
def server_elsewhere(request: pytest.FixtureRequest) -> Iterator[None]:
    """The process in another time zone than the university."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.__setitem__("TZ", before)
    time.tzset()
