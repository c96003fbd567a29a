"""A journey that asks for everything: each page in both languages, as first shown, refused and waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import Person
from tests.e2e.visitor import Visitor
from tests.support.stack import GOOD_PASSWORD, Stack

COMPLETE = str(Path(__file__).parents[1] / "support" / "profiles" / "complete.toml")
FORWARD_TO = "camille.ailleurs@perso.example"
Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def whole_stack(stacks: Callable[..., Stack]) -> Stack:
    return stacks(profile=COMPLETE)


@pytest.fixture
def complete(whole_stack: Stack) -> Iterator[Stack]:
    yield whole_stack
    whole_stack.clock.offset = timedelta()


def mailed_link(stack: Stack, address: str) -> str:
    """The link in the newest mail to an address, sent by the worker at this very moment."""
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    mail = next(stack.mails.newest_first(address))
    return next(link for link in mail.links if "/l/" in link)


def fill_backup_mail(page: Page, person: Person) -> None:
    page.fill("#backup_mail", f"nouvelle-{person.personal_mail}")


def fill_charter(page: Page, person: Person) -> None:
    page.check("#accept")


def fill_mail_forwarding(page: Page, person: Person) -> None:
    page.check("#forwarding")
    page.fill("#forwarding_address", FORWARD_TO)


def fill_security_question(page: Page, person: Person) -> None:
    page.select_option("#security_question", index=1)
    page.fill("#security_answer", "Le petit chien Médor")


def fill_sms_consent(page: Page, person: Person) -> None:
    page.check("#sms_consent input[value=yes]")
    page.fill("#sms_phone", "06 12 34 56 78")


def fill_nothing(page: Page, person: Person) -> None:
    """« Non » is chosen already."""


def fill_new_password(page: Page, person: Person) -> None:
    page.fill("#password", GOOD_PASSWORD)
    page.fill("#confirmation", GOOD_PASSWORD)


PAGES: dict[str, tuple[Callable[[Page], None], Callable[[Page, Person], None]]] = {
    "backup-mail": (lambda page: page.fill("#backup_mail", "moi@etu.univ-demo.fr"), fill_backup_mail),
    "charter": (lambda page: None, fill_charter),
    "mail-forwarding": (lambda page: _forward_nowhere(page), fill_mail_forwarding),
    "security-question": (lambda page: page.fill("#security_answer", "a"), fill_security_question),
    "sms-consent": (lambda page: _wrong_number(page), fill_sms_consent),
    "photo-use": (lambda page: None, fill_nothing),
    "new-password": (lambda page: page.fill("#password", "motdepasse"), fill_new_password),
}
"""By page: what is refused there, and what is not."""


def _forward_nowhere(page: Page) -> None:
    page.check("#forwarding")
    page.fill("#forwarding_address", "nowhere")


def _wrong_number(page: Page) -> None:
    page.check("#sms_consent input[value=yes]")
    page.fill("#sms_phone", "01 42")


def slug(page: Page) -> str:
    return page.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]


def send(visitor: Visitor) -> None:
    visitor.follow("main form[data-once] button[type=submit]")


def is_waiting(page: Page) -> bool:
    return page.locator("[data-waiting]").count() > 0


def enter(visitor: Visitor, link: str) -> None:
    """Presses the link's button: the first page of the wizard."""
    visitor.open(link).follow("main form button")
    visitor.page.wait_for_url("**/activation/*")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_of_the_longest_journey(complete: Stack, visit: Visit, language: str) -> None:
    person = complete.person(language=language)
    visitor = visit(language=language)
    page = visitor.page
    enter(visitor, complete.mail_link(person))
    seen = []
    while (name := slug(page)) != "summary":
        assert name not in seen, f"{name} again: {visitor.text}"
        seen.append(name)
        wrong, right = PAGES[name]
        visitor.inspect(name)
        if name != "photo-use":
            wrong(page)
            send(visitor)
            visitor.inspect(f"{name}-refused")
        right(page, person)
        send(visitor)
        if is_waiting(page):
            visitor.inspect(f"{name}-waiting")
            address = FORWARD_TO if name == "mail-forwarding" else f"nouvelle-{person.personal_mail}"
            visitor.open(mailed_link(complete, address)).inspect(f"{name}-confirm")
            visitor.follow("main form button")
    assert sorted(seen) == sorted(PAGES)
    visitor.inspect("summary-of-everything")
    assert FORWARD_TO in visitor.text
    visitor.follow(".actions .button")
    page.wait_for_url(f"{complete.ent_url}/**")
    user = complete.user(person)
    assert user["requiredActions"] == []
    assert user["attributes"]["mailForwardingAddress"] == [FORWARD_TO]
    assert user["attributes"]["supannTelephonePrive"] == ["{MOBPERSO}+33612345678"]


def test_the_whole_journey_without_javascript(complete: Stack, visit: Visit) -> None:
    person = complete.person()
    visitor = visit(javascript=False)
    page = visitor.page
    enter(visitor, complete.mail_link(person))
    while (name := slug(page)) != "summary":
        PAGES[name][1](page, person)
        send(visitor)
        if slug(page) == name:  # waits for an address: the link is opened in the same browser
            address = FORWARD_TO if name == "mail-forwarding" else f"nouvelle-{person.personal_mail}"
            visitor.open(mailed_link(complete, address))
            visitor.follow("main form button")
    visitor.sees("Votre compte est activé")


def test_a_waiting_page_moves_on_when_another_device_confirms(complete: Stack, visit: Visit) -> None:
    person = complete.person()
    visitor = visit()
    enter(visitor, complete.mail_link(person))
    fill_backup_mail(visitor.page, person)
    send(visitor)
    assert is_waiting(visitor.page)
    telephone = visit()
    telephone.open(mailed_link(complete, f"nouvelle-{person.personal_mail}"))
    telephone.follow("main form button")
    telephone.page.wait_for_url("**/activation/charter")  # the journey goes on there
    visitor.page.wait_for_url("**/activation/charter")  # and here, by itself


def test_an_address_is_corrected(complete: Stack, visit: Visit) -> None:
    person = complete.person()
    visitor = visit()
    page = visitor.page
    enter(visitor, complete.mail_link(person))
    page.fill("#backup_mail", f"fautive-{person.personal_mail}")
    send(visitor)
    wrong = mailed_link(complete, f"fautive-{person.personal_mail}")
    visitor.press("Modifier l'adresse mail de secours")
    assert page.input_value("#backup_mail") == f"fautive-{person.personal_mail}"
    fill_backup_mail(page, person)
    send(visitor)
    assert is_waiting(page)
    stranger = visit()
    stranger.open(wrong)
    stranger.sees("Ce lien ne confirme plus d'adresse")
    visitor.open(mailed_link(complete, f"nouvelle-{person.personal_mail}"))
    visitor.follow("main form button")
    page.wait_for_url("**/activation/charter")
