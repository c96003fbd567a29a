"""Time and the account's state: looked at when a page is read and again when an answer is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from kc_bridge.store.activation import Journey, Link
from kc_bridge.store.models import Person
from tests.support.activation import (
    FINISHED,
    GONE,
    PASSWORD,
    activations,
    choose,
    handoff_claims,
    is_inside,
    keycloak_state,
    link_states,
    to_charter,
    to_password,
)
from tests.support.stack import Stack
from tests.support.walker import Walker

EXPIRED = "Ce lien n'est plus valable"
CLOSED = "Ce compte n'est pas ouvert"


def link_lifetime(stack: Stack) -> timedelta:
    return stack.services.profile.journey_for("student").link_lifetime


def close(stack: Stack, person: Person) -> None:
    """The sync has found that the account ended yesterday; Keycloak does not know yet."""
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).account_end = stack.services.today() - timedelta(days=1)


def disable(stack: Stack, person: Person) -> None:
    stack.realm.call("PUT", f"users/{person.keycloak_id}", stack.user(person) | {"enabled": False})


def test_a_link_is_read_until_its_expiry_and_not_after(stack: Stack) -> None:
    """Scenario 7: to the second."""
    link = stack.mail_link(stack.person())

    with stack.clock.ahead(seconds=link_lifetime(stack).total_seconds() - 30):
        assert Walker().get(link).status == 200
    with stack.clock.ahead(seconds=link_lifetime(stack).total_seconds() + 1):
        page = Walker().get(link)

    assert (page.status, page.title) == (410, EXPIRED)


@pytest.mark.parametrize("moment", ["button", "answer"])
def test_a_link_that_expires_while_it_is_opened(stack: Stack, moment: str) -> None:
    """Scenario 7: the last seconds of a link, in a session that lives on."""
    person = stack.person()
    link = stack.mail_link(person)
    walker = Walker()
    stack.clock.offset = link_lifetime(stack) - timedelta(seconds=30)
    page = walker.get(link)
    if moment == "answer":
        page = walker.send(page, stop=lambda url: "/oidc/silent?" in url)
    stack.clock.offset = link_lifetime(stack) + timedelta(seconds=1)

    refused = walker.send(page) if moment == "button" else walker.get(page.location)

    assert (refused.status, refused.title) == (410, EXPIRED)
    assert link_states(stack, person) == ["new"]


def test_a_link_that_expires_in_mid_wizard_activates_nothing(stack: Stack) -> None:
    """Scenario 7 (CVE-2026-9798): opened in time, answered late: refused at commit, nothing written."""
    person = stack.person()
    link = stack.mail_link(person)
    with stack.services.sessions.begin() as db:
        expires_at = stack.clock() + timedelta(minutes=5)
        db.execute(update(Link).where(Link.person_id == person.id).values(expires_at=expires_at))
    walker = Walker()
    page = to_password(walker, link)
    before = keycloak_state(stack, person)

    with stack.clock.ahead(minutes=5, seconds=1):
        refused = choose(walker, page)

    assert (refused.status, refused.title) == (410, EXPIRED)
    assert keycloak_state(stack, person) == before
    assert activations(stack, person) == 0


def test_an_account_that_ends_between_page_and_answer(stack: Stack) -> None:
    """Scenario 7: the answer is not kept, the password is not written, nobody gets in."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    close(stack, person)
    before = keycloak_state(stack, person)

    refused = choose(walker, page)

    assert (refused.status, refused.title) == (403, CLOSED)
    assert keycloak_state(stack, person) == before
    assert activations(stack, person) == 0
    walker.get(handoff_claims(walker)["ret"])
    assert not is_inside(stack, walker)


def test_an_account_that_ends_before_its_page_is_read(stack: Stack) -> None:
    """Scenario 7: at each reading too: the link, the way in from Keycloak, the wizard's page."""
    person = stack.person()
    link = stack.mail_link(person)
    walker, entering = Walker(), Walker()
    page = to_charter(walker, link)
    handoff = entering.send(entering.get(link), stop=lambda url: "/activation/enter?" in url).location
    close(stack, person)

    assert Walker().get(link).title == CLOSED
    assert entering.get(handoff).title == CLOSED
    assert walker.get(page.url).title == CLOSED


def test_an_account_that_ended_on_its_last_day_still_works(stack: Stack) -> None:
    """Scenario 7: the end is a last day, not a first one without."""
    person = stack.person()
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).account_end = stack.services.today()
    walker = Walker()

    assert choose(walker, to_password(walker, stack.mail_link(person))).title == FINISHED


def test_a_user_disabled_in_keycloak_between_steps(stack: Stack) -> None:
    """Scenario 7: Keycloak's word counts as well, at the answer and at the page."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    disable(stack, person)
    before = keycloak_state(stack, person)

    refused = choose(walker, page)
    reread = walker.get(page.url)

    assert (refused.status, refused.title) == (403, CLOSED)
    assert (reread.status, reread.title) == (403, CLOSED)
    assert keycloak_state(stack, person) == before
    assert activations(stack, person) == 0


def test_a_user_disabled_after_the_end_gets_no_session(stack: Stack) -> None:
    """Scenario 7: the password is set, the account is closed, then the browser goes back to Keycloak."""
    person = stack.person()
    walker = Walker()
    assert choose(walker, to_password(walker, stack.mail_link(person))).title == FINISHED
    disable(stack, person)

    refused = walker.get(f"{stack.url}/activation/leave")

    assert (refused.status, refused.title) == (403, CLOSED)
    walker.get(handoff_claims(walker)["ret"])
    assert not is_inside(stack, walker)


def test_a_link_of_a_disabled_user_opens_nothing(stack: Stack) -> None:
    """Scenario 7: known to Keycloak alone; the link is not spent, for the day the account opens again."""
    person = stack.person()
    link = stack.mail_link(person)
    disable(stack, person)
    walker = Walker()

    refused = walker.send(walker.get(link))

    assert (refused.status, refused.title) == (403, CLOSED)
    assert link_states(stack, person) == ["new"]
    assert not is_inside(stack, walker)


def test_a_wizard_left_alone_ends_and_keeps_what_was_done(stack: Stack) -> None:
    """Scenario 7: idle too long: the page says how to go on, and the link goes on where it was."""
    person = stack.person()
    link = stack.mail_link(person)
    walker = Walker()
    page = to_password(walker, link)

    with stack.clock.ahead(minutes=16):
        gone = walker.get(page.url)

    assert (gone.status, gone.title) == (410, GONE)
    again = Walker()
    assert again.send(again.get(link)).title == PASSWORD
    with stack.services.sessions() as db:
        assert len(db.scalars(select(Journey).where(Journey.person_id == person.id)).all()) == 1
