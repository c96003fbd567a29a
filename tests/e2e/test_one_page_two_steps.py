"""A page that asks for a password and the house rules, the rules in a tab of their own, and a new version of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kc_bridge.services import EXTENSION
from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.models import Person
from tests.e2e.visitor import Visitor, member
from tests.support.stack import GOOD_PASSWORD, Stack

PROFILE = str(Path(__file__).parents[1] / "support" / "profiles" / "one-page.toml")
TITLE = "Votre mot de passe, et le règlement"
PASSWORD = "Bougie-fenêtre-81-cactus"
Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def strict(stacks: Callable[..., Stack]) -> Stack:
    return stacks(profile=PROFILE)


def ending(stack: Stack) -> Person:
    """Somebody whose account has a last day."""
    person = stack.person()
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).account_end = date(2027, 12, 31)
    return person


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_state_of_the_page(strict: Stack, visit: Visit, language: str) -> None:
    visitor = visit(language=language).open(strict.mail_link(ending(strict)) + f"?lang={language}")
    page = visitor.page
    visitor.follow("main form button")
    page.wait_for_url("**/activation/new-password")
    visitor.inspect("one-page")
    visitor.choose_password("Soleil2026", "autre")
    assert page.locator(".error-summary li").count() == 5
    visitor.inspect("one-page-refused")
    page.check("#accept")
    visitor.choose_password(PASSWORD)
    page.wait_for_url("**/activation/summary")
    assert {"fr": "31 décembre 2027", "en": "31 December 2027"}[language] in visitor.text
    visitor.inspect("one-page-summary")


def test_reading_the_rules_loses_nothing(strict: Stack, visit: Visit) -> None:
    visitor = visit().open(strict.mail_link(strict.person()))
    page = visitor.page
    visitor.follow("main form button")
    visitor.sees(TITLE)
    page.fill("#password", PASSWORD)
    with visitor.context.expect_page() as opened:
        page.get_by_role("link", name="nouvel onglet").click()
    rules = opened.value
    rules.wait_for_load_state("load")
    assert rules.locator("h1").inner_text() == "Règlement intérieur"
    assert rules.evaluate("window.opener") is None
    rules.close()
    assert page.input_value("#password") == PASSWORD
    page.check("#accept")
    visitor.choose_password("Xk9$mQ2!vLp")
    assert page.is_checked("#accept")
    visitor.choose_password(PASSWORD)
    visitor.sees("Votre compte est activé")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_rules_alone(strict: Stack, visit: Visit, language: str) -> None:
    visitor = visit(language=language).open(f"{strict.url}/charte?lang={language}")
    assert {"fr": "Le respect", "en": "Respect"}[language] in visitor.text
    visitor.inspect("charter-alone")
    visitor.page.emulate_media(media="print")
    assert not visitor.page.locator("footer").is_visible()
    assert visitor.page.locator("article").is_visible()


def test_without_javascript(strict: Stack, visit: Visit) -> None:
    visitor = visit(javascript=False).open(strict.mail_link(strict.person()))
    visitor.follow("main form button")
    visitor.sees(TITLE)
    visitor.page.check("#accept")
    visitor.choose_password("court")
    assert visitor.page.locator(".error-summary li").count() > 3
    assert visitor.page.is_checked("#accept")
    visitor.choose_password(PASSWORD)
    visitor.sees("Votre compte est activé")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_new_version(stacks: Callable[..., Stack], visit: Visit, language: str) -> None:
    stack = stacks()
    person = member(stack)
    activated_under_an_older_one(stack, person)
    visitor = visit(language=language).open(f"{stack.ent_url}/connexion?lang={language}")
    visitor.log_in(person.login, GOOD_PASSWORD)
    visitor.page.wait_for_url("**/activation/charter")
    visitor.inspect("charter-renewed")
    visitor.accept_charter()
    visitor.page.wait_for_url(f"{stack.ent_url}/**")


def activated_under_an_older_one(stack: Stack, person: Person) -> None:
    """As if the university had changed its charter since, and said how."""
    kept = f"2025-09 fr {'0' * 64} 2025-09-01T08:00:00Z"
    user = stack.user(person)
    user["attributes"]["kcbCharter"] = [kept]
    stack.realm.call("PUT", f"users/{person.keycloak_id}", user)
    charter = stack.services.profile.charter.model_copy(
        update={
            "since": date(2026, 9, 1),
            "changes": {"fr": "- l'usage des assistants à base d'IA", "en": "- the use of AI assistants"},
        }
    )
    profile = stack.services.profile.model_copy(update={"charter": charter})
    stack.app.extensions[EXTENSION] = replace(stack.services, profile=profile)
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).activated_at = stack.clock()
        accepted = {"version": "2025-09", "language": "fr", "text_sha256": "0" * 64}
        db.add(CharterAcceptance(person_id=person.id, accepted_at=stack.clock(), **accepted))
