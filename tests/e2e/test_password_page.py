"""The password page: every rule said at once, nothing echoed, and hands that click too fast or too far back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack

Visit = Callable[..., Visitor]


@pytest.fixture
def visitor(stack: Stack, visit: Visit) -> Visitor:
    """Somebody in front of the password page."""
    return visit().to_password(stack.mail_link(stack.person()))


VIOLATIONS = {
    "a": ["15 caractères", "allongez-le"],
    "123456789": ["15 caractères", "mots de passe volés", "Évitez"],
    "Printemps-2026" * 10: ["au plus 128 caractères", "Évitez les répétitions"],
    "Motdepasse2026!": ["Évitez les mots courants"],
}
"""What the realm's policy and we say of a password: everything, and nothing else."""


def test_every_violation_at_once(visitor: Visitor) -> None:
    for typed, said in VIOLATIONS.items():
        visitor.choose_password(typed)

        summary = visitor.page.locator(".error-summary li").all_inner_texts()
        assert len(summary) == len(said), summary
        beside = visitor.page.locator("#password-error .error").all_inner_texts()
        for rule, in_summary, at_field in zip(said, summary, beside, strict=True):
            assert rule in in_summary
            assert rule in at_field
        assert visitor.page.locator("#password").input_value() == ""
        assert typed == "a" or typed not in visitor.page.content(), "the password came back in the page"


def test_what_is_no_password_either(visitor: Visitor) -> None:
    visitor.choose_password(visitor.page.locator("input[name=username]").input_value())
    assert "sans votre identifiant" in visitor.page.locator(".error-summary").inner_text()

    visitor.choose_password(GOOD_PASSWORD, "autre chose")
    assert "Les deux saisies diffèrent" in visitor.page.locator(".error-summary").inner_text()
    assert GOOD_PASSWORD not in visitor.page.content()
    assert visitor.page.locator("#confirmation").get_attribute("aria-invalid") == "true"


def test_password_managers_know_what_to_keep(visitor: Visitor) -> None:
    page = visitor.page
    username = page.locator("form input[name=username]")
    assert username.get_attribute("autocomplete") == "username"
    assert username.input_value() in page.locator(".account").inner_text()
    for field in ("#password", "#confirmation"):
        assert page.locator(field).get_attribute("autocomplete") == "new-password"
        assert page.locator(field).get_attribute("maxlength") is None, "what is pasted must never be cut"


def test_pasting_is_typing(visitor: Visitor) -> None:
    """Nothing stops a paste or cuts it; blanks at its ends are part of the password."""
    page = visitor.page
    pasted = "  violette trottinette bocal 26 🦄 Ж  "
    for field in ("#password", "#confirmation"):
        page.focus(field)
        pasting = """(text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
          return document.activeElement.dispatchEvent(paste);
        }"""
        assert page.evaluate(pasting, pasted), "a script refused the paste"
        page.keyboard.insert_text(pasted)
        assert page.locator(field).input_value() == pasted
    visitor.press("Suivant")
    visitor.sees("Votre compte est activé")


def test_comfort_while_typing(visitor: Visitor) -> None:
    page = visitor.page
    met = "li[data-state=met]"
    assert page.locator(met).count() == 0
    page.locator("#password").press_sequentially("Printemps")
    assert page.locator("[data-rule=notContainsUsername]").get_attribute("data-state") == "met"
    assert page.locator("[data-rule=length]").get_attribute("data-state") == "open"
    page.locator("#password").press_sequentially("-2026 à Cassis")
    judged = page.locator("li[data-state]").count()
    assert page.locator(met).count() == judged == 3

    accents = page.locator("[data-accents-in]")
    assert "lettres accentuées" in accents.inner_text()
    page.locator("#password").fill("Printemps-2026 a Cassis")
    assert accents.inner_text() == ""

    page.get_by_label("Afficher le mot de passe").check()
    assert page.locator("#password").get_attribute("type") == "text"
    page.get_by_label("Afficher le mot de passe").uncheck()
    assert page.locator("#password").get_attribute("type") == "password"


def test_back_and_forth(stack: Stack, visitor: Visitor) -> None:
    page = visitor.page
    page.go_back()
    visitor.sees("Charte informatique")
    visitor.accept_charter()
    visitor.sees("Choisissez votre mot de passe")
    visitor.press("Retour")
    visitor.sees("Charte informatique")
    visitor.accept_charter()
    visitor.choose_password()
    visitor.sees("Votre compte est activé")
    page.go_back()
    visitor.sees("Votre compte est activé")
    visitor.press("Continuer vers ENT démo")
    page.wait_for_url(f"{stack.ent_url}/")
    visitor.sees("Bonjour Camille")


def test_back_from_the_ent(stack: Stack, visitor: Visitor) -> None:
    """Whatever page Back shows, it is one of ours in plain words, and leads to the ENT again."""
    visitor.choose_password()
    visitor.press("Continuer vers ENT démo")
    visitor.page.wait_for_url(f"{stack.ent_url}/")
    visitor.page.go_back()
    again = visitor.control("Se connecter à ENT démo")
    again.or_(visitor.page.get_by_role("heading", name="Bonjour Camille")).first.wait_for()
    if visitor.page.url.startswith(stack.url):
        visitor.follow(again)
    visitor.page.wait_for_url(f"{stack.ent_url}/")
    visitor.sees("Bonjour Camille")


def test_double_clicks(stack: Stack, visit: Visit) -> None:
    person = stack.person()
    visitor = visit().open(stack.mail_link(person))
    page = visitor.page
    visitor.press_twice()
    page.wait_for_url("**/activation/charter")
    page.check("#accept")
    visitor.press_twice()
    page.wait_for_url("**/activation/new-password")
    page.fill("#password", GOOD_PASSWORD)
    page.fill("#confirmation", GOOD_PASSWORD)
    visitor.press_twice()
    page.wait_for_url("**/activation/summary")
    visitor.press_twice(".actions .button")
    page.wait_for_url(f"{stack.ent_url}/")
    visitor.sees("Bonjour Camille")
    assert stack.user(person)["requiredActions"] == []
