"""Two links, or two devices, of one person: one owner, and nothing written after the end."""

from __future__ import annotations

import pytest

from tests.support.activation import (
    CHARTER,
    ELSEWHERE,
    FINISHED,
    PASSWORD,
    SUPERSEDED,
    activate,
    activations,
    choose,
    handoff_claims,
    is_handoff,
    is_inside,
    keycloak_state,
    link_states,
    log_in,
    login_lives,
    logs_in,
    sessions,
    to_charter,
    to_password,
)
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

OTHER = "Automne-2026-au-Pouliguen!"
PROVISIONAL = "Provisoire-2026-à-Sète!"


def test_a_new_link_ends_the_journey_the_old_one_began(stack: Stack) -> None:
    """Scenario 6: a wizard in the middle is refused at its next answer, its login deleted, nothing written."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    ticket = handoff_claims(walker)["ticket"]

    stack.mail_link(person)
    before = keycloak_state(stack, person)
    refused = choose(walker, page)

    assert (refused.status, refused.title) == (410, SUPERSEDED)
    assert not login_lives(stack, ticket)
    assert keycloak_state(stack, person) == before
    assert activations(stack, person) == 0
    assert link_states(stack, person) == ["superseded", "new"]


def test_a_new_link_ends_the_old_one_before_it_is_opened(stack: Stack) -> None:
    """Scenario 6: neither reading nor pressing the older link leads on."""
    person = stack.person()
    old = stack.mail_link(person)
    walker = Walker()
    button = walker.get(old)
    stack.mail_link(person)

    assert walker.send(button).title == SUPERSEDED
    assert Walker().get(old).status == 410


def test_a_link_superseded_while_keycloak_was_asked_is_not_opened(stack: Stack) -> None:
    """Scenario 6: checked at the button and again when Keycloak has answered who is logged in."""
    person = stack.person()
    walker = Walker()
    held = walker.send(walker.get(stack.mail_link(person)), stop=lambda url: "/oidc/silent?" in url).location
    stack.mail_link(person)

    assert walker.get(held).title == SUPERSEDED

    assert link_states(stack, person) == ["superseded", "new"]


def test_two_links_in_two_browsers_have_one_owner(stack: Stack) -> None:
    """Scenario 6: the newer one finishes; the older one's browser changes nothing, before or after."""
    person = stack.person()
    older, newer = Walker(), Walker()
    old_page = to_password(older, stack.mail_link(person))
    new_page = to_password(newer, stack.mail_link(person))

    assert choose(older, old_page, OTHER).status == 410
    assert choose(newer, new_page).title == FINISHED
    before = keycloak_state(stack, person)
    assert choose(older, old_page, OTHER).status in {400, 410}

    assert keycloak_state(stack, person) == before
    assert activations(stack, person) == 1
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert not logs_in(stack, person, OTHER)


def test_a_link_ends_a_journey_begun_by_a_login(stack: Stack) -> None:
    """Scenario 6: somebody who knew the provisional password does not keep what they began."""
    person = stack.person(credentials=[{"type": "password", "value": PROVISIONAL, "temporary": False}])
    early = Walker()
    page = early.send(log_in(stack, early, person.login, PROVISIONAL), accept="y")
    assert page.title == PASSWORD
    ticket = handoff_claims(early)["ticket"]

    activate(stack, owner := Walker(), stack.mail_link(person))
    refused = choose(early, page, OTHER)

    assert (refused.status, refused.title) == (410, ELSEWHERE)
    assert not login_lives(stack, ticket)
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert is_inside(stack, owner)
    assert not is_inside(stack, early)


@pytest.mark.parametrize("same_link", [True, False], ids=["same link", "newer link"])
def test_another_device_finishes(stack: Stack, same_link: bool) -> None:
    """Scenario 6: the first device's page says so on its next request, and its login is never let in."""
    person = stack.person()
    link = stack.mail_link(person)
    first, second = Walker(), Walker()
    page = to_charter(first, link)
    claims = handoff_claims(first)

    activate(stack, second, link if same_link else stack.mail_link(person))
    seen = first.get(page.url)

    assert (seen.status, seen.title) == (410, ELSEWHERE)
    assert not login_lives(stack, claims["ticket"])
    first.get(claims["ret"])
    assert not is_inside(stack, first)
    assert is_inside(stack, second)
    assert sessions(stack, person) == 1


def test_a_login_overtaken_goes_to_keycloak_in_vain(stack: Stack) -> None:
    """Scenario 6: going straight to Keycloak's return address, without asking the bridge first."""
    person = stack.person(credentials=[{"type": "password", "value": PROVISIONAL, "temporary": False}])
    first, second = Walker(), Walker()
    assert log_in(stack, first, person.login, PROVISIONAL).title == CHARTER
    page = second.send(log_in(stack, second, person.login, PROVISIONAL), accept="y")
    assert choose(second, page).title == FINISHED
    second.get(f"{stack.url}/activation/leave")

    back = first.get(handoff_claims(first)["ret"], stop=is_handoff)
    assert is_handoff(back.location)
    seen = first.get(back.location)

    assert (seen.status, seen.title) == (410, ELSEWHERE)
    assert not is_inside(stack, first)
    assert sessions(stack, person) == 1
