"""A mailed link: what opens it, what does not, and what a second opening does to the first."""

from __future__ import annotations

import pytest

from tests.support.activation import (
    CHARTER,
    FINISHED,
    PASSWORD,
    SUPERSEDED,
    activate,
    choose,
    handoff_claims,
    is_inside,
    keycloak_state,
    link_states,
    login_lives,
    logs_in,
    to_charter,
    to_password,
)
from tests.support.counts import count
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_never_opens_a_link(stack: Stack, method: str) -> None:
    """Scenario 4: a mail scanner may follow a link as often as it likes, with every address on its pages."""
    person = stack.person()
    link = stack.mail_link(person)
    before = keycloak_state(stack, person)
    scanner = Walker()

    for _ in range(count(10, 200)):
        response = scanner.http.request(method, link, timeout=30)
        assert response.status_code == 200
    for path in (
        "/oidc/silent",
        "/oidc/logged-out",
        "/activation/",
        "/activation/enter",
        "/activation/leave",
    ):
        scanner.http.request(method, stack.url + path, timeout=30)

    assert link_states(stack, person) == ["new"]
    assert keycloak_state(stack, person) == before
    activate(stack, Walker(), link)


def test_a_button_pressed_without_its_page_opens_nothing(stack: Stack) -> None:
    """Scenario 4: a POST of a scanner that fills no form has no CSRF token."""
    person = stack.person()
    link = stack.mail_link(person)

    assert Walker().http.post(link, timeout=30).status_code == 400

    assert link_states(stack, person) == ["new"]


def test_opened_again_in_the_same_browser_keeps_finished_steps(stack: Stack) -> None:
    """Scenario 4: opened, not finished, opened again: the charter is behind, the first login is gone."""
    person = stack.person()
    link = stack.mail_link(person)
    walker = Walker()
    to_password(walker, link)
    first = handoff_claims(walker)["ticket"]

    page = walker.send(walker.get(link))

    assert page.title == PASSWORD
    assert handoff_claims(walker)["ticket"] != first
    assert choose(walker, page).title == FINISHED
    assert not login_lives(stack, first)


def test_opened_again_in_another_browser_keeps_steps_and_ends_the_first(stack: Stack) -> None:
    """Scenario 4: the second opening resumes; the first one's next answer is refused and its login deleted."""
    person = stack.person()
    link = stack.mail_link(person)
    first, second = Walker(), Walker()
    old_page = to_password(first, link)
    ticket = handoff_claims(first)["ticket"]

    page = second.send(second.get(link))
    assert page.title == PASSWORD
    before = keycloak_state(stack, person)
    refused = choose(first, old_page, "Imposteur-2026-à-Cassis!")

    assert (refused.status, refused.title) == (410, SUPERSEDED)
    assert not login_lives(stack, ticket)
    assert keycloak_state(stack, person) == before
    assert choose(second, page).title == FINISHED
    assert logs_in(stack, person, GOOD_PASSWORD)


def test_the_first_opening_is_superseded_before_its_browser_arrived(stack: Stack) -> None:
    """Scenario 4: Keycloak's address of the first opening, used late, lets nobody in."""
    person = stack.person()
    link = stack.mail_link(person)
    slow, quick = Walker(), Walker()
    held = slow.send(slow.get(link), stop=lambda url: "/action-token?" in url).location

    page = to_charter(quick, link)
    refused = slow.get(held)

    assert (refused.status, refused.title) == (410, SUPERSEDED)
    assert not login_lives(stack, handoff_claims(slow)["ticket"])
    assert not is_inside(stack, slow)
    assert quick.send(page, accept="y").title == PASSWORD


def test_a_finished_link_is_spent(stack: Stack) -> None:
    """Scenario 4: after the end neither its page nor its button leads anywhere."""
    person = stack.person()
    link = stack.mail_link(person)
    late = Walker()
    button = late.get(link)
    activate(stack, Walker(), link)
    before = keycloak_state(stack, person)

    assert (Walker().get(link).status, late.send(button).status) == (410, 410)

    assert link_states(stack, person) == ["finished"]
    assert keycloak_state(stack, person) == before


def test_two_tabs_pressing_the_button_end_in_one_journey(stack: Stack) -> None:
    """Scenario 4: a double click opens twice; the last opening of the browser is the one that goes on."""
    person = stack.person()
    link = stack.mail_link(person)
    walker = Walker()
    button = walker.get(link)

    assert walker.send(button).title == CHARTER
    page = walker.send(walker.get(link))

    assert page.title == CHARTER
    assert walker.send(page, accept="y").title == PASSWORD
