"""An application asks for one step (AIA): done or given up, the application learns which."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.visitor import Visitor, member
from tests.support.stack import GOOD_PASSWORD, Stack

ANOTHER = "Automne-2027-à-Sète!"


def test_a_new_password_given_up_then_chosen(stack: Stack, visit: Callable[..., Visitor]) -> None:
    person = member(stack)
    visitor = visit().open(f"{stack.ent_url}/connexion")
    visitor.log_in(person.login)
    visitor.sees("Bonjour Camille")

    visitor.press("Changer de mot de passe")
    visitor.page.wait_for_url("**/activation/new-password")
    visitor.inspect("asked-password")
    visitor.press("Annuler")
    visitor.page.wait_for_url(f"{stack.ent_url}/")
    assert visitor.page.get_by_role("status").inner_text() == "Étape demandée : cancelled"
    visitor.sees("Bonjour Camille")

    visitor.press("Changer de mot de passe")
    visitor.page.wait_for_url("**/activation/new-password")
    visitor.choose_password(GOOD_PASSWORD)
    assert "différent" in visitor.page.locator(".error-summary").inner_text(), (
        "the history is part of the policy"
    )
    visitor.choose_password(ANOTHER)
    visitor.page.wait_for_url(f"{stack.ent_url}/")
    assert visitor.page.get_by_role("status").inner_text() == "Étape demandée : success"

    visitor.press("Se déconnecter")
    visitor.press("Se connecter")
    visitor.log_in(person.login, GOOD_PASSWORD)
    assert "Identifiant ou mot de passe incorrect" in visitor.text
    visitor.log_in(person.login, ANOTHER)
    visitor.sees("Bonjour Camille")
