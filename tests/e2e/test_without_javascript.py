"""Scripts switched off: nothing is missing but comfort."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack

Visit = Callable[..., Visitor]


def test_the_whole_journey(stack: Stack, visit: Visit) -> None:
    person = stack.person()
    visitor = visit(javascript=False).open(stack.mail_link(person))
    visitor.press("Activer mon compte")
    visitor.press("Suivant")
    assert "Cochez la case" in visitor.page.locator(".error-summary").inner_text()
    visitor.accept_charter()
    visitor.sees("Choisissez votre mot de passe")
    assert not visitor.page.get_by_text("Afficher le mot de passe").is_visible(), "a switch that does nothing"
    visitor.choose_password("court")
    # Length, which the realm asks for; hard to guess, which we ask for.
    assert visitor.page.locator(".error-summary li").count() == 2
    visitor.choose_password()
    visitor.sees("Votre compte est activé")
    visitor.press("Continuer vers ENT démo")
    visitor.page.wait_for_url(f"{stack.ent_url}/")
    visitor.sees("Bonjour Camille")
    visitor.press("Se déconnecter")
    visitor.press("Se connecter")
    visitor.log_in(person.login, GOOD_PASSWORD)
    visitor.page.wait_for_url(f"{stack.ent_url}/")
    visitor.sees("Bonjour Camille")


def test_languages_of_the_login_page_are_links(stack: Stack, visit: Visit) -> None:
    visitor = visit(javascript=False).open(f"{stack.ent_url}/connexion")
    visitor.follow(".kcb-languages [lang=en]")
    visitor.sees("Sign in")
    assert visitor.page.locator("html").get_attribute("lang") == "en"


def test_a_double_press_without_script(stack: Stack, visit: Visit) -> None:
    """Nothing stops the second press in the browser: the server must."""
    person = stack.person()
    visitor = visit(javascript=False).open(stack.mail_link(person))
    for title in ("Charte informatique", "Choisissez votre mot de passe", "Votre compte est activé"):
        page = visitor.page
        if page.locator("#accept").count():
            page.check("#accept")
        if page.locator("#password").count():
            page.fill("#password", GOOD_PASSWORD)
            page.fill("#confirmation", GOOD_PASSWORD)
        visitor.press_twice()
        visitor.sees(title)
    assert stack.user(person)["requiredActions"] == []
