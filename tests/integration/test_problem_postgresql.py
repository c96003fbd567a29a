"""« Ce n'est pas moi » against the end of an activation, a mail being written, another address: on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import responses
from flask import Flask
from sqlalchemy import select

from kc_bridge import create_app
from kc_bridge.store.activation import AddressChange, Link
from kc_bridge.store.database import open_engine, upgrade
from kc_bridge.store.models import Person
from tests.support.addresses import go_in, press
from tests.support.bridge import FakeRealm, FixedClock, make_settings, services_of
from tests.support.counts import count
from tests.support.identify import birthday
from tests.support.postgres import PostgresServer
from tests.support.problem import (
    ADDRESS,
    NEW,
    PROFILE,
    PROOF,
    Postbox,
    enrolled,
    give,
    identify,
    proved,
    reread,
)
from tests.support.visitor import PASSWORD, Visitor

ACTS = ["kcb-backup-mail", "kcb-charter", "kcb-mail-forwarding", "kcb-new-password"]


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="module")
def app(
    postgres: PostgresServer, clock: FixedClock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("bridge")
    settings = make_settings(folder, database_url=postgres.database("problem"), profile=PROFILE)
    upgrade(open_engine(settings.database_url))
    app = create_app(settings, clock)
    yield app
    services_of(app).sessions.kw["bind"].dispose()


@pytest.fixture
def realm(app: Flask) -> Iterator[FakeRealm]:
    realm = FakeRealm(app)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        realm.answer(rsps)
        yield realm


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """None begins before the last is ready."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_undone_while_the_account_is_being_activated(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """Whichever comes first: in the end the account is not the thief's."""
    for _ in range(count(5, 40)):
        person, ine = enrolled(app)
        post, thief, owner = Postbox(app), Visitor(app), Visitor(app)
        giver = proved(app, person, ine)
        clock.advance(minutes=1)
        give(giver)
        refusal = post.newest(person.personal_mail, "/refus/")
        go_in(app, realm, thief, press(thief, post.newest(NEW)), person, act=ACTS[0], acts=ACTS)
        thief.post("/activation/charter", {"accept": "y"})
        thief.get("/activation/mail-forwarding")
        thief.post("/activation/mail-forwarding", {})
        thief.get("/activation/new-password")
        owner.get(refusal)
        words = {"password": PASSWORD, "confirmation": PASSWORD}
        finished, undone = at_once(
            [
                lambda thief=thief, words=words: thief.post("/activation/new-password", words).status_code,
                lambda owner=owner, refusal=refusal: owner.post(refusal).status_code,
            ]
        )
        assert finished in {303, 410, 503}
        assert undone in {303, 503}
        if undone == 503:  # the activation was being written: pressed again, as the page says
            owner.get(refusal)
            assert owner.post(refusal).status_code == 303
        now = reread(app, person)
        assert now.activated_at is None
        assert now.personal_mail in {person.personal_mail, None}
        assert now.address_frozen_until is not None
        clock.advance(minutes=10)


def test_fifty_guesses_at_once_count_as_fifty(app: Flask) -> None:
    """9. INE too, where rows and not the database are locked."""
    person, ine = enrolled(app)
    n = count(12, 50)
    visitors = [Visitor(app) for _ in range(n)]
    for visitor in visitors:
        identify(visitor, person.login)
        visitor.get(PROOF)

    def guess(index: int) -> Callable[[], int]:
        fields = {"number": ine, "birth_date": f"{birthday():%d/%m/%Y}"}
        environ = {"REMOTE_ADDR": f"203.0.113.{index}"}
        return lambda: visitors[index].post(PROOF, fields, environ_base=environ).status_code

    assert sorted(at_once([guess(index) for index in range(n)])) == [422] * 5 + [429] * (n - 5)


def test_many_addresses_at_once_have_one_link(app: Flask, clock: FixedClock) -> None:
    """Tabs of one browser: one address is the last, and only its link lives; five mails, no deadlock."""
    person, ine = enrolled(app)
    visitor, post = proved(app, person, ine), Postbox(app)
    visitor.get(ADDRESS)
    n = count(6, 30)
    tabs = [Visitor(app, visitor.cookie) for _ in range(n)]

    def tab(index: int) -> Callable[[], int]:
        tabs[index].csrf = visitor.csrf
        fields = {"backup_mail": f"camille{index}@perso.example"}
        return lambda: tabs[index].post(ADDRESS, fields).status_code

    assert set(at_once([tab(index) for index in range(n)])) <= {303, 429}
    post.round()
    with services_of(app).sessions() as db:
        live = db.scalars(select(Link).where(Link.person_id == person.id, Link.state == "new")).all()
        generation = db.get_one(Person, person.id).generation
        changes = db.scalars(select(AddressChange).where(AddressChange.person_id == person.id)).all()
    assert [link.generation for link in live] == [generation]
    assert 1 <= len(changes) <= 5
