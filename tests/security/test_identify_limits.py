"""9 and 10. Tries of number and birth date: counted before they are answered, held, never a lock on the account."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from kc_bridge.store.activation import Link
from kc_bridge.store.models import AuditEntry, Person
from kc_bridge.store.web import RateWindow
from required_actions.identify_tries import PER_BIRTH_DATE, PER_NUMBER
from required_actions.links import issue
from tests.security.test_headers import assert_protected
from tests.support.bridge import FakeRealm, FixedClock, make_app, services_of
from tests.support.counts import count
from tests.support.identify import PROFILE, address, birthday, holder, is_refused, number, try_in, words
from tests.support.visitor import Visitor


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge whose people may identify themselves by every kind of number."""
    return make_app(tmp_path, clock, profile=PROFILE)


def statuses(tries: int, one: Callable[[], Any]) -> list[int]:
    return [one().status_code for _ in range(tries)]


def test_exactly_five_tries_an_hour_at_one_number(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """3 and 9. Wherever they come from, and right words count as wrong ones do."""
    person, ine = holder(app)
    assert statuses(3, lambda: try_in(Visitor(app), ine, birthday())) == [422] * 3
    assert statuses(2, lambda: try_in(Visitor(app), ine, person.birth_date)) == [303] * 2
    clock.advance(minutes=20)

    held = try_in(Visitor(app), ine, person.birth_date)

    assert held.status_code == 429
    assert held.headers["Retry-After"] == "2400"
    assert "Réessayez à partir de 11\u00a0h\u00a030" in words(held)
    assert 'href="/identification/ine"' in words(held)
    assert_protected(held)
    clock.advance(minutes=39, seconds=59)
    assert try_in(Visitor(app), ine, person.birth_date).status_code == 429
    clock.advance(seconds=1)
    assert try_in(Visitor(app), ine, person.birth_date).status_code == 303


def test_a_hundred_addresses_have_no_more_tries_than_one(app: Flask) -> None:
    ine = number()
    answers = statuses(count(20, 100), lambda: try_in(Visitor(app), ine, birthday()))
    assert answers == [422] * 5 + [429] * (len(answers) - 5)


def test_one_number_written_in_several_ways_is_one(app: Flask) -> None:
    ine = "123456789AB"
    ways = [ine, ine.lower(), " 123 456 789 ab", "\u200b123456789AB", "１２３456789AB"]
    assert [try_in(Visitor(app), way, birthday()).status_code for way in [*ways, ine]] == [422] * 5 + [429]


def test_the_account_is_not_locked(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """Who uses somebody's tries up keeps them from nothing but this page, for an hour."""
    person, ine = holder(app)
    statuses(6, lambda: try_in(Visitor(app), ine, birthday()))
    with services_of(app).sessions.begin() as db:
        token = issue(db, person, "activation", clock() + timedelta(hours=1), clock()).token
    visitor = Visitor(app)
    assert visitor.get(f"/l/{token}").status_code == 200
    assert visitor.post(f"/l/{token}").status_code == 303
    assert Visitor(app).enter(realm, person).status_code == 200


@pytest.mark.parametrize("right", [False, True])
def test_parallel_guesses_are_all_counted(app: Flask, realm: FakeRealm, right: bool) -> None:
    """9. Fifty at once are five and forty-five, whether they guess right or wrong."""
    person, ine = holder(app)
    n = count(12, 50)
    visitors = [Visitor(app) for _ in range(n)]
    for visitor in visitors:
        visitor.get("/identification/ine")
    together = Barrier(n)
    born = [person.birth_date if right else birthday() for _ in range(n)]

    def guess(index: int) -> int:
        together.wait()
        fields = {"number": ine, "birth_date": f"{born[index]:%d/%m/%Y}"}
        environ = {"REMOTE_ADDR": f"203.0.113.{index}"}
        return visitors[index].post("/identification/ine", fields, environ_base=environ).status_code

    with ThreadPoolExecutor(n) as pool:
        answers = sorted(pool.map(guess, range(n)))

    assert answers == sorted([303 if right else 422] * 5 + [429] * (n - 5))
    with services_of(app).sessions() as db:
        live = db.scalars(select(Link).where(Link.person_id == person.id, Link.state == "new")).all()
        generation = db.get_one(Person, person.id).generation
    assert [link.generation for link in live] == ([generation] if right else [])


def test_thirty_tries_in_five_minutes_from_one_address(
    app: Flask, realm: FakeRealm, clock: FixedClock
) -> None:
    at, (person, ine) = address(), holder(app)
    answers = statuses(31, lambda: try_in(Visitor(app), number(), birthday(), at=at))
    assert answers == [422] * 30 + [429]
    # Held before the number is looked at: they are not the number's tries.
    assert statuses(6, lambda: try_in(Visitor(app), ine, person.birth_date, at=at)) == [429] * 6
    assert try_in(Visitor(app), ine, person.birth_date).status_code == 303
    clock.advance(minutes=5)
    assert try_in(Visitor(app), ine, person.birth_date, at=at).status_code == 303


def test_an_ipv6_site_is_one_address(app: Flask) -> None:
    places = [f"2001:db8:1:2:{n:x}::1" for n in range(31)]
    answers = [try_in(Visitor(app), number(), birthday(), at=at).status_code for at in places]
    assert answers == [422] * 30 + [429]
    assert try_in(Visitor(app), number(), birthday(), at="2001:db8:1:3::1").status_code == 422


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_a_forged_forwarded_address_is_no_other_address(
    tmp_path: Path, clock: FixedClock, proxies: int
) -> None:
    """10. Only what our own proxies saw counts: whatever else the header holds, it is one client, and held."""
    app = make_app(tmp_path, clock, profile=PROFILE, trusted_proxies=proxies)
    our_proxy = "192.0.2.1"

    def from_client(client: str, forged: str) -> int:
        seen = [[forged], [forged, client], [forged, client, our_proxy]][proxies]
        visitor = Visitor(app)
        visitor.get("/identification/ine")
        fields = {"number": number(), "birth_date": f"{birthday():%d/%m/%Y}"}
        response = visitor.post(
            "/identification/ine",
            fields,
            headers={"X-Forwarded-For": ", ".join(seen), "X-Real-IP": forged, "Forwarded": f"for={forged}"},
            environ_base={"REMOTE_ADDR": our_proxy if proxies else client},
        )
        return response.status_code

    answers = [from_client("203.0.113.9", address()) for _ in range(31)]
    assert answers == [422] * 30 + [429]
    assert from_client("203.0.113.10", "203.0.113.9") == 422


def test_the_ceiling_for_everybody(tmp_path: Path, clock: FixedClock) -> None:
    app = make_app(tmp_path, clock, profile=PROFILE, identify_ceiling=7)
    assert statuses(8, lambda: try_in(Visitor(app), number(), birthday())) == [422] * 7 + [429]
    clock.advance(minutes=5)
    assert try_in(Visitor(app), number(), birthday()).status_code == 422


def test_who_is_held_uses_up_nobody_elses_tries(tmp_path: Path, clock: FixedClock) -> None:
    app = make_app(tmp_path, clock, profile=PROFILE, identify_ceiling=7)
    ine = number()
    assert statuses(20, lambda: try_in(Visitor(app), ine, birthday())) == [422] * 5 + [429] * 15
    assert statuses(3, lambda: try_in(Visitor(app), number(), birthday())) == [422] * 2 + [429]


def test_one_birth_date_swept_over_many_numbers(
    app: Flask, realm: FakeRealm, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """9. Held for everybody, and told once an hour, without the date."""
    born = date(1987, 6, 5)
    _person, ine = holder(app, birth_date=born)
    assert statuses(42, lambda: try_in(Visitor(app), number(), born)) == [422] * 40 + [429] * 2
    assert try_in(Visitor(app), ine, born).status_code == 429
    assert try_in(Visitor(app), number(), birthday()).status_code == 422

    with services_of(app).sessions() as db:
        alarms = db.scalars(select(AuditEntry).where(AuditEntry.action == "identify.sweep")).all()
    said = capsys.readouterr().out
    assert len(alarms) == said.count("one birth date tried on many numbers") == 1
    for told in (str(alarms[0].details), said):
        assert not any(
            way in told for way in ("1987", "05/06", "06-05", hashlib.sha256(b"1987-06-05").hexdigest()[:16])
        )
    clock.advance(hours=1)
    assert try_in(Visitor(app), ine, born).status_code == 303


def test_neither_numbers_nor_dates_are_kept_even_as_digests(app: Flask) -> None:
    """All INEs and dates can be hashed in an afternoon: without the bridge's secret the table says nothing."""
    ine, born = number(), birthday()
    try_in(Visitor(app), ine, born)
    with services_of(app).sessions() as db:
        kept = set(db.scalars(select(RateWindow.key_sha256)))
    named = {
        PER_NUMBER.key_for(f"ine:{ine}"),
        PER_BIRTH_DATE.key_for(born.isoformat()),
        ine,
        born.isoformat(),
    }
    assert len(kept) == 4
    assert kept.isdisjoint({hashlib.sha256(name.encode()).hexdigest() for name in named})


def test_a_form_without_its_token_counts_for_nothing(app: Flask) -> None:
    """19. Another site can use up nobody's tries."""
    ine, born = number(), f"{birthday():%d/%m/%Y}"
    for _ in range(6):
        fields = {"number": ine, "birth_date": born}
        assert Visitor(app).request("POST", "/identification/ine", data=fields).status_code == 400
    assert is_refused(try_in(Visitor(app), ine, born))
