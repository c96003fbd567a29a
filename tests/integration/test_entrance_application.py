"""An application asks for a step of whoever is logged in (``kc_action``), and goes on whatever comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kc_bridge.domain.profile import load_profile
from kc_bridge.realm.actions import used_actions
from kc_bridge.store.models import Person
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import CHARTER, handoff_claims, keycloak_state, login_lives, pending, sessions
from tests.support.entrances import (
    CLOSINGS,
    KNOWN,
    active_person,
    ask_for,
    assert_effect,
    assign,
    begin,
    close_account,
    is_inside_wizard,
    told,
    walk,
)
from tests.support.stack import Stack, start_stack
from tests.support.walker import Page, Walker

COMPLETE = str(Path(__file__).parents[1] / "support/profiles/complete.toml")
STEPS = used_actions(load_profile(COMPLETE))
CLOSED = "Ce compte n'est pas ouvert"


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A university with every step."""
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"), profile=COMPLETE)
    yield stack
    stack.stop()


@pytest.fixture
def person(stack: Stack) -> Person:
    return active_person(stack)


@pytest.fixture
def walker(stack: Stack, person: Person) -> Walker:
    """The browser of that person, who is logged in at the application."""
    walker = Walker()
    assert begin(stack, walker, person).url.startswith(stack.ent_url)
    return walker


def assert_told(stack: Stack, walker: Walker, page: Page, action: str, status: str) -> None:
    """The application learns what came of it, and its login has succeeded."""
    back = told(stack, walker)
    assert back["kc_action_status"] == status
    # Of an error Keycloak does not say which step it was.
    assert back.get("kc_action") == (None if status == "error" else action)
    assert "code" in back
    assert page.url.startswith(stack.ent_url), page
    assert f"Étape demandée : {status}" in page.text
    assert "Camille" in page.text


@pytest.mark.parametrize("action", STEPS)
def test_done(stack: Stack, person: Person, walker: Walker, action: str) -> None:
    page = ask_for(stack, walker, action)
    assert is_inside_wizard(stack, page), page
    assert "Annuler" in page.text

    page = walk(stack, walker, page)

    assert_told(stack, walker, page, action, "success")
    assert_effect(stack, person.keycloak_id, action)
    assert sessions(stack, person) >= 1


@pytest.mark.parametrize("action", STEPS)
def test_given_up(stack: Stack, person: Person, walker: Walker, action: str) -> None:
    before = keycloak_state(stack, person)
    page = ask_for(stack, walker, action)
    ticket = handoff_claims(walker)["ticket"]

    page = walker.post(
        f"{stack.url}/activation/cancel", csrf_token=page.form("csrf_token").values["csrf_token"]
    )

    assert_told(stack, walker, page, action, "cancelled")
    assert keycloak_state(stack, person) == before
    assert not login_lives(stack, ticket)


@pytest.mark.parametrize("action", STEPS)
def test_switched_off_in_the_console(stack: Stack, walker: Walker, action: str) -> None:
    path = f"authentication/required-actions/{action}"
    settings = stack.realm.call("GET", path)
    stack.realm.call("PUT", path, settings | {"enabled": False})
    try:
        page = ask_for(stack, walker, action)
    finally:
        stack.realm.call("PUT", path, settings)

    assert_told(stack, walker, page, action, "error")


def test_a_step_there_is_not(stack: Stack, walker: Walker) -> None:
    page = ask_for(stack, walker, "kcb-there-is-none")
    assert_told(stack, walker, page, "kcb-there-is-none", "error")


def test_somebody_not_logged_in_logs_in_first(stack: Stack, person: Person) -> None:
    walker = Walker()
    page = walker.log_in(ask_for(stack, walker, "kcb-charter"), person.login, KNOWN)
    assert page.title == CHARTER
    assert_told(stack, walker, walk(stack, walker, page), "kcb-charter", "success")


def test_what_is_required_comes_first_and_cannot_be_given_up(
    stack: Stack, person: Person, walker: Walker
) -> None:
    assign(stack, person.keycloak_id, "kcb-charter")

    page = ask_for(stack, walker, "kcb-new-password")

    assert page.title == CHARTER
    assert "Annuler" not in page.text
    assert_told(stack, walker, walk(stack, walker, page), "kcb-new-password", "success")
    assert pending(stack, person) == []


@pytest.mark.parametrize("where", CLOSINGS)
def test_an_account_closed_in_mid_step(stack: Stack, person: Person, walker: Walker, where: str) -> None:
    """Scenario 36."""
    page = ask_for(stack, walker, "kcb-charter")
    close_account(stack, person, where)
    before = keycloak_state(stack, person)

    refused = walker.send(page, accept="y")

    assert (refused.status, refused.title) == (403, CLOSED)
    assert keycloak_state(stack, person) == before
