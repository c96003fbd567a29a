"""Scenario 39 against ``kcb serve`` as in production and the real Keycloak: many at once, and for hours."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median, quantiles

import pytest
import requests
from sqlalchemy import func, select, text

from kc_bridge.domain.clock import system_clock
from kc_bridge.domain.journey import keycloak_actions
from kc_bridge.store.database import SessionFactory, open_engine, session_factory
from kc_bridge.store.models import AuditEntry, Person
from required_actions import links
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import CHARTER, FINISHED, PASSWORD, choose
from tests.support.counts import SOAK, count
from tests.support.postgres import PostgresServer
from tests.support.serving import Holdings, ServingBridge
from tests.support.stack import free_port
from tests.support.walker import Walker

JOURNEYS = count(10, 200)
VIEWS = count(600, 20_000)
"""Of a working day on which 20,000 pages are asked for in eight hours."""
BROWSERS = 16
ROUNDS, WARM = 10, 2
"""Holdings are looked at after each tenth; what they are after the second is what a warm server needs."""
MOST_GROWTH = 16.0
"""MiB in the rounds after: a kibibyte a page at the full count."""
PAGES = ("/activation/charter",) * 5 + (
    "/",
    "/aide",
    "/premiere-connexion",
    "/readyz",
    "/healthz",
    "/no-such-page",
)
"""What is asked for: half of it the wizard, whose every page prolongs the Keycloak login."""


@dataclass
class Installation:
    """A served bridge, its realm and its database."""

    realm: KcbRealm
    bridge: ServingBridge
    sessions: SessionFactory
    answers: Counter[int] = field(default_factory=Counter)
    """Of the bridge, by status."""
    slow: list[float] = field(default_factory=list)
    """Seconds each of its answers took."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return self.realm.settings.public_url

    def link(self) -> str:
        """Somebody enrolled, and the link they were mailed."""
        name = f"camille-{secrets.token_hex(5)}"
        login = f"{name}@etu.univ-demo.fr"
        journey = self.realm.profile.journey_for("student")
        user_id = self.realm.create_user(login, email=login, requiredActions=keycloak_actions(journey))
        now = system_clock()
        person = Person(
            key=f"test:{name}",
            uid=name,
            keycloak_id=user_id,
            login=login,
            mail=login,
            first_name="Camille",
            last_name="O'Connor",
            population="student",
            created_at=now,
            updated_at=now,
        )
        with self.sessions.begin() as db:
            db.add(person)
            db.flush()
            issued = links.issue(db, person, journey.name, now + journey.link_lifetime, now)
        return f"{self.url}/l/{issued.token}"

    def walker(self) -> Walker:
        """A browser whose answers from the bridge are counted."""
        walker = Walker()
        walker.http.hooks["response"].append(self._note)
        return walker

    def _note(self, response: requests.Response, *_args: object, **_options: object) -> None:
        if response.url.startswith(self.url):
            with self.lock:
                self.answers[response.status_code] += 1
                self.slow.append(response.elapsed.total_seconds())

    @property
    def failures(self) -> int:
        return sum(times for status, times in self.answers.items() if status >= 500)

    def activated(self) -> int:
        """Accounts activated so far."""
        done = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "account.activated")
        with self.sessions() as db:
            return db.scalar(done) or 0

    def connections(self) -> int:
        """To the database, by the bridge; on SQLite they are files and counted as such."""
        engine = open_engine(self.realm.settings.database_url)
        if engine.dialect.name == "sqlite":
            return 0
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with engine.connect() as connection:
            found: int = connection.scalar(text(others)) or 0
        engine.dispose()
        return found

    def figures(self, took: float) -> str:
        """One line on all answers so far."""
        p95 = quantiles(self.slow, n=20)[-1]
        rate = len(self.slow) / took
        return (
            f"{len(self.slow)} answers in {took:.0f} s ({rate:.0f}/s), median {1000 * median(self.slow):.0f} ms,"
            f" p95 {1000 * p95:.0f} ms; by status {dict(sorted(self.answers.items()))}"
        )


@pytest.fixture(
    scope="module",
    params=[
        "postgresql",
        pytest.param("sqlite", marks=pytest.mark.skipif(not SOAK, reason="soak: once is enough")),
    ],
)
def installation(
    request: pytest.FixtureRequest,
    realms: Callable[..., KcbRealm],
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
) -> Iterator[Installation]:
    database = {"database_url": postgres.database(f"load_{secrets.token_hex(4)}")}
    realm = realms(
        public_url=f"http://localhost:{free_port()}", **database if request.param == "postgresql" else {}
    )
    bridge = ServingBridge(realm.settings, tmp_path_factory.mktemp("serve") / "serve.log")
    bridge.start()
    engine = open_engine(realm.settings.database_url)
    yield Installation(realm, bridge, session_factory(engine))
    engine.dispose()
    bridge.stop()


def through(installation: Installation, link: str, ready: threading.Barrier) -> float:
    """One person's whole journey, to the door of the application; seconds it took."""
    walker = installation.walker()
    ready.wait()
    begun = time.monotonic()
    page = walker.send(walker.get(link))
    assert page.title == CHARTER, page
    page = walker.send(page, accept="y")
    assert page.title == PASSWORD, page
    page = choose(walker, page)
    assert page.title == FINISHED, page
    page = walker.get(
        f"{installation.url}/activation/leave", stop=lambda url: url.startswith("http://ent.test/")
    )
    assert page.location.startswith("http://ent.test/"), page
    return time.monotonic() - begun


def test_journeys_at_once(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    mailed = [installation.link() for _ in range(JOURNEYS)]
    ready, begun = threading.Barrier(JOURNEYS), time.monotonic()

    with ThreadPoolExecutor(JOURNEYS) as pool:
        took = list(pool.map(lambda link: through(installation, link, ready), mailed))

    with capsys.disabled():
        print(f"\n{JOURNEYS} journeys at once: {installation.figures(time.monotonic() - begun)};")
        print(f"  a whole journey: median {median(took):.1f} s, longest {max(took):.1f} s")
        print(f"  {installation.bridge.holdings()}, {installation.connections()} connections to the database")
    assert installation.failures == 0
    assert installation.activated() == JOURNEYS


def test_hours_of_requests(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    installation.answers.clear()
    installation.slow.clear()
    people = [installation.walker() for _ in range(BROWSERS)]
    for walker in people:
        assert walker.send(walker.get(installation.link())).title == CHARTER
    installation.sessions.kw["bind"].dispose()  # our own connections are not the bridge's
    chance, begun = random.Random(39), time.monotonic()
    rounds: list[tuple[Holdings, int]] = []

    with ThreadPoolExecutor(BROWSERS) as pool:
        while len(rounds) < ROUNDS:
            views = [(people[n % BROWSERS], chance.choice(PAGES)) for n in range(VIEWS // ROUNDS)]
            list(
                pool.map(
                    lambda share: look(installation, share), [views[n::BROWSERS] for n in range(BROWSERS)]
                )
            )
            rounds.append((installation.bridge.holdings(), installation.connections()))

    with capsys.disabled():
        print(f"\n{VIEWS} pages: {installation.figures(time.monotonic() - begun)}")
        for number, (holdings, connections) in enumerate(rounds, 1):
            print(
                f"  after {number * VIEWS // ROUNDS}: {holdings}, {connections} connections to the database"
            )
    assert installation.failures == 0
    warm, late = rounds[WARM : ROUNDS // 2], rounds[ROUNDS // 2 :]
    assert late[-1][0].processes == warm[0][0].processes, "no worker was lost, or replaced while we looked"
    assert late[-1][0].memory - warm[0][0].memory < MOST_GROWTH
    assert max(h.files for h, _ in late) <= max(h.files for h, _ in warm) + BROWSERS
    assert max(c for _, c in late) <= max(c for _, c in warm) + 2


def look(installation: Installation, views: list[tuple[Walker, str]]) -> None:
    """One browser's share of a round; pages outside the wizard are now and then somebody's first."""
    for number, (walker, path) in enumerate(views):
        newcomer = number % 4 == 0 and not path.startswith("/activation")
        (installation.walker() if newcomer else walker).get(f"{installation.url}{path}")
