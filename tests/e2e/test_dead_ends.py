"""Where somebody cannot go on: each page says what happened and what to do, and leads somewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from kc_bridge.store.models import Person
from tests.e2e.visitor import Visitor, member
from tests.e2e.wire import Wire
from tests.support.stack import Stack

pytestmark = pytest.mark.parametrize("language", ["fr", "en"])
Visit = Callable[..., Visitor]

TITLES = {
    "superseded": ("Un lien plus récent remplace celui-ci", "A newer link replaces this one"),
    "unknown": ("Ce lien n'est pas complet", "This link is not complete"),
    "expired": ("Ce lien n'est plus valable", "This link is no longer valid"),
    "used": ("Ce lien a déjà servi", "This link has already been used"),
    "elsewhere": ("Terminé, connectez-vous", "Finished, sign in"),
    "gone": ("Votre connexion a pris fin", "Your sign-in has ended"),
    "down": ("Le service de connexion ne répond pas", "The sign-in service does not answer"),
    "closed": ("Ce compte n'est pas ouvert", "This account is not open"),
    "stale": ("Cette page est restée ouverte trop longtemps", "This page was left open for too long"),
    "refused": (
        "Cette page a déjà servi ou vient d'un autre navigateur",
        "This page has already been used or comes from another browser",
    ),
    "missing": ("Cette page n'existe pas", "This page does not exist"),
    "other": ("Une autre personne est connectée ici", "Somebody else is signed in here"),
}


def meets(visitor: Visitor, dead_end: str) -> None:
    visitor.sees(TITLES[dead_end][visitor.language == "en"])
    visitor.inspect(f"dead-end-{dead_end}")


@contextmanager
def ended_yesterday(stack: Stack, person: Person) -> Iterator[None]:
    """The account of the person is closed for a while; the next sync would otherwise find it due."""
    for end in (stack.services.today() - timedelta(days=1), None):
        with stack.services.sessions.begin() as db:
            db.get_one(Person, person.id).account_end = end
        if end:
            yield


def test_links_that_do_not_open(stack: Stack, visit: Visit, language: str) -> None:
    person = stack.person(language=language)
    old, new = stack.mail_link(person), stack.mail_link(person)
    visitor = visit(language=language)

    meets(visitor.open(old), "superseded")
    meets(visitor.open(new[:-3]), "unknown")
    with stack.clock.ahead(hours=25):
        meets(visitor.open(new), "expired")
    with ended_yesterday(stack, person):
        meets(visitor.open(new), "closed")
        assert "/20" not in visitor.text, "a date in figures reads differently in English"
    visitor.open(new)
    assert person.login in visitor.text


def test_two_browsers_one_owner(stack: Stack, visit: Visit, language: str) -> None:
    link = stack.mail_link(stack.person(language=language))
    first = visit(language=language).to_password(link)
    second = visit(language=language, javascript=False).open(link)
    second.follow("main form button")
    second.page.wait_for_url("**/activation/new-password")  # the charter was accepted already

    first.page.reload()
    first.sees(TITLES["superseded"][language == "en"])
    second.choose_password()
    first.page.reload()
    meets(first, "elsewhere")
    meets(first.open(link), "used")


def test_a_login_that_ended(stack: Stack, visit: Visit, language: str) -> None:
    link = stack.mail_link(stack.person(language=language))
    visitor = visit(language=language).to_charter(link)
    visitor.context.clear_cookies()
    visitor.page.reload()
    meets(visitor, "gone")

    visitor.open(link).context.clear_cookies()
    visitor.follow("main form button")
    meets(visitor, "stale")
    meets(visitor.open(f"{stack.url}/activation/enter?handoff=x"), "refused")
    meets(visitor.open(f"{stack.url}/nulle-part"), "missing")


def test_keycloak_down(stack: Stack, wire: Wire, visit: Visit, language: str) -> None:
    visitor = visit(language=language).open(stack.mail_link(stack.person(language=language)))
    link_page = visitor.title
    with wire.cut():
        visitor.follow("main form button")
        meets(visitor, "down")
    visitor.follow(".actions .button")
    visitor.sees(link_page)
    visitor.follow("main form button")
    visitor.page.wait_for_url("**/activation/charter")
    with wire.cut():
        visitor.accept_charter()
        visitor.sees(TITLES["down"][language == "en"])
    visitor.follow(".actions .button")
    visitor.page.wait_for_url("**/activation/*")
    if visitor.page.url.endswith("/charter"):
        visitor.accept_charter()
    visitor.page.wait_for_url("**/activation/new-password")
    visitor.choose_password()
    visitor.page.wait_for_url("**/activation/summary")


def test_somebody_else_is_logged_in(stack: Stack, visit: Visit, language: str) -> None:
    other, person = member(stack), stack.person(language=language)
    visitor = visit(language=language).open(f"{stack.ent_url}/connexion")
    visitor.log_in(other.login)
    visitor.page.wait_for_url(f"{stack.ent_url}/")

    visitor.open(stack.mail_link(person)).follow("main form button")
    meets(visitor, "other")
    assert other.login in visitor.text
    visitor.follow(".actions button")
    visitor.page.wait_for_url("**/activation/charter")
    assert person.login in visitor.text
    assert other.login not in visitor.text
    visitor.open(f"{stack.ent_url}/connexion")
    assert visitor.page.locator("#username").count() == 1, "the other person's session is still there"


def test_pages_of_help(stack: Stack, visit: Visit, language: str) -> None:
    visitor = visit(language=language)
    for path in ("", "premiere-connexion", "probleme-de-connexion", "aide"):
        visitor.open(f"{stack.url}/{path}")
        visitor.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        visitor.inspect(f"page-{path or 'home'}")


def test_keycloaks_own_dead_ends(stack: Stack, visit: Visit, language: str) -> None:
    visitor = visit(language=language)
    endpoints = f"{stack.realm.settings.issuer}/protocol/openid-connect"
    visitor.open(f"{endpoints}/auth?client_id=nobody&response_type=code&redirect_uri=http://nowhere.test/")
    visitor.inspect("keycloak-error")
    visitor.open(f"{endpoints}/logout")
    visitor.inspect("keycloak-logout")
