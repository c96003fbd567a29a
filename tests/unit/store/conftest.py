"""An empty database of the present schema."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from kc_bridge.store.database import SessionFactory, open_engine, session_factory
from tests.support.quick import empty_database


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "kcb.db").write_bytes(empty_database())
    return open_engine(f"sqlite:///{tmp_path / 'kcb.db'}")


@pytest.fixture
def sessions(engine: Engine) -> SessionFactory:
    return session_factory(engine)
