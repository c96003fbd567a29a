"""Keycloak is restarted while people are in the wizard: logins are gone, finished steps are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kc_bridge.devserver import KeycloakServer
from kc_bridge.store.models import Person
from tests.integration.kcb_realm import KcbRealm, make_realm
from tests.support.activation import (
    CHARTER,
    FINISHED,
    GONE,
    PASSWORD,
    activate,
    activations,
    choose,
    handoff_claims,
    is_inside,
    login_lives,
    logs_in,
    pending,
    to_charter,
    to_password,
)
from tests.support.keycloak import SHORT_LIVED, RunningKeycloak, own_home, start
from tests.support.stack import GOOD_PASSWORD, Stack, start_stack
from tests.support.walker import Page, Walker


@dataclass
class Somebody:
    """One person, the browser they use, and the page they were at when Keycloak went away."""

    person: Person
    link: str
    walker: Walker
    page: Page


@pytest.fixture(scope="module")
def server() -> Iterator[KeycloakServer]:
    """A Keycloak of our own: other tests are logging in to the shared one."""
    with own_home() as home, pytest.MonkeyPatch.context() as patch:
        for name, value in SHORT_LIVED.items():
            patch.setenv(name, value)
        server = start(home)
        yield server
        server.stop()


@pytest.fixture(scope="module")
def stack(server: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    def make(**settings: Any) -> KcbRealm:
        return make_realm(RunningKeycloak.of(server), tmp_path_factory.mktemp("realm"), **settings)

    stack = start_stack(make, tmp_path_factory.mktemp("stack"))
    yield stack
    stack.stop()
    stack.realm.delete()


@pytest.fixture(scope="module")
def people(server: KeycloakServer, stack: Stack) -> dict[str, Somebody]:
    """People at different places, then one restart for all of them."""
    places: dict[str, Somebody] = {}
    for place in ("charter", "password", "again", "summary", "opening"):
        person = stack.person()
        link, walker = stack.mail_link(person), Walker()
        if place == "opening":
            page = walker.send(walker.get(link), stop=lambda url: "/action-token?" in url)
        elif place == "charter":
            page = to_charter(walker, link)
        else:
            page = to_password(walker, link)
        if place == "summary":
            page = choose(walker, page)
        places[place] = Somebody(person, link, walker, page)
    server.restart()
    return places


def test_a_step_answered_after_the_restart_is_kept(stack: Stack, people: dict[str, Somebody]) -> None:
    """Scenario 31: the page says that the login has ended; the charter just accepted is accepted."""
    at = people["charter"]

    page = at.walker.send(at.page, accept="y")

    assert (page.status, page.title) == (410, GONE)
    assert "conservées" in page.text
    again = Walker()
    assert again.send(again.get(at.link)).title == PASSWORD


def test_opening_the_link_again_resumes_and_finishes(stack: Stack, people: dict[str, Somebody]) -> None:
    """Scenario 31: the same browser, the same link: the charter is behind, the journey ends in the application."""
    at = people["password"]
    assert not login_lives(stack, handoff_claims(at.walker)["ticket"])
    assert choose(at.walker, at.page).title == GONE
    assert activations(stack, at.person) == 0

    page = at.walker.send(at.walker.get(at.link))

    assert page.title == PASSWORD
    assert choose(at.walker, page).title == FINISHED
    assert at.walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)


def test_a_page_read_after_the_restart_says_so(stack: Stack, people: dict[str, Somebody]) -> None:
    """Scenario 31: before anything is filled in in vain; and nobody is let in at Keycloak's old address."""
    at = people["again"]

    page = at.walker.get(at.page.url)

    assert (page.status, page.title) == (410, GONE)
    assert pending(stack, at.person) == ["kcb-new-password"]
    at.walker.get(handoff_claims(at.walker)["ret"])
    assert not is_inside(stack, at.walker)


def test_who_had_finished_logs_in(stack: Stack, people: dict[str, Somebody]) -> None:
    """Scenario 31: all is done, only the way back is gone: the application's own login, with the new password."""
    at = people["summary"]

    page = at.walker.get(f"{stack.url}/activation/leave")

    inside = at.walker.log_in(page, at.person.login, GOOD_PASSWORD)
    assert inside.url.startswith(stack.ent_url)
    assert at.walker.get(at.link).status == 410


def test_who_was_on_the_way_arrives(stack: Stack, people: dict[str, Somebody]) -> None:
    """Scenario 31: Keycloak's address of an opened link survives the restart, the link besides."""
    at = people["opening"]

    page = at.walker.get(at.page.location)

    assert page.title == CHARTER
    activate(stack, Walker(), at.link)
    assert logs_in(stack, at.person, GOOD_PASSWORD)
