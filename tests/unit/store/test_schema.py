"""33. The schema: made by migrations alone, complete, and an older or newer one refuses to start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, StatementError

from kc_bridge import create_app
from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.store.base import Base
from kc_bridge.store.commands import db as db_commands
from kc_bridge.store.database import SessionFactory, check_schema, head, open_engine, upgrade
from kc_bridge.store.models import OutboxMessage
from kc_bridge.store.web import SpentToken
from tests.support.bridge import make_settings

INSTANT = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)


def test_migrations_make_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    check_schema(engine)
    upgrade(engine)
    check_schema(engine)


@pytest.mark.parametrize("version", [None, "0000", "9999"])
def test_any_other_schema_refuses_to_start(tmp_path: Path, version: str | None) -> None:
    settings = make_settings(tmp_path)
    if version is not None:
        engine = open_engine(settings.database_url)
        upgrade(engine)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    with pytest.raises(ConfigurationError) as refused:
        create_app(settings)
    assert f"« {version or 'nothing'} »" in refused.value.problem
    assert f"« {head()} »" in refused.value.problem
    assert "kcb db upgrade" in refused.value.remedy


def test_the_remedy_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(tmp_path)
    monkeypatch.setenv("KCB_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("KCB_CONFIG", str(tmp_path / "none.toml"))
    done = CliRunner().invoke(db_commands, ["upgrade"])
    assert (done.exit_code, done.output) == (0, f"Database schema at {head()}.\n")
    create_app(settings)


def test_instants_are_aware_and_in_utc(sessions: SessionFactory) -> None:
    paris = INSTANT.astimezone(timezone(timedelta(hours=2)))
    with sessions.begin() as db:
        db.add(SpentToken(jti="j", expires_at=paris))
    with sessions() as db:
        kept = db.get_one(SpentToken, "j").expires_at
    assert (kept, kept.utcoffset()) == (INSTANT, timedelta(0))
    with pytest.raises(StatementError, match="naive"), sessions.begin() as db:
        db.add(SpentToken(jti="k", expires_at=INSTANT.replace(tzinfo=None)))


def test_rows_need_the_person_they_name(sessions: SessionFactory) -> None:
    with pytest.raises(IntegrityError), sessions.begin() as db:
        db.add(OutboxMessage(kind="a", dedupe_key="a", person_id="?", created_at=INSTANT, not_before=INSTANT))


def test_errors_do_not_quote_what_was_to_be_written(sessions: SessionFactory) -> None:
    with pytest.raises(IntegrityError) as refused, sessions.begin() as db:
        db.add_all(SpentToken(jti="canary", expires_at=INSTANT) for _ in range(2))
    assert "canary" not in str(refused.value)


def test_a_database_out_of_reach_is_said_in_words(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/no-such-folder/kcb.db")
    with pytest.raises(ConfigurationError) as refused:
        check_schema(engine)
    assert "cannot be opened" in refused.value.problem
    assert "database_url" in refused.value.remedy
