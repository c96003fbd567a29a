"""French or English: by the browser, by the person, by the switch; and never both on one page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.inspection import foreign_words, language_problems
from tests.e2e.visitor import Visitor
from tests.support.stack import Stack

Visit = Callable[..., Visitor]

NO_LANDMARKS = frozenset({"landmark-one-main html", "region body > table"})
"""A mail is shown inside a mail program's page, which has its own landmarks; a second main part would disturb."""


@pytest.mark.parametrize(("asked", "shown"), [("fr-CA", "fr"), ("en-US", "en"), ("de-DE", "fr")])
def test_the_browser_is_asked(stack: Stack, visit: Visit, asked: str, shown: str) -> None:
    visitor = visit(locale=asked).open(stack.url)
    assert language_problems(visitor.page, shown) == []


def test_the_mail_is_in_the_language_of_the_person(stack: Stack) -> None:
    person = stack.person(language="en")
    stack.mail_link(person)
    mail = next(stack.mails.newest_first(person.personal_mail or ""))
    assert mail.text.startswith("Hello Camille")
    for part in (mail.subject, mail.text):
        assert foreign_words(part, "en") == []
    assert '<html lang="en">' in mail.html


def test_the_mail_itself_reads_in_one_language(stack: Stack, visit: Visit) -> None:
    """The HTML part, as a mail program shows it."""
    for language in ("fr", "en"):
        person = stack.person(language=language)
        stack.mail_link(person)
        mail = next(stack.mails.newest_first(person.personal_mail or ""))
        visitor = visit(language=language)
        visitor.page.set_content(mail.html)
        visitor.inspect("mail-activation", known=NO_LANDMARKS)


def test_the_switch_keeps_the_page(stack: Stack, visit: Visit) -> None:
    person = stack.person()
    visitor = visit().open(stack.mail_link(person))
    page = visitor.page
    for french, english, go_on in (
        ("Activez votre compte", "Activate your account", lambda: visitor.follow("main form button")),
        ("Charte informatique", "IT policy statement", visitor.accept_charter),
        ("Choisissez votre mot de passe", "Choose your password", visitor.choose_password),
        ("Votre compte est activé", "Your account is activated", None),
    ):
        page.get_by_role("heading", level=1, name=french).wait_for()
        address = page.url.partition("?")[0]
        visitor.speak("en")
        visitor.sees(english)
        assert page.url.partition("?")[0] == address
        visitor.speak("fr")
        visitor.sees(french)
        if go_on:
            go_on()


def test_the_choice_lasts(stack: Stack, visit: Visit) -> None:
    """Chosen once on the link's page, English goes on through Keycloak to the summary."""
    visitor = visit().open(stack.mail_link(stack.person()))
    page = visitor.page
    visitor.speak("en")
    visitor.follow("main form button")
    page.wait_for_url("**/activation/charter")
    visitor.accept_charter()
    visitor.choose_password()
    page.wait_for_url("**/activation/summary")
    assert language_problems(page, "en") == []


def test_the_switch_on_a_page_with_errors(stack: Stack, visit: Visit) -> None:
    visitor = visit().to_charter(stack.mail_link(stack.person()))
    visitor.press("Suivant")
    assert visitor.page.locator(".error-summary").is_visible()
    visitor.speak("en")
    assert language_problems(visitor.page, "en") == []
    assert visitor.page.url.partition("?")[0].endswith("/activation/charter")


def test_an_expired_link_can_be_read_in_english(stack: Stack, visit: Visit) -> None:
    link = stack.mail_link(stack.person())
    visitor = visit()
    with stack.clock.ahead(hours=25):
        visitor.open(link).speak("en")
    visitor.sees("This link is no longer valid")
    assert language_problems(visitor.page, "en") == []
