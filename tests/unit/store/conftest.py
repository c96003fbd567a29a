"""An empty database of the present schema."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from kc_bridge.store.database import SessionFactory, open_engine, session_factory, upgrade


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'kcb.db'}")
    upgrade(engine)
    return engine


@pytest.fixture
def sessions(engine: Engine) -> SessionFactory:
    return session_factory(engine)
