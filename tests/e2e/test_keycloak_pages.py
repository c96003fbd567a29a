"""Keycloak's own pages in our theme: whoever comes from the wizard is still at the same university."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.visitor import Visitor, member
from tests.support.stack import GOOD_PASSWORD, Stack

Visit = Callable[..., Visitor]
both_languages = pytest.mark.parametrize("language", ["fr", "en"])

BUTTON = """(selector) => {
  const style = getComputedStyle(document.querySelector(selector));
  return [style.backgroundColor, style.color, style.borderTopColor, style.borderTopLeftRadius, style.fontSize];
}"""


def at_login(stack: Stack, visit: Visit, language: str, **options: object) -> Visitor:
    return visit(language=language, **options).open(f"{stack.ent_url}/connexion?lang={language}")


@both_languages
def test_login_on_two_pages(stack: Stack, visit: Visit, language: str) -> None:
    person = member(stack)
    visitor = at_login(stack, visit, language)
    visitor.inspect("keycloak-username")
    visitor.page.fill("#username", person.login)
    visitor.press({"fr": "Suivant", "en": "Next"}[language])
    assert visitor.page.input_value("#kc-attempted-username") == person.login
    visitor.inspect("keycloak-password")
    visitor.log_in(person.login, "wrong")
    visitor.inspect("keycloak-refused")
    visitor.press({"fr": "Changer d'identifiant", "en": "Change username"}[language])
    visitor.log_in(person.login)
    visitor.page.wait_for_url(f"{stack.ent_url}/**")
    assert "Camille" in visitor.text


@both_languages
def test_a_closed_account_says_until_when_it_was_open(stack: Stack, visit: Visit, language: str) -> None:
    person = member(stack)
    user = stack.user(person)
    ended = {"enabled": False, "attributes": user["attributes"] | {"accountEnd": ["2025-12-31"]}}
    stack.realm.call("PUT", f"users/{person.keycloak_id}", user | ended)
    visitor = at_login(stack, visit, language)
    visitor.log_in(person.login)
    expected = {"fr": "Votre compte a expiré le 31/12/2025", "en": "Your account expired on 31 December 2025"}
    assert expected[language] in visitor.text
    visitor.inspect("keycloak-closed")


@both_languages
def test_setting_a_second_factor_up(stack: Stack, visit: Visit, language: str) -> None:
    person = stack.person(
        actions=["CONFIGURE_TOTP"],
        credentials=[{"type": "password", "value": GOOD_PASSWORD, "temporary": False}],
    )
    visitor = at_login(stack, visit, language)
    visitor.log_in(person.login)
    visitor.inspect("keycloak-second-factor")


def test_languages_without_a_script(stack: Stack, visit: Visit) -> None:
    visitor = at_login(stack, visit, "fr", javascript=False)
    assert visitor.title == "Connexion"
    visitor.press("EN - English")
    assert visitor.title == "Sign in"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_buttons_are_those_of_the_wizard(stack: Stack, visit: Visit, scheme: str) -> None:
    visitor = visit()
    visitor.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visitor.open(stack.mail_link(stack.person()))
    ours = visitor.page.evaluate(BUTTON, "main button")
    visitor.open(f"{stack.ent_url}/connexion?lang=fr")
    assert visitor.page.evaluate(BUTTON, "#kc-login") == ours
