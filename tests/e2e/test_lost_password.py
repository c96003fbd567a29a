"""A lost password in Chromium, at a university that asks the secret question besides: from Keycloak's page to the ENT."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.visitor import Visitor
from tests.support.activation import logs_in
from tests.support.entrances import active_person
from tests.support.recovery import (
    ANSWER,
    ASKED,
    CHANGED,
    NEW_PASSWORD,
    QUESTION,
    QUESTION_PAGE,
    gives_answer,
    mailed,
)
from tests.support.stack import Stack

ANOTHER = "Automne-2026-a-Etretat!"


@pytest.fixture
def uphf(stacks: Callable[..., Stack]) -> Stack:
    """The UPHF, whose people give no backup mail: the register's counts together with the question."""
    return stacks(profile="uphf")


def test_from_the_login_page_to_a_new_password(uphf: Stack, visit: Callable[..., Visitor]) -> None:
    person = active_person(uphf)
    gives_answer(uphf.services, person, uphf.clock())
    visitor = visit().open(f"{uphf.ent_url}/connexion?lang=fr")
    visitor.page.fill("#username", person.login)
    visitor.press("Suivant")
    visitor.page.wait_for_selector("#password")
    visitor.inspect("recovery-login")
    visitor.press("Mot de passe oublié\u00a0?")

    visitor.sees("Mot de passe oublié")
    visitor.press("Valider")
    assert "Saisissez votre identifiant." in visitor.words
    visitor.inspect("recovery-identifier")
    visitor.page.fill("#identifier", f" {person.login.upper()} ")
    visitor.press("Valider")
    visitor.sees(ASKED)
    visitor.inspect("recovery-asked")
    visitor.page.reload()
    (link,) = mailed(uphf, person)

    visitor.open(link)
    visitor.sees(NEW_PASSWORD)
    visitor.inspect("recovery-link")
    visitor.press("Choisir un nouveau mot de passe")
    visitor.sees(QUESTION_PAGE)
    assert visitor.page.get_by_label(QUESTION).is_visible()
    visitor.page.fill("#answer", "un parapluie")
    visitor.press("Valider")
    assert "Ce n'est pas la réponse enregistrée." in visitor.words
    assert visitor.page.input_value("#answer") == ""
    visitor.inspect("recovery-question")
    visitor.page.fill("#answer", ANSWER.upper())
    visitor.press("Valider")

    visitor.sees(NEW_PASSWORD)
    visitor.inspect("recovery-password")
    visitor.choose_password(ANOTHER)
    visitor.sees(CHANGED)
    visitor.inspect("recovery-done")
    visitor.press("Continuer vers ENT démo")
    visitor.page.wait_for_url(f"{uphf.ent_url}/**")
    assert "Camille" in visitor.text
    assert logs_in(uphf, person, ANOTHER)

    visitor.open(link)
    visitor.sees("Ce lien a déjà servi")
    visitor.inspect("recovery-used")
