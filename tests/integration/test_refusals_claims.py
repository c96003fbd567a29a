"""While one request ends a journey, nobody else may begin or end one of the same person."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from kc_bridge.mailer import send_waiting
from kc_bridge.store import outbox
from kc_bridge.store.activation import Journey
from kc_bridge.store.models import OutboxMessage, Person
from required_actions import links, wizard
from tests.support.activation import (
    DOWN,
    FINISHED,
    activations,
    choose,
    link_states,
    password_changes,
    to_password,
)
from tests.support.stack import Stack
from tests.support.walker import Page, Walker

SOMEBODY = "0" * 64
"""Ticket digest of a login that is completing, or died doing so."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wizard, "PATIENCE", 0.2)


def claim_for_somebody(stack: Stack, person: Person) -> None:
    claimed = {"finishing_at": stack.clock(), "finishing_by": SOMEBODY}
    with stack.services.sessions.begin() as db:
        db.execute(update(Journey).where(Journey.person_id == person.id).values(claimed))


def at_password(stack: Stack) -> tuple[Person, str, Walker, Page]:
    person = stack.person()
    link, walker = stack.mail_link(person), Walker()
    return person, link, walker, to_password(walker, link)


def test_a_second_answer_waits_and_writes_nothing(stack: Stack) -> None:
    """Scenario 4: the journey is being completed by another login: try again in a moment."""
    person, _link, walker, page = at_password(stack)
    claim_for_somebody(stack, person)

    refused = choose(walker, page)

    assert (refused.status, refused.title) == (503, DOWN)
    assert password_changes(stack, person) == 0


def test_a_claim_left_by_a_request_that_died_runs_out(stack: Stack) -> None:
    """Scenario 4: the process was killed in between: after a minute the next answer counts."""
    person, _link, walker, page = at_password(stack)
    claim_for_somebody(stack, person)

    with stack.clock.ahead(seconds=links.CLAIM_LIFETIME.total_seconds() + 1):
        done = choose(walker, page)

    assert done.title == FINISHED
    assert (activations(stack, person), password_changes(stack, person)) == (1, 1)


def test_a_link_is_not_opened_while_a_journey_is_being_finished(stack: Stack) -> None:
    """Scenario 4: opening would supersede an answer Keycloak is writing at this moment."""
    person, link, walker, page = at_password(stack)
    claim_for_somebody(stack, person)
    other = Walker()

    refused = other.send(other.get(link))

    assert (refused.status, refused.title) == (503, DOWN)
    with stack.clock.ahead(seconds=links.CLAIM_LIFETIME.total_seconds() + 1):
        assert choose(walker, page).title == FINISHED


def test_no_new_link_is_sent_while_a_journey_is_being_finished(stack: Stack) -> None:
    """Scenario 6: the mail waits, and is not needed any more once the account is activated."""
    person, _link, walker, page = at_password(stack)
    claim_for_somebody(stack, person)
    key = f"activation:{person.id}:again"
    with stack.services.sessions.begin() as db:
        outbox.enqueue(db, kind="activation", person_id=person.id, dedupe_key=key, now=stack.clock())

    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)

    assert link_states(stack, person) == ["opened"]
    with stack.services.sessions() as db:
        message = db.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key == key)).one()
    assert (message.state, message.attempts) == ("waiting", 1)
    with stack.clock.ahead(seconds=links.CLAIM_LIFETIME.total_seconds() + 1):
        assert choose(walker, page).title == FINISHED
