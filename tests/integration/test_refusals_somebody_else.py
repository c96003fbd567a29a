"""A browser that is logged in already, as somebody else or as the same person, opens a link."""

from __future__ import annotations

from kc_bridge.store.models import Person
from tests.support.activation import (
    CHARTER,
    FINISHED,
    PASSWORD,
    choose,
    is_inside,
    keycloak_state,
    link_states,
    log_in,
    sessions,
)
from tests.support.stack import Stack
from tests.support.walker import Page, Walker

OTHER_ACCOUNT = "Une autre personne est connectée ici"
KNOWN = "Connue-2026-à-Lorient!"


def logged_in(stack: Stack, walker: Walker) -> Person:
    """Somebody active, inside « ENT démo » with this browser."""
    person = stack.person(actions=[], credentials=[{"type": "password", "value": KNOWN, "temporary": False}])
    assert log_in(stack, walker, person.login, KNOWN).url.startswith(stack.ent_url)
    return person


def who_is_inside(stack: Stack, walker: Walker) -> Page:
    return walker.get(f"{stack.ent_url}/connexion")


def test_somebody_else_is_told_and_nothing_is_opened(stack: Stack) -> None:
    """Scenario 15: the page names both accounts; until the button is pressed nothing changes for either."""
    walker = Walker()
    other, person = logged_in(stack, walker), stack.person()
    link = stack.mail_link(person)
    before = keycloak_state(stack, person)

    page = walker.send(walker.get(link))

    assert page.title == OTHER_ACCOUNT
    assert other.login in page.text
    assert person.login in page.text
    assert link_states(stack, person) == ["new"]
    assert keycloak_state(stack, person) == before
    assert other.login in who_is_inside(stack, walker).text


def test_after_logging_out_the_right_person_goes_on(stack: Stack) -> None:
    """Scenario 15: logout, then the journey of the link's own account, to the application as that person."""
    walker = Walker()
    other, person = logged_in(stack, walker), stack.person()
    page = walker.send(walker.get(stack.mail_link(person)))

    page = walker.send(page, action="logout")

    assert page.title == CHARTER, page
    assert person.login in page.text
    assert sessions(stack, other) == 0
    page = walker.send(page, accept="y")
    assert choose(walker, page).title == FINISHED
    inside = walker.get(f"{stack.url}/activation/leave")
    assert inside.url.startswith(stack.ent_url)
    assert person.login in inside.text
    assert sessions(stack, other) == 0


def test_coming_back_without_having_logged_out_opens_nothing(stack: Stack) -> None:
    """Scenario 15: the address that follows a logout, called while the other person is still logged in."""
    walker = Walker()
    other, person = logged_in(stack, walker), stack.person()
    walker.send(walker.get(stack.mail_link(person)))

    page = walker.get(f"{stack.url}/oidc/logged-out")

    assert page.title == OTHER_ACCOUNT
    assert link_states(stack, person) == ["new"]
    assert sessions(stack, other) == 1


def test_the_same_person_goes_on_at_once(stack: Stack) -> None:
    """Scenario 15: no question for somebody who opens their own link where they are logged in."""
    person = stack.person(actions=[], credentials=[{"type": "password", "value": KNOWN, "temporary": False}])
    walker = Walker()
    assert log_in(stack, walker, person.login, KNOWN).url.startswith(stack.ent_url)
    actions = {"requiredActions": ["kcb-charter", "kcb-new-password"]}
    stack.realm.call("PUT", f"users/{person.keycloak_id}", stack.user(person) | actions)

    page = walker.send(walker.get(stack.mail_link(person)))

    assert page.title == CHARTER
    page = walker.send(page, accept="y")
    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
    assert is_inside(stack, walker)


def test_somebody_who_logs_in_while_the_link_is_being_opened(stack: Stack) -> None:
    """Scenario 15: another tab logs in as somebody else in between: Keycloak refuses, nobody is mixed up."""
    walker, person = Walker(), stack.person()
    address = walker.send(
        walker.get(stack.mail_link(person)), stop=lambda url: "/action-token?" in url
    ).location
    other = logged_in(stack, walker)

    page = walker.get(address)

    assert page.title != CHARTER
    assert other.login in who_is_inside(stack, walker).text
    assert sessions(stack, person) == 0
