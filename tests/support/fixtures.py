"""Fixtures that several test packages share; a ``conftest.py`` takes them by importing them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import responses
from flask import Flask

from tests.support.bridge import FakeRealm, FixedClock, make_app

__all__ = ["app", "clock", "realm"]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge without a Keycloak."""
    return make_app(tmp_path, clock)


@pytest.fixture
def realm(app: Flask) -> Iterator[FakeRealm]:
    """What its realm answers, for the time of a test."""
    realm = FakeRealm(app)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        realm.answer(rsps)
        yield realm
