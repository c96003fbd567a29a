"""A page sent in several times at the same moment, on a real PostgreSQL, where rows and not the database are locked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import responses
from flask import Flask
from sqlalchemy import func, select

from kc_bridge import create_app
from kc_bridge.store.activation import StepRecord
from kc_bridge.store.base import Base
from kc_bridge.store.database import open_engine, upgrade
from kc_bridge.store.decisions import Consent, SecurityAnswer
from required_actions.security_questions import PROPOSED
from tests.support.bridge import FakeRealm, FixedClock, make_person, make_settings, services_of
from tests.support.choices import COMPLETE, Asked
from tests.support.counts import count
from tests.support.postgres import PostgresServer
from tests.support.visitor import Visitor


@pytest.fixture
def app(postgres: PostgresServer, tmp_path: Path) -> Iterator[Flask]:
    settings = make_settings(tmp_path, database_url=postgres.database("choices"), profile=COMPLETE)
    upgrade(open_engine(settings.database_url))
    app = create_app(settings, FixedClock())
    yield app
    services_of(app).sessions.kw["bind"].dispose()


def test_many_clicks_are_one_answer(app: Flask) -> None:
    realm, clicks = FakeRealm(app), count(6, 50)
    questions = {"security_question": PROPOSED[0]["fr"], "security_answer": "Lapin bleu"}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        realm.answer(rsps)
        asked = Asked(
            app, realm, make_person(app), "security_question", "sms_consent", "photo_use", aia=False
        )
        at_once(app, asked, "/activation/security-question", questions, clicks)
        assert (rows(app, SecurityAnswer), rows(app, StepRecord)) == (1, 1)
        asked.visitor.get("/activation/sms-consent")
        at_once(app, asked, "/activation/sms-consent", {"sms_consent": "no"}, clicks)
        assert rows(app, StepRecord) == 2
    with services_of(app).sessions() as db:
        assert set(db.scalars(select(Consent.given))) == {False}


def at_once(app: Flask, asked: Asked, address: str, fields: dict[str, str], clicks: int) -> None:
    """The same form from the same browser, none before the last is ready; every answer leads on."""
    tabs = [Visitor(app, asked.visitor.cookie) for _ in range(clicks)]
    together = Barrier(clicks)

    def click(tab: Visitor) -> int:
        tab.csrf = asked.visitor.csrf
        together.wait()
        return tab.post(address, fields).status_code

    with ThreadPoolExecutor(clicks) as pool:
        assert set(pool.map(click, tabs)) == {303}


def rows(app: Flask, table: type[Base]) -> int:
    with services_of(app).sessions() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0
