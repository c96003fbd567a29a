"""3, 4 and 12. The secret question a link for a lost password asks: never before it, never instead of it, few tries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import responses
from argon2 import PasswordHasher
from flask import Flask

from kc_bridge.store.decisions import SecurityAnswer
from kc_bridge.store.models import Person
from required_actions.secret_answers import matches
from tests.security.test_headers import assert_protected
from tests.support.addresses import words
from tests.support.bridge import FakeRealm, FixedClock, make_app, services_of
from tests.support.counts import count
from tests.support.lost_passwords import HERE, link_of, owner, say, to_question
from tests.support.recovery import ANSWER, QUESTION, profile_with, recovery_links
from tests.support.visitor import Visitor


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge whose links ask the secret question of those who have one."""
    return make_app(tmp_path, clock, profile=profile_with(tmp_path, "link-and-question"))


def test_the_question_is_never_shown_before_the_link_is_opened(app: Flask, realm: FakeRealm) -> None:
    """12. Neither by its address, nor by a link that was only looked at, nor before Keycloak has said who is here."""
    link = link_of(app, owner(app, question=True))
    visitor = Visitor(app)
    assert visitor.get(f"{HERE}/question").status_code == 410
    assert QUESTION not in words(visitor.get(link))
    assert visitor.get(f"{HERE}/question").status_code == 410
    visitor.get(link)
    visitor.post(link)
    for response in (visitor.get(f"{HERE}/question"), say(visitor, ANSWER)):
        assert response.status_code == 410
        assert QUESTION not in words(response)
    assert QUESTION in words(to_question(app, link).get(f"{HERE}/question"))


def test_the_answer_opens_nothing_without_its_link(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """12. In another browser, or once the link has ended, a right answer is worth nothing."""
    person = owner(app, question=True)
    link = link_of(app, person)
    answering = to_question(app, link)
    other = Visitor(app)
    other.get("/aide?lang=fr")
    other.get(HERE)
    assert say(other, ANSWER).status_code == 410
    clock.advance(minutes=14)
    answering.get(f"{HERE}/question")
    with services_of(app).sessions.begin() as db:
        db.get_one(Person, person.id).generation += 1
    assert say(answering, ANSWER).status_code == 410
    assert recovery_links(services_of(app), person) == ["new"]


def test_exactly_five_answers_an_hour_and_ten_a_day(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    """3 and 12. Wherever they come from; the right one does not pass once the others are used up."""
    person = owner(app, question=True)
    link = link_of(app, person)
    answers = [say(to_question(app, link), "non").status_code for _ in range(5)]
    assert answers == [422] * 5
    held = say(to_question(app, link), ANSWER)
    assert held.status_code == 429
    assert held.headers["Retry-After"] == "3600"
    assert "Réessayez à partir de 11 h 30" in words(held)
    assert_protected(held)
    clock.advance(hours=1)
    link = link_of(app, person)
    assert [say(to_question(app, link), "non").status_code for _ in range(5)] == [422] * 5
    clock.advance(hours=1)
    link = link_of(app, person)
    assert say(to_question(app, link), ANSWER).status_code == 429
    clock.advance(hours=23)
    link = link_of(app, person)
    assert say(to_question(app, link), ANSWER).status_code == 303


def test_parallel_answers_are_all_counted(app: Flask, realm: FakeRealm) -> None:
    """3. Fifty at once are five and forty-five."""
    link = link_of(app, owner(app, question=True))
    n = count(12, 50)
    visitors = [to_question(app, link) for _ in range(n)]
    together = Barrier(n)

    def guess(visitor: Visitor) -> int:
        together.wait()
        return say(visitor, "non").status_code

    with ThreadPoolExecutor(n) as pool:
        answers = sorted(pool.map(guess, visitors))
    assert answers == [422] * 5 + [429] * (n - 5)


def test_nothing_is_not_an_answer(app: Flask, realm: FakeRealm) -> None:
    visitor = to_question(app, link_of(app, owner(app, question=True)))
    for sent in ("", "   ", "\u200b"):
        assert "Saisissez votre réponse" in words(say(visitor, sent))
    assert say(visitor, ANSWER).status_code == 303


def test_a_hash_of_former_parameters_is_renewed(app: Flask, realm: FakeRealm) -> None:
    person = owner(app)
    former = PasswordHasher(time_cost=1, memory_cost=64).hash("une valise a roulettes")
    with services_of(app).sessions.begin() as db:
        db.add(
            SecurityAnswer(
                person_id=person.id, question=QUESTION, answer_hash=former, set_at=services_of(app).clock()
            )
        )
    assert say(to_question(app, link_of(app, person)), ANSWER).status_code == 303
    with services_of(app).sessions() as db:
        kept = db.get_one(SecurityAnswer, person.id).answer_hash
    assert kept != former
    assert matches(kept, ANSWER)


def test_keycloak_down_spends_nothing(app: Flask, realm: FakeRealm) -> None:
    """4. Neither an answer nor the link."""
    person = owner(app, question=True)
    link = link_of(app, person)
    visitor = to_question(app, link)
    with responses.RequestsMock(assert_all_requests_are_fired=False):
        for _ in range(6):
            assert say(visitor, "non").status_code == 503
    assert recovery_links(services_of(app), person) == ["new"]
    assert say(visitor, ANSWER).status_code == 303
    assert recovery_links(services_of(app), person) == ["opened"]
