"""A lost password on the real Keycloak: the link, the question in addition, and everything that must not get in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kc_bridge.store.activation import Link
from kc_bridge.store.models import Person
from tests.integration.conftest import Stack, make_realm, start_stack
from tests.integration.test_refusals_second_factor import OTP, otp_of
from tests.support.activation import (
    SUPERSEDED,
    activate,
    choose,
    is_inside,
    keycloak_state,
    log_in,
    logs_in,
    sessions,
)
from tests.support.entrances import CLOSINGS, KNOWN, close_account
from tests.support.recovery import (
    ANSWER,
    CHANGED,
    ENDED,
    NEW_PASSWORD,
    QUESTION,
    QUESTION_PAGE,
    ask,
    later,
    lost_link,
    mailed,
    owner,
    profile_with,
    recovery_links,
    to_new_password,
)
from tests.support.stack import GOOD_PASSWORD
from tests.support.walker import Walker

ANOTHER = "Automne-2026-à-Étretat!"
USED = "Ce lien a déjà servi"
CLOSED = "Ce compte n'est pas ouvert"


@pytest.fixture(scope="module")
def whole(keycloak: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A bridge whose links ask the secret question of those who have one."""
    folder = tmp_path_factory.mktemp("recovery")
    made = start_stack(
        lambda **settings: make_realm(keycloak, folder, **settings),
        folder,
        profile=profile_with(folder, "link-and-question"),
    )
    yield made
    made.stop()
    made.realm.delete()


@pytest.fixture
def stack(whole: Stack) -> Iterator[Stack]:
    yield whole
    whole.clock.offset = timedelta()


def test_from_a_forgotten_password_to_the_application(stack: Stack) -> None:
    """Activated by a mailed link, lost, asked for without the domain, replaced: in the application, and nobody else."""
    person, elsewhere, here = stack.person(), Walker(), Walker()
    activate(stack, elsewhere, stack.mail_link(person))
    generation = stack.reread(person).generation
    asked = ask(stack, here, person.login.partition("@")[0].upper())
    assert "un mail vient d'être envoyé à son mail de secours" in asked.text
    (link,) = mailed(stack, person)
    assert stack.reread(person).generation == generation
    assert is_inside(stack, elsewhere)

    page = choose(here, to_new_password(here, link), ANOTHER)

    assert page.title == CHANGED
    assert here.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
    assert is_inside(stack, here)
    assert not is_inside(stack, elsewhere)
    assert sessions(stack, person) == 1
    assert logs_in(stack, person, ANOTHER)
    assert not logs_in(stack, person, GOOD_PASSWORD)
    assert stack.reread(person).generation == generation + 1
    assert Walker().get(link).title == USED


def test_a_second_factor_still_counts(stack: Stack) -> None:
    """15. The password is changed, the factor is there, and no mail alone makes a session."""
    person = owner(stack, credentials=[OTP])
    factor, walker = otp_of(stack, person), Walker()
    page = choose(walker, to_new_password(walker, lost_link(stack, person)), ANOTHER)
    assert page.title == CHANGED

    page = walker.get(f"{stack.url}/activation/leave")

    assert sessions(stack, person) == 0
    asked = walker.log_in(page, person.login, ANOTHER)
    assert "otp" in asked.form("otp").names
    assert sessions(stack, person) == 0
    assert otp_of(stack, person) == factor


def test_the_question_in_addition(stack: Stack) -> None:
    """12. Asked after the link was pressed and before Keycloak hears of it; written in any way, right once."""
    person, walker = owner(stack, question=True), Walker()
    before = keycloak_state(stack, person)
    link = lost_link(stack, person)
    page = walker.get(link)
    assert QUESTION not in page.text
    page = walker.send(page)
    assert (page.title, QUESTION in page.text) == (QUESTION_PAGE, True)
    assert recovery_links(stack.services, person) == ["new"]

    page = walker.send(page, answer="un parapluie")
    assert page.status == 422
    assert "Ce n'est pas la réponse enregistrée" in page.text
    assert "un parapluie" not in page.response.text
    assert walker.get(f"{stack.url}/activation/").status == 410
    assert keycloak_state(stack, person) == before
    assert recovery_links(stack.services, person) == ["new"]

    page = walker.send(page, answer="  UNE VALISE a roulettes. ")
    assert page.title == NEW_PASSWORD
    assert choose(walker, page, ANOTHER).title == CHANGED
    assert logs_in(stack, person, ANOTHER)


def test_too_many_answers(stack: Stack) -> None:
    """12. Five an hour whatever the browser; the page says until when, and what else there is to do."""
    person = owner(stack, question=True)
    link = lost_link(stack, person)
    for _ in range(5):
        walker = Walker()
        assert walker.send(walker.send(walker.get(link)), answer="non").status == 422
    held = walker.send(walker.send(walker.get(link)), answer=ANSWER)
    assert (held.status, held.title) == (429, "Trop de réponses en peu de temps")
    assert "réinitialisation de votre compte" in held.text

    later(stack.services)
    walker = Walker()
    assert walker.send(walker.send(walker.get(link)), answer=ANSWER).title == NEW_PASSWORD


def test_who_has_no_question_needs_the_link_alone(stack: Stack) -> None:
    walker = Walker()
    to_new_password(walker, lost_link(stack, owner(stack)))


def test_asking_ends_nothing_and_opening_ends_the_other_opening(stack: Stack) -> None:
    """6. A stranger may type the identifier: what its owner has begun goes on until the newer link is opened."""
    person, first, second = owner(stack), Walker(), Walker()
    logged_in = Walker()
    log_in(stack, logged_in, person.login, KNOWN)
    older = lost_link(stack, person)
    page = to_new_password(first, older)
    later(stack.services)
    newer = lost_link(stack, person)
    assert first.get(f"{stack.url}/activation/new-password").title == NEW_PASSWORD
    assert is_inside(stack, logged_in)

    to_new_password(second, newer)

    assert choose(first, page, ANOTHER).title == SUPERSEDED
    assert Walker().get(older).title == ENDED
    assert choose(second, second.get(f"{stack.url}/activation/new-password"), ANOTHER).title == CHANGED
    assert Walker().get(older).title == ENDED
    assert recovery_links(stack.services, person) == ["superseded", "finished"]
    assert not is_inside(stack, logged_in)


def test_an_unopened_link_ends_with_the_next(stack: Stack) -> None:
    person = owner(stack)
    older = lost_link(stack, person)
    later(stack.services)
    newer = lost_link(stack, person)
    assert Walker().get(older).title == ENDED
    assert Walker().get(newer).title == NEW_PASSWORD


def test_over_while_the_password_is_typed(stack: Stack) -> None:
    """7. An hour is looked at again when the password comes, not only when the link is opened."""
    person, walker = owner(stack), Walker()
    page = to_new_password(walker, lost_link(stack, person))
    before = keycloak_state(stack, person)
    with stack.services.sessions.begin() as db:
        for link in db.query(Link).filter_by(person_id=person.id, state="opened"):
            link.expires_at = stack.clock()

    assert choose(walker, page, ANOTHER).title == ENDED
    assert keycloak_state(stack, person) == before
    assert logs_in(stack, person, KNOWN)


@pytest.mark.parametrize("where", CLOSINGS)
def test_closed_while_the_password_is_typed(stack: Stack, where: str) -> None:
    """7. Neither register nor Keycloak is trusted to have told the other."""
    person, walker = owner(stack), Walker()
    link = lost_link(stack, person)
    page = to_new_password(walker, link)
    close_account(stack, person, where)
    before = keycloak_state(stack, person)

    assert choose(walker, page, ANOTHER).title == CLOSED
    again = Walker()
    opened = again.get(link)
    assert (opened if opened.status != 200 else again.send(opened)).title == CLOSED
    assert keycloak_state(stack, person) == before


def test_every_violation_at_once_and_nothing_spent(stack: Stack) -> None:
    """13. A password refused leaves link and login as they were."""
    person, walker = owner(stack), Walker()
    page = choose(walker, to_new_password(walker, lost_link(stack, person)), "court")
    assert page.status == 422
    assert page.response.text.count('class="error"') >= 2
    assert recovery_links(stack.services, person) == ["opened"]
    assert choose(walker, page, ANOTHER).title == CHANGED


def test_changed_otherwise_meanwhile(stack: Stack) -> None:
    """6. What ends all that was begun before ends the link too."""
    person = owner(stack)
    link = lost_link(stack, person)
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).generation += 1
    assert Walker().get(link).title == ENDED


def test_somebody_else_is_logged_in_here(stack: Stack) -> None:
    walker, other = Walker(), owner(stack)
    log_in(stack, walker, other.login, KNOWN)
    person = owner(stack)
    page = walker.send(walker.get(lost_link(stack, person)))
    assert page.title == "Une autre personne est connectée ici"
    assert "Pour changer le mot de passe du compte" in page.text
    assert walker.send(page).title == NEW_PASSWORD
