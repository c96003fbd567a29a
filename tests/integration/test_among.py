"""Many values in one parameter, on both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from kc_bridge.store.among import among
from kc_bridge.store.base import Base
from kc_bridge.store.database import open_engine
from kc_bridge.store.sync import RetiredName
from tests.support.postgres import PostgresServer

NAMES = ["anaïs", "o'connor", 'a "b" \\ {c,d}', "NULL", "", "émoji 🎓"]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer) -> Engine:
    address = (
        f"sqlite:///{tmp_path / 'a.db'}"
        if request.param == "sqlite"
        else postgres.database(f"among_{request.node.originalname}")
    )
    engine = open_engine(address)
    Base.metadata.tables[RetiredName.__tablename__].create(engine)
    return engine


def test_it_finds_what_in_would_find(engine: Engine) -> None:
    with Session(engine) as session:
        session.add_all(RetiredName(name=name, retired_on=date(2026, 9, 1)) for name in NAMES)
        session.flush()
        for asked in ([], NAMES[:1], [*NAMES, "nobody"], [f"n{i}" for i in range(5000)] + NAMES[2:4]):
            found = session.scalars(select(RetiredName.name).where(among(RetiredName.name, asked))).all()
            assert sorted(found) == sorted(set(asked) & set(NAMES))


def test_any_number_of_values_is_one_statement(engine: Engine) -> None:
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    with Session(engine) as session:
        for count in (1, 2, 700):
            session.scalars(
                select(RetiredName.name).where(among(RetiredName.name, map(str, range(count))))
            ).all()
    assert len({statement for statement in said if statement.startswith("SELECT")}) == 1
