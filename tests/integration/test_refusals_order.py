"""Steps in their order: none skipped, whatever way a browser takes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select

from kc_bridge.store.activation import CharterAcceptance
from tests.support.activation import (
    CHARTER,
    FINISHED,
    PASSWORD,
    activations,
    choose,
    handoff_claims,
    is_handoff,
    is_inside,
    keycloak_state,
    log_in,
    login_lives,
    pending,
    to_charter,
    to_password,
)
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

BOTH = ["kcb-charter", "kcb-new-password"]
PROVISIONAL = "Provisoire-2026-à-Sète!"


def test_a_later_step_sent_first_is_not_taken(stack: Stack) -> None:
    """Scenario 14: a password before the charter: back to the charter, nothing written anywhere."""
    person = stack.person()
    walker = Walker()
    page = to_charter(walker, stack.mail_link(person))
    before = keycloak_state(stack, person)

    answer = walker.post(
        f"{stack.url}/activation/new-password",
        password=GOOD_PASSWORD,
        confirmation=GOOD_PASSWORD,
        csrf_token=page.form("csrf_token").values["csrf_token"],
    )

    assert answer.title == CHARTER
    assert keycloak_state(stack, person) == before
    assert pending(stack, person) == BOTH
    assert walker.get(f"{stack.url}/activation/new-password").title == CHARTER


def test_leaving_before_the_end_gives_no_proof(stack: Stack) -> None:
    """Scenario 14: the way out leads back to the page that waits, the summary's too."""
    person = stack.person()
    walker = Walker()
    to_password(walker, stack.mail_link(person))

    assert walker.get(f"{stack.url}/activation/leave").title == PASSWORD
    assert walker.get(f"{stack.url}/activation/summary").title == PASSWORD

    assert not is_inside(stack, walker)
    assert pending(stack, person) == ["kcb-new-password"]


def test_back_to_a_done_page_and_on_again(stack: Stack) -> None:
    """Scenario 14: a step done twice is done once in Keycloak; the first answer is the proof."""
    person = stack.person()
    walker = Walker()
    to_password(walker, stack.mail_link(person))

    back = walker.get(f"{stack.url}/activation/charter")
    assert back.title == CHARTER
    page = walker.send(back, accept="y")

    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED
    assert activations(stack, person) == 1
    with stack.services.sessions() as db:
        kept = select(func.count()).where(CharterAcceptance.person_id == person.id)
        assert db.scalar(kept) == 1


def test_back_after_the_end_changes_nothing(stack: Stack) -> None:
    """Scenario 14: the password page from the browser's history, sent again after the activation."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    assert choose(walker, page).title == FINISHED
    before = keycloak_state(stack, person)

    again = choose(walker, page, "Automne-2026-au-Pouliguen!")

    assert again.title == FINISHED
    assert keycloak_state(stack, person) == before


def test_two_tabs_of_one_browser_walk_one_journey(stack: Stack) -> None:
    """Scenario 14: the same page sent from both, then the next one from the one behind."""
    person = stack.person()
    walker = Walker()
    left = to_charter(walker, stack.mail_link(person))
    right = walker.get(left.url)

    assert walker.send(left, accept="y").title == PASSWORD
    behind = walker.send(right, accept="y")

    assert behind.title == PASSWORD
    assert choose(walker, behind).title == FINISHED
    assert activations(stack, person) == 1


def test_a_tab_of_another_persons_journey_is_refused(stack: Stack) -> None:
    """Scenario 14: two people's journeys in one browser: a page never writes to the other's account."""
    first, second = stack.person(), stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(first))
    to_password(walker, stack.mail_link(second))
    before = keycloak_state(stack, first), keycloak_state(stack, second)

    refused = choose(walker, page)

    assert refused.status == 400
    assert (keycloak_state(stack, first), keycloak_state(stack, second)) == before
    assert second.login in walker.get(f"{stack.url}/activation/").text


def test_restarting_the_login_in_keycloak_skips_nothing(stack: Stack) -> None:
    """Scenario 14 (CVE-2026-94218): after ``/login-actions/restart`` what was pending is pending still."""
    person = stack.person(credentials=[{"type": "password", "value": PROVISIONAL, "temporary": False}])
    walker = Walker()
    page = log_in(stack, walker, person.login, PROVISIONAL)
    assert walker.send(page, accept="y").title == PASSWORD
    claims = handoff_claims(walker)
    ret = urlsplit(claims["ret"])
    query = {name: values[0] for name, values in parse_qs(ret.query).items() if name != "execution"}
    restart = f"{stack.realm.settings.issuer}/login-actions/restart"
    address = restart + "?" + "&".join(f"{name}={value}" for name, value in query.items())

    form = walker.get(address)

    assert form.form("username"), "asked again from the start"
    assert pending(stack, person) == ["kcb-new-password"]
    assert not login_lives(stack, claims["ticket"])
    assert not is_inside(stack, walker)
    page = walker.log_in(form, person.login, PROVISIONAL)
    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED


def test_a_journey_begun_again_half_way_asks_only_for_the_rest(stack: Stack) -> None:
    """Scenario 14: a new login in another browser: the charter stays done, the password stays pending."""
    person = stack.person(credentials=[{"type": "password", "value": PROVISIONAL, "temporary": False}])
    first, second = Walker(), Walker()
    page = log_in(stack, first, person.login, PROVISIONAL)
    first.send(page, accept="y")

    resumed = log_in(stack, second, person.login, PROVISIONAL)

    assert resumed.title == PASSWORD
    assert pending(stack, person) == ["kcb-new-password"]
    assert choose(second, resumed).title == FINISHED


def test_keycloaks_page_again_in_mid_wizard_goes_on_where_it_was(stack: Stack) -> None:
    """Scenario 14: Back to Keycloak and forward: the same login, handed over again, the same page."""
    person = stack.person()
    walker = Walker()
    to_password(walker, stack.mail_link(person))
    ticket = handoff_claims(walker)["ticket"]

    back = walker.get(handoff_claims(walker)["ret"], stop=is_handoff)
    page = walker.get(back.location)

    assert handoff_claims(walker)["ticket"] == ticket
    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
