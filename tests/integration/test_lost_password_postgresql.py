"""Lost passwords on a real PostgreSQL: answers and openings at the same moment, where rows and not the database are locked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from flask import Flask

from kc_bridge import create_app
from kc_bridge.store.database import open_engine, upgrade
from tests.support.bridge import FakeRealm, FixedClock, make_settings, services_of
from tests.support.counts import count
from tests.support.lost_passwords import link_of, owner, press, say, to_question
from tests.support.postgres import PostgresServer
from tests.support.recovery import profile_with, recovery_links
from tests.support.visitor import Visitor


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def app(
    postgres: PostgresServer, tmp_path: Path, clock: FixedClock, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    name = re.sub(r"\W+", "_", request.node.name).lower()
    profile = profile_with(tmp_path, "link-and-question")
    settings = make_settings(tmp_path, database_url=postgres.database(name), profile=profile)
    upgrade(open_engine(settings.database_url))
    app = create_app(settings, clock)
    realm = FakeRealm(app)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        realm.answer(rsps)
        yield app
    services_of(app).sessions.kw["bind"].dispose()


def at_once(n: int, one: Callable[[int], int]) -> list[int]:
    """Statuses of ``n`` requests made at the same moment."""
    together = Barrier(n)

    def turn(index: int) -> int:
        together.wait()
        return one(index)

    with ThreadPoolExecutor(n) as pool:
        return sorted(pool.map(turn, range(n)))


def test_parallel_answers_are_all_counted(app: Flask) -> None:
    """3. Fifty at once are five and forty-five."""
    link, n = link_of(app, owner(app, question=True)), count(12, 50)
    visitors = [to_question(app, link) for _ in range(n)]
    answers = at_once(n, lambda index: say(visitors[index], "non", f"203.0.113.{index}").status_code)
    assert answers == [422] * 5 + [429] * (n - 5)


def test_two_links_opened_at_the_same_moment(app: Flask, clock: FixedClock) -> None:
    """6. One opening is left, whichever it is; nobody waits in a circle."""
    person, n = owner(app), count(8, 30)
    older = link_of(app, person)
    assert press(Visitor(app), older).status_code == 303
    clock.advance(minutes=5)
    newer = link_of(app, person)
    assert recovery_links(services_of(app), person) == ["opened", "new"]
    visitors = [Visitor(app) for _ in range(n)]
    states = []
    for index, visitor in enumerate(visitors):
        visitor.get((older, newer)[index % 2])
        asked = visitor.post((older, newer)[index % 2])
        states.append(parse_qs(urlsplit(asked.location).query)["state"][0])

    answers = at_once(
        n,
        lambda index: (
            visitors[index].get(f"/oidc/silent?state={states[index]}&error=login_required").status_code
        ),
    )

    assert set(answers) <= {303, 410}
    assert 303 in answers
    assert sorted(recovery_links(services_of(app), person)) == ["opened", "superseded"]
