"""One Chromium and one whole bridge for the package; every test brings people and browser profiles of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.visitor import PATIENCE, Visitor
from tests.e2e.wire import Wire
from tests.integration.kcb_realm import KcbRealm, make_realm
from tests.support.stack import Stack, start_stack

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def wire(keycloak: Any) -> Iterator[Wire]:
    """Between the bridge and Keycloak; browsers reach Keycloak without it."""
    wire = Wire(keycloak.url)
    yield wire
    wire.stop()


@pytest.fixture(scope="session")
def stacks(keycloak: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """Starts whole bridges, each for a realm of its own; they end with the session."""
    started: list[Stack] = []

    def realm(**settings: Any) -> KcbRealm:
        return make_realm(keycloak, tmp_path_factory.mktemp("realm"), **settings)

    def start(**settings: Any) -> Stack:
        started.append(start_stack(realm, tmp_path_factory.mktemp("stack"), **settings))
        return started[-1]

    yield start
    for stack in started:
        stack.stop()
        stack.realm.delete()


@pytest.fixture(scope="session")
def running_stack(stacks: Callable[..., Stack], wire: Wire) -> Stack:
    return stacks(keycloak_internal_url=wire.url)


@pytest.fixture
def stack(running_stack: Stack) -> Iterator[Stack]:
    yield running_stack
    running_stack.clock.offset = timedelta()


@pytest.fixture(scope="session")
def montpellier(stacks: Callable[..., Stack]) -> Stack:
    return stacks(profile="um")


@pytest.fixture
def um(montpellier: Stack) -> Iterator[Stack]:
    """A bridge for the Université de Montpellier."""
    yield montpellier
    montpellier.clock.offset = timedelta()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Makes browser profiles; when the test is over, everything they found wrong fails it at once."""
    visitors: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, **options))
        return visitors[-1]

    yield make
    problems = [problem for visitor in visitors for problem in visitor.leave()]
    assert not problems, "\n" + "\n".join(problems)
