"""Keycloak's own console in French, as an administrator who has never seen kc-bridge meets it.

The realm's console, entered by one of its people who holds ``realm-admin``. The pictures are for looking at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from kc_bridge.domain.journey import action_id
from kc_bridge.realm.actions import NAMES, used_actions
from kc_bridge.realm.attributes import ATTRIBUTES, GROUPS
from kc_bridge.store.models import Person
from tests.e2e.visitor import Visitor
from tests.support.activation import activate
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

SCREENSHOTS = Path(__file__).parents[2] / ".test" / "screenshots"


class Console:
    """The console of a stack's realm, logged in to."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        realm = stack.realm
        self.url = f"{realm.settings.keycloak_public_url}/admin/{realm.name}/console/#/{realm.name}"
        login = "chef"
        created = realm.create_user(login, password=GOOD_PASSWORD, attributes={"locale": ["fr"]})
        management = realm.client_id("realm-management")
        role = realm.call("GET", f"clients/{management}/roles/realm-admin")
        realm.call("POST", f"users/{created}/role-mappings/clients/{management}", [role])
        self.visitor = Visitor(browser, viewport=(1280, 2600))
        self.page: Page = self.visitor.page
        self.visitor.open(self.url)
        self.visitor.log_in(login)
        self.main: Locator = self.page.locator("main")
        expect(self.main).to_be_visible()

    def open(self, path: str, waiting_for: str) -> Locator:
        """Opens a page of the console and waits until it says something."""
        self.page.goto(f"{self.url}/{path}")
        expect(self.main.get_by_text(waiting_for).first).to_be_visible()
        return self.main

    def photograph(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"console-{name}.png")


@pytest.fixture(scope="module")
def console(browser: Browser, running_stack: Stack) -> Iterator[Console]:
    console = Console(browser, running_stack)
    yield console
    console.visitor.context.close()


@pytest.fixture(scope="module")
def activated(running_stack: Stack, console: Console) -> Person:
    """Somebody who went through the whole journey."""
    person = running_stack.person()
    activate(running_stack, Walker(), running_stack.mail_link(person))
    return person


def test_every_step_has_its_switches_and_its_gear(console: Console, stack: Stack) -> None:
    main = console.open("authentication/required-actions", "kc-bridge")
    console.photograph("actions")
    used = used_actions(stack.services.profile)
    for step, name in NAMES.items():
        row = main.locator("tr", has_text=name["fr"])
        expect(row.get_by_role("checkbox")).to_have_count(2)
        enabled, default = row.get_by_role("checkbox").all()
        assert enabled.is_checked() is (action_id(step) in used), step
        assert not default.is_checked()
        assert row.get_by_role("button").last.is_visible()


def test_the_gear_explains_every_field(console: Console, stack: Stack) -> None:
    main = console.open("authentication/required-actions", "kc-bridge")
    main.locator("tr", has_text=NAMES["charter"]["fr"]).get_by_role("button").last.click()
    dialog = console.page.locator(".pf-v5-c-modal-box")
    values = {
        "step_url": f"{stack.url}/activation/enter",
        "ticket_ttl": "3600",
        "attributes": "kcbCharter",
        "required_version": stack.services.profile.charter.version,
    }
    for field, value in values.items():
        expect(dialog.locator(f"[id='config.{field}']")).to_have_value(value)
    for label in (
        "Adresse de l’étape",
        "Attributs que l’étape peut écrire",
        "Version de la charte en vigueur",
    ):
        expect(dialog.get_by_text(label)).to_be_visible()
    console.photograph("gear")
    popover = console.page.locator(".pf-v5-c-popover")
    for field in values:
        dialog.get_by_test_id(f"help-label-config.{field}").click()
        expect(popover).to_contain_text(re.compile(r"\w.{40,}"))
        if field == "step_url":
            console.photograph("gear-help")
        popover.get_by_role("button").click()
        expect(popover).to_have_count(0)


def test_a_user_is_shown_in_named_groups(console: Console, activated: Person) -> None:
    main = console.open(f"users/{activated.keycloak_id}/settings", GROUPS[0].header["fr"])
    console.photograph("user")
    for group in GROUPS:
        assert main.get_by_role("heading", name=group.header["fr"]).count() == 1
        assert main.get_by_text(group.description["fr"]).count() == 1
        for attribute in ATTRIBUTES[group]:
            if attribute.name != "locale":  # Keycloak's own words
                assert main.get_by_text(attribute.fr, exact=True).count() >= 1, attribute.name
    assert "${" not in main.inner_text()


def test_a_users_events_tell_what_was_done(console: Console, activated: Person, stack: Stack) -> None:
    main = console.open(f"users/{activated.keycloak_id}/settings", GROUPS[0].header["fr"])
    main.get_by_role("tab", name="Évènements").click()
    row = main.get_by_role("row", name="CUSTOM_REQUIRED_ACTION")
    row.get_by_role("button", name="Details").click()
    details = main.locator(".pf-v5-c-description-list:visible")
    expect(details).to_contain_text("kcb_version")
    console.photograph("events")
    said = details.inner_text()
    assert "kcb-charter" in said
    assert stack.services.profile.charter.version in said


def test_scopes_and_the_login_flow_say_what_they_are_for(console: Console) -> None:
    main = console.open("client-scopes", "eduperson")
    console.photograph("scopes")
    assert "Qui est la personne à l'université" in main.inner_text()
    main = console.open("authentication", "kc-bridge browser")
    console.photograph("flows")
    assert "l'identifiant, puis le mot de passe" in main.inner_text()
