"""A provisional password at the Keycloak login: it opens the journey and nothing else, and ends with it."""

from __future__ import annotations

import pytest
import requests

from kc_bridge.store.models import Person
from tests.support.activation import (
    CHARTER,
    FINISHED,
    PASSWORD,
    activations,
    choose,
    handoff_claims,
    is_handoff,
    is_inside,
    keycloak_state,
    log_in,
    login_lives,
    logs_in,
    pending,
    sessions,
)
from tests.support.entrances import CLOSINGS, close_account, walk
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Page, Walker

PROVISIONAL = "Provisoire-2026-à-Sète!"
CLOSED = "Ce compte n'est pas ouvert"


def with_provisional_password(stack: Stack) -> Person:
    """Somebody enrolled, whom an administrator gave a temporary password in the console."""
    person = stack.person()
    path = f"users/{person.keycloak_id}/reset-password"
    stack.realm.call("PUT", path, {"type": "password", "value": PROVISIONAL, "temporary": True})
    assert "UPDATE_PASSWORD" in pending(stack, person)
    return person


def enter(stack: Stack, walker: Walker, person: Person) -> Page:
    page = log_in(stack, walker, person.login, PROVISIONAL)
    assert page.title == CHARTER, page
    return page


def by_direct_grant(stack: Stack, person: Person, password: str) -> requests.Response:
    """What a program gets that asks for tokens with the two words, without a browser."""
    address = f"{stack.realm.settings.issuer}/protocol/openid-connect/token"
    grant = {"grant_type": "password", "client_id": "admin-cli", "scope": "openid"}
    return requests.post(address, data=grant | {"username": person.login, "password": password}, timeout=30)


def test_two_pages_then_the_journey_then_the_application(stack: Stack) -> None:
    person, walker = with_provisional_password(stack), Walker()

    page = walker.get(f"{stack.ent_url}/connexion")
    assert "/login/kc-bridge/" in page.response.text, "our theme"
    page.form("username")
    assert not any("password" in form.names for form in page.forms)
    page = walker.send(page, username=person.login)
    assert "/login/kc-bridge/" in page.response.text
    assert person.login in page.response.text
    page.form("password")
    page = walker.send(page, password=PROVISIONAL)

    assert page.title == CHARTER
    assert pending(stack, person) == ["kcb-charter", "kcb-new-password"], (
        "Keycloak's own page is not asked for"
    )
    page = walker.send(page, accept="y")
    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED
    page = walker.get(f"{stack.url}/activation/leave")
    assert page.url.startswith(stack.ent_url)
    assert "Camille" in page.text
    assert pending(stack, person) == []
    assert activations(stack, person) == 1
    assert sessions(stack, person) == 1
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert not logs_in(stack, person, PROVISIONAL), "spent by the journey"


def test_it_opens_nothing_but_the_journey(stack: Stack) -> None:
    person, walker = with_provisional_password(stack), Walker()

    page = enter(stack, walker, person)
    walker.send(page, accept="y")

    assert sessions(stack, person) == 0
    assert not is_inside(stack, walker)
    account = walker.get(f"{stack.realm.settings.issuer}/account/", stop=is_handoff)
    assert sessions(stack, person) == 0, account
    refused = by_direct_grant(stack, person, PROVISIONAL)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert "access_token" not in refused.text


def test_a_journey_done_opens_the_direct_grant_to_the_new_password_only(stack: Stack) -> None:
    """The counterpart: what is refused above is refused for the journey's sake, not for good."""
    person, walker = with_provisional_password(stack), Walker()
    assert walk(stack, walker, enter(stack, walker, person)).url.startswith(stack.ent_url)
    assert by_direct_grant(stack, person, GOOD_PASSWORD).status_code == 200
    assert by_direct_grant(stack, person, PROVISIONAL).json()["error"] == "invalid_grant"


def test_a_wrong_password_opens_nothing(stack: Stack) -> None:
    person, walker = with_provisional_password(stack), Walker()
    before = keycloak_state(stack, person)

    page = log_in(stack, walker, person.login, PROVISIONAL + "x")

    page.form("password")
    assert not any(is_handoff(address) for address in walker.trail)
    assert keycloak_state(stack, person) == before
    page = walker.send(page, password=PROVISIONAL)
    assert page.title == CHARTER, "a second try is allowed"


def test_another_device_goes_on_where_the_first_stopped(stack: Stack) -> None:
    person = with_provisional_password(stack)
    walker = Walker()
    walker.send(enter(stack, walker, person), accept="y")

    other = Walker()
    page = log_in(stack, other, person.login, PROVISIONAL)

    assert page.title == PASSWORD
    assert walk(stack, other, page).url.startswith(stack.ent_url)


def test_two_devices_have_one_owner(stack: Stack) -> None:
    """Scenario 6: whoever finishes first owns the account; the other login writes nothing any more."""
    person, first, second = with_provisional_password(stack), Walker(), Walker()
    theirs = second.send(enter(stack, second, person), accept="y")
    page = log_in(stack, first, person.login, PROVISIONAL)
    assert walk(stack, first, page).url.startswith(stack.ent_url)
    before = keycloak_state(stack, person)

    late = choose(second, theirs, "Automne-2027-à-Cassis!")

    assert late.status >= 400, late
    assert keycloak_state(stack, person)[1] == before[1]
    assert activations(stack, person) == 1
    assert not is_inside(stack, second)
    assert logs_in(stack, person, GOOD_PASSWORD)


@pytest.mark.parametrize("where", CLOSINGS)
def test_an_account_closed_in_mid_journey(stack: Stack, where: str) -> None:
    """Scenario 36: each step looks at the account again."""
    person, walker = with_provisional_password(stack), Walker()
    page = walker.send(enter(stack, walker, person), accept="y")
    close_account(stack, person, where)
    before = keycloak_state(stack, person)

    refused = choose(walker, page)

    assert (refused.status, refused.title) == (403, CLOSED)
    assert keycloak_state(stack, person) == before
    assert activations(stack, person) == 0
    assert sessions(stack, person) == 0


@pytest.mark.parametrize("where", CLOSINGS)
def test_an_account_closed_before(stack: Stack, where: str) -> None:
    person, walker = with_provisional_password(stack), Walker()
    close_account(stack, person, where)

    page = log_in(stack, walker, person.login, PROVISIONAL)

    assert page.title != CHARTER
    assert sessions(stack, person) == 0
    if where == "in the register":
        assert (page.status, page.title) == (403, CLOSED)
        assert not login_lives(stack, handoff_claims(walker)["ticket"])
    else:
        assert not any(is_handoff(address) for address in walker.trail)
