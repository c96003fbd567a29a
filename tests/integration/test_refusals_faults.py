"""Keycloak fails on its internal address, in every way servers do: plain words, nothing lost, and on we go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kc_bridge.adapters.realm_keys import RealmKeys
from kc_bridge.services import EXTENSION
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import (
    CHARTER,
    DOWN,
    FINISHED,
    PASSWORD,
    activate,
    activations,
    choose,
    is_handoff,
    link_states,
    logs_in,
    password_changes,
    pending,
    sessions,
    to_charter,
    to_password,
)
from tests.support.fault_proxy import FAULTS, FaultProxy
from tests.support.stack import GOOD_PASSWORD, Stack, free_port, start_stack
from tests.support.walker import Page, Walker

OTHER = "Automne-2026-au-Pouliguen!"
SIMPLE = [name for name in FAULTS if name != "lost answer"]


@pytest.fixture(scope="module")
def proxy(keycloak: Any) -> Iterator[FaultProxy]:
    proxy = FaultProxy(free_port(), keycloak.url)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def stack(
    realms: Callable[..., KcbRealm], proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A bridge whose browsers know Keycloak by one address and which itself uses another."""
    stack = start_stack(
        realms,
        tmp_path_factory.mktemp("stack"),
        keycloak_internal_url=proxy.url,
    )
    yield stack
    stack.stop()


@contextmanager
def keycloak_fails(stack: Stack, proxy: FaultProxy, fault: str, path: str = "") -> Iterator[None]:
    """Keycloak's answers to requests below ``path`` are as named; a silent one is waited for one second only."""
    settings = stack.services.settings
    patience = settings.keycloak_timeout
    if fault == "slow":
        settings.keycloak_timeout = timedelta(seconds=1)
    try:
        with proxy.failing(FAULTS[fault], path):
            yield
    finally:
        settings.keycloak_timeout = patience


def is_plain(page: Page) -> bool:
    """The page says what happened, that nothing is lost, and offers one button to try again."""
    return (
        (page.status, page.title) == (503, DOWN)
        and page.link("Réessayer").startswith("http://localhost:")
        and "rien n'est perdu" in page.text
    )


def retry(walker: Walker, page: Page) -> Page:
    return walker.get(page.link("Réessayer"))


def test_public_and_internal_addresses_differ(stack: Stack, proxy: FaultProxy) -> None:
    """Scenario 31: browsers never see the internal address, calls of the bridge never use the public one."""
    proxy.requests.clear()
    walker = Walker()

    inside = activate(stack, walker, stack.mail_link(stack.person()))

    assert inside.url.startswith(stack.ent_url)
    assert not any(url.startswith(proxy.url) for url in walker.trail)
    asked = {request.partition("/kcb/")[2].split("/")[0] for request in proxy.requests if "/kcb/" in request}
    assert asked >= {"version", "activation-links", "tickets", "password-policy"}


@pytest.mark.parametrize("fault", SIMPLE)
def test_keycloak_fails_when_the_button_is_pressed(stack: Stack, proxy: FaultProxy, fault: str) -> None:
    """Scenario 4: nothing is spent; the same page's button works when Keycloak is back."""
    person = stack.person()
    walker = Walker()
    button = walker.get(stack.mail_link(person))

    with keycloak_fails(stack, proxy, fault):
        refused = walker.send(button)

    assert is_plain(refused)
    assert link_states(stack, person) == ["new"]
    assert walker.send(retry(walker, refused)).title == CHARTER


@pytest.mark.parametrize("fault", SIMPLE)
def test_keycloak_fails_when_the_link_is_opened(stack: Stack, proxy: FaultProxy, fault: str) -> None:
    """Scenario 4: it answered the browser, then fails the bridge: nothing is spent or superseded."""
    person = stack.person()
    link = stack.mail_link(person)
    first, walker = Walker(), Walker()
    page = to_charter(first, link)

    with keycloak_fails(stack, proxy, fault, "/activation-links"):
        refused = walker.send(walker.get(link))

    assert is_plain(refused)
    assert first.send(page, accept="y").title == PASSWORD
    assert retry(walker, refused).title == PASSWORD


@pytest.mark.parametrize("fault", SIMPLE)
def test_keycloak_fails_at_a_step(stack: Stack, proxy: FaultProxy, fault: str) -> None:
    """Scenario 31: the charter was accepted here; Keycloak learns of it as soon as it is back."""
    person = stack.person()
    walker = Walker()
    page = to_charter(walker, stack.mail_link(person))

    with keycloak_fails(stack, proxy, fault):
        refused = walker.send(page, accept="y")

    assert is_plain(refused)
    assert pending(stack, person) == ["kcb-charter", "kcb-new-password"]
    assert retry(walker, refused).title == CHARTER
    page = walker.get(f"{stack.url}/activation/")
    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED
    assert pending(stack, person) == []


@pytest.mark.parametrize("fault", SIMPLE)
def test_keycloak_fails_at_the_password(stack: Stack, proxy: FaultProxy, fault: str) -> None:
    """Scenario 31: nothing half done: the account is not activated, and the same answer works afterwards."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))

    with keycloak_fails(stack, proxy, fault, "/complete"):
        refused = choose(walker, page)

    assert is_plain(refused)
    assert activations(stack, person) == 0
    assert choose(walker, retry(walker, refused)).title == FINISHED
    assert (activations(stack, person), password_changes(stack, person)) == (1, 1)
    assert logs_in(stack, person, GOOD_PASSWORD)


def test_an_answer_lost_after_keycloak_wrote(stack: Stack, proxy: FaultProxy) -> None:
    """Scenario 31: whoever then chooses another password has that one, not the one nobody confirmed."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    with keycloak_fails(stack, proxy, "lost answer", "/complete"):
        assert is_plain(choose(walker, page))

    assert choose(walker, page, OTHER).title == FINISHED

    assert activations(stack, person) == 1
    assert logs_in(stack, person, OTHER)
    assert not logs_in(stack, person, GOOD_PASSWORD)


def test_an_answer_lost_and_the_same_words_again(stack: Stack, proxy: FaultProxy) -> None:
    """Scenario 31: the ordinary second try: one change of password, although Keycloak was asked three times."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    with keycloak_fails(stack, proxy, "lost answer", "/complete"):
        assert is_plain(choose(walker, page))

    assert choose(walker, page).title == FINISHED

    assert (activations(stack, person), password_changes(stack, person)) == (1, 1)


@pytest.mark.parametrize("place", ["a page", "the way out"])
def test_keycloak_fails_while_pages_are_read(stack: Stack, proxy: FaultProxy, place: str) -> None:
    """Scenario 31: « Réessayer » on a page that was only read shows that page."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    address = page.url
    if place == "the way out":
        choose(walker, page)
        address = f"{stack.url}/activation/leave"

    with keycloak_fails(stack, proxy, "503"):
        refused = walker.get(address)

    assert is_plain(refused)
    again = retry(walker, refused)
    assert again.title == PASSWORD if place == "a page" else again.url.startswith(stack.ent_url)


def test_keycloak_fails_when_it_hands_over(stack: Stack, proxy: FaultProxy) -> None:
    """Scenario 31: its keys cannot be fetched: the handoff is not spent, the same address works afterwards."""
    person = stack.person()
    walker = Walker()
    handoff = walker.send(walker.get(stack.mail_link(person)), stop=is_handoff).location
    # A process that has just started knows no key.
    fresh = replace(stack.services, realm_keys=RealmKeys(stack.realm.settings))
    stack.app.extensions[EXTENSION] = fresh

    with keycloak_fails(stack, proxy, "down", "/certs"):
        refused = walker.get(handoff)

    assert is_plain(refused)
    assert retry(walker, refused).title == CHARTER


def test_keycloak_fails_to_say_who_is_logged_in(stack: Stack, proxy: FaultProxy) -> None:
    """Scenario 31: the answer to ``prompt=none`` is lost with its code: the link is not spent, and opens again."""
    person = stack.person(actions=[], credentials=[{"type": "password", "value": OTHER, "temporary": False}])
    walker = Walker()
    page = walker.get(f"{stack.ent_url}/connexion")
    walker.log_in(page, person.login, OTHER)
    assert sessions(stack, person) == 1
    link = stack.mail_link(person)
    with keycloak_fails(stack, proxy, "lost answer", "/token"):
        refused = walker.send(walker.get(link))
    assert is_plain(refused)

    again = retry(walker, refused)

    assert again.status == 410
    assert "Ouvrez à nouveau le lien" in again.text
    assert link_states(stack, person) == ["new"]
    assert walker.send(walker.get(link)).title == CHARTER
