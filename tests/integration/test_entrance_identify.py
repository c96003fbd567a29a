"""The entrance « number and birth date » on the real Keycloak: from the first public page to the application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from kc_bridge.store.models import Identifier, Person
from tests.integration.kcb_realm import KcbRealm
from tests.integration.test_refusals_second_factor import OTP, otp_of
from tests.support.activation import (
    CHARTER,
    ELSEWHERE,
    FINISHED,
    PASSWORD,
    SUPERSEDED,
    activations,
    choose,
    handoff_claims,
    is_inside,
    keycloak_state,
    link_states,
    login_lives,
    logs_in,
    sessions,
    to_password,
)
from tests.support.fault_proxy import FAULTS, FaultProxy
from tests.support.identify import number, short_profile
from tests.support.stack import GOOD_PASSWORD, Stack, free_port, start_stack
from tests.support.walker import Page, Walker

BORN = date(2007, 3, 31)
REFUSED = "Nous n'avons pas pu ouvrir"
OTHER = "Automne-2026-au-Pouliguen!"
OTHER_ACCOUNT = "Une autre personne est connectée ici"


@pytest.fixture(scope="module")
def proxy(keycloak: Any) -> Iterator[FaultProxy]:
    proxy = FaultProxy(free_port(), keycloak.url)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def stack(
    realms: Callable[..., KcbRealm], proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    stack = start_stack(realms, folder, profile=short_profile(folder), keycloak_internal_url=proxy.url)
    yield stack
    stack.stop()


def somebody(stack: Stack, **user: Any) -> tuple[Person, str]:
    """Enrolled and not activated, with an INE and a birth date."""
    person, ine = stack.person(**user), number()
    with stack.services.sessions.begin() as db:
        known = db.get_one(Person, person.id)
        known.birth_date = BORN
        known.identifiers.append(Identifier(kind="ine", value=ine))
    return person, ine


def identify(stack: Stack, walker: Walker, ine: str, born: str = "31/03/2007") -> Page:
    """Gives the two words on the page people reach from « 1re connexion »."""
    return walker.send(walker.get(f"{stack.url}/identification/ine"), number=ine, birth_date=born)


def test_from_the_first_page_to_the_application(stack: Stack) -> None:
    person, ine = somebody(stack)
    walker = Walker()
    page = walker.get(f"{stack.url}/premiere-connexion")
    page = walker.get(page.link("Activer mon compte avec un numéro et ma date de naissance"))
    kinds = page.response.text
    assert kinds.index("/identification/ine") < kinds.index("/identification/uid")
    page = identify(stack, walker, ine)
    assert page.title == CHARTER
    assert person.login in page.text
    page = walker.send(page, accept="y")
    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED

    inside = walker.get(f"{stack.url}/activation/leave")

    assert inside.url.startswith(stack.ent_url)
    assert sessions(stack, person) == 1
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert link_states(stack, person) == ["finished"]
    assert list(stack.mails.newest_first(person.personal_mail or "?")) == []
    assert not any(ine in url or "2007" in url for url in walker.trail)


def test_after_the_end_the_same_words_open_nothing(stack: Stack) -> None:
    person, ine = somebody(stack)
    walker = Walker()
    choose(walker, walker.send(identify(stack, walker, ine), accept="y"))
    before = keycloak_state(stack, person)

    again = identify(stack, Walker(), ine)

    assert again.status == 422
    assert REFUSED in again.text
    assert keycloak_state(stack, person) == before


@pytest.mark.parametrize("born", ["30/03/2007", "07/03/31"])
def test_wrong_words_change_nothing(stack: Stack, born: str) -> None:
    person, ine = somebody(stack)
    before = keycloak_state(stack, person)
    page = identify(stack, Walker(), ine, born)
    assert page.status == 422
    assert keycloak_state(stack, person) == before
    assert link_states(stack, person) == []


def test_two_browsers_have_one_owner(stack: Stack) -> None:
    """Scenario 6: the later identification goes on, and nothing of the earlier one is written, before or after."""
    person, ine = somebody(stack)
    earlier, later = Walker(), Walker()
    early_page = earlier.send(identify(stack, earlier, ine), accept="y")
    assert early_page.title == PASSWORD
    late_page = later.send(identify(stack, later, ine), accept="y")

    refused = choose(earlier, early_page, OTHER)
    assert (refused.status, refused.title) == (410, SUPERSEDED)
    assert choose(later, late_page).title == FINISHED
    before = keycloak_state(stack, person)
    assert choose(earlier, early_page, OTHER).status in {400, 410}

    assert keycloak_state(stack, person) == before
    assert activations(stack, person) == 1
    assert not is_inside(stack, earlier)
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert not logs_in(stack, person, OTHER)


def test_it_takes_over_from_a_mailed_link(stack: Stack) -> None:
    """Scenario 6: the mail was opened by whoever reads that mailbox now; the person identifies themselves."""
    person, ine = somebody(stack)
    link, by_mail, by_number = stack.mail_link(person), Walker(), Walker()
    page = to_password(by_mail, link)
    ticket = handoff_claims(by_mail)["ticket"]

    done = choose(by_number, by_number.send(identify(stack, by_number, ine), accept="y"))
    refused = choose(by_mail, page, OTHER)

    assert done.title == FINISHED
    assert (refused.status, refused.title) == (410, ELSEWHERE)
    assert not login_lives(stack, ticket)
    assert Walker().get(link).status == 410


def test_somebody_else_in_this_browser_is_asked_first(stack: Stack) -> None:
    """A shared computer: one person's session never carries another's activation."""
    other, other_ine = somebody(stack)
    _person, ine = somebody(stack)
    walker = Walker()
    choose(walker, walker.send(identify(stack, walker, other_ine), accept="y"))
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)

    asked = identify(stack, walker, ine)

    assert asked.title == OTHER_ACCOUNT
    assert other.login in asked.text
    assert walker.send(asked, action="logout").title == CHARTER
    assert sessions(stack, other) == 0


def test_a_second_factor_is_not_passed_by(stack: Stack) -> None:
    """Scenario 15: as after a mailed link, the journey ends on the normal login; the factor stays."""
    person, ine = somebody(stack, credentials=[OTP])
    factor = otp_of(stack, person)
    walker = Walker()
    page = choose(walker, walker.send(identify(stack, walker, ine), accept="y"))
    assert page.title == FINISHED

    page = walker.get(f"{stack.url}/activation/leave")

    assert sessions(stack, person) == 0
    assert "otp" in walker.log_in(page, person.login, GOOD_PASSWORD).form("otp").names
    assert otp_of(stack, person) == factor


def test_a_user_disabled_in_keycloak_is_not_activated(stack: Stack) -> None:
    """36. By hand, in the console: the bridge does not know, Keycloak says so before anything is written."""
    person, ine = somebody(stack, enabled=False)
    page = identify(stack, Walker(), ine)
    assert page.status == 403
    assert stack.user(person)["enabled"] is False
    assert activations(stack, person) == 0


@pytest.mark.parametrize("fault", ["down", "503"])
def test_keycloak_fails_at_that_moment(stack: Stack, proxy: FaultProxy, fault: str) -> None:
    """Scenario 4: nothing but the try is spent; a mailed link of before stays good."""
    person, ine = somebody(stack)
    link, walker = stack.mail_link(person), Walker()
    with proxy.failing(FAULTS[fault]):
        down = identify(stack, walker, ine)
    assert down.status == 503
    assert link_states(stack, person) == ["new"]
    assert Walker().get(link).status == 200
    assert identify(stack, walker, ine).title == CHARTER


def test_keycloak_fails_once_the_browser_has_been_there(stack: Stack, proxy: FaultProxy) -> None:
    """Scenario 4: the same browser goes on by « Réessayer », without another try."""
    _person, ine = somebody(stack)
    walker = Walker()
    with proxy.failing(FAULTS["503"], "/activation-links"):
        down = identify(stack, walker, ine)
    assert down.status == 503
    assert walker.get(down.link("Réessayer")).title == CHARTER
