"""A handoff, a link's opening and a proof are each bound to one browser (CVE-2026-7507)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.activation import (
    CHARTER,
    FINISHED,
    OTHER_BROWSER,
    PASSWORD,
    activate,
    activations,
    choose,
    handoff_claims,
    is_handoff,
    is_inside,
    keycloak_state,
    log_in,
    login_lives,
    logs_in,
    pending,
    sessions,
    to_password,
)
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Page, Walker

PROVISIONAL = "Provisoire-2026-à-Sète!"
KNOWN = [{"type": "password", "value": PROVISIONAL, "temporary": False}]


@contextmanager
def proofs_that_live(stack: Stack, seconds: int) -> Iterator[None]:
    """Shortens the life of Keycloak's proofs for a while."""
    before = stack.realm.call("GET")  # attributes left out of a PUT are deleted
    attributes = before["attributes"] | {"kcbProofLifetime": str(seconds)}
    stack.realm.call("PUT", "", before | {"attributes": attributes})
    try:
        yield
    finally:
        stack.realm.call("PUT", "", before)


def proof_address(stack: Stack, walker: Walker) -> str:
    """Where the bridge would send this browser with its proof; not followed."""
    return walker.get(f"{stack.url}/activation/leave", stop=lambda url: "kcb_proof=" in url).location


def held_back(walker: Walker, link: str) -> str:
    """Opens a link as far as the handoff, which the browser does not follow."""
    return walker.send(walker.get(link), stop=is_handoff).location


def refused(page: Page) -> bool:
    return (page.status, page.title) == (400, OTHER_BROWSER)


def test_a_handoff_followed_again_in_its_browser_is_harmless(stack: Stack) -> None:
    """Scenario 15: Back and refresh on the address that carried it."""
    person = stack.person()
    walker = Walker()
    handoff = held_back(walker, stack.mail_link(person))

    assert walker.get(handoff).title == CHARTER
    page = walker.get(handoff)

    assert page.title == CHARTER
    assert walker.send(page, accept="y").title == PASSWORD


def test_a_handoff_followed_again_elsewhere_is_refused(stack: Stack) -> None:
    """Scenario 15: spent in its browser, shown in another: nothing of the account is seen, the first goes on."""
    person = stack.person()
    owner, thief = Walker(), Walker()
    page = to_password(owner, stack.mail_link(person))
    handoff = next(url for url in owner.trail if is_handoff(url))

    stolen = thief.get(handoff)

    assert refused(stolen)
    assert person.login not in stolen.text
    assert thief.get(f"{stack.url}/activation/").status == 410
    assert choose(owner, page).title == FINISHED


def test_a_handoff_of_a_link_taken_to_another_browser(stack: Stack) -> None:
    """Scenario 15: only the browser that pressed the link's button may bring its handoff; the login ends."""
    person = stack.person()
    link = stack.mail_link(person)
    presser, other = Walker(), Walker()
    handoff = held_back(presser, link)

    assert refused(other.get(handoff))

    assert not login_lives(stack, handoff_claims(other)["ticket"])
    assert not is_inside(stack, presser)
    activate(stack, Walker(), link)


def test_keycloaks_address_opened_in_another_browser_than_the_link(stack: Stack) -> None:
    """Scenario 15: an attacker presses the button of their victim's mail copy and passes the address on."""
    person = stack.person()
    link = stack.mail_link(person)
    presser, other = Walker(), Walker()
    address = presser.send(presser.get(link), stop=lambda url: "/action-token?" in url).location

    assert refused(other.get(address))

    assert not login_lives(stack, handoff_claims(other)["ticket"])
    assert not is_inside(stack, other)
    assert pending(stack, person) == ["kcb-charter", "kcb-new-password"]


def test_a_login_begun_by_an_attacker_and_finished_by_the_victim(stack: Stack) -> None:
    """Scenario 15: the attacker knows the provisional password and passes the handoff on: never let in."""
    person = stack.person(credentials=KNOWN)
    attacker, victim = Walker(), Walker()
    page = attacker.get(f"{stack.ent_url}/connexion")
    handoff = attacker.log_in(page, person.login, PROVISIONAL, stop=is_handoff).location

    page = victim.send(victim.get(handoff), accept="y")
    assert choose(victim, page).title == FINISHED
    address = proof_address(stack, victim)
    victim.get(address)

    claims = handoff_claims(victim)
    again = attacker.get(claims["ret"], stop=is_handoff)
    assert refused(attacker.get(again.location))
    assert not is_inside(stack, attacker)
    assert not is_inside(stack, victim)
    assert sessions(stack, person) == 0
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert not logs_in(stack, person, PROVISIONAL)


def test_an_attackers_link_login_is_not_finished_by_the_victims(stack: Stack) -> None:
    """Scenario 15: the attacker reads the mail first and waits; the victim opens it and finishes."""
    person = stack.person()
    link = stack.mail_link(person)
    attacker, victim = Walker(), Walker()
    to_password(attacker, link)
    ret = handoff_claims(attacker)["ret"]

    page = victim.send(victim.get(link))
    assert choose(victim, page).title == FINISHED
    assert victim.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)

    attacker.get(ret)
    assert not is_inside(stack, attacker)
    assert sessions(stack, person) == 1


def test_no_proof_no_entry(stack: Stack) -> None:
    """Scenario 15: everything is done, the browser goes back without the proof: handed over again, not let in."""
    person = stack.person()
    walker = Walker()
    page = choose(walker, to_password(walker, stack.mail_link(person)))
    assert page.title == FINISHED

    back = walker.get(handoff_claims(walker)["ret"], stop=is_handoff)

    assert is_handoff(back.location)
    assert sessions(stack, person) == 0
    assert walker.get(back.location).title == FINISHED
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)


def test_an_invented_proof_is_none(stack: Stack) -> None:
    """Scenario 15: a wrong proof neither lets in nor uses the right one up."""
    person = stack.person()
    walker = Walker()
    choose(walker, to_password(walker, stack.mail_link(person)))
    right = proof_address(stack, walker)

    back = walker.get(right[:-4] + "AAAA", stop=is_handoff)

    assert is_handoff(back.location)
    assert sessions(stack, person) == 0
    assert walker.get(right).url.startswith(stack.ent_url)


def test_a_late_proof_is_none_and_the_next_one_works(stack: Stack) -> None:
    """Scenario 15: after its lifetime Keycloak hands over again; the wizard gives a new one."""
    person = stack.person()
    walker = Walker()
    choose(walker, to_password(walker, stack.mail_link(person)))
    with proofs_that_live(stack, 1):
        late = proof_address(stack, walker)
        time.sleep(2.1)  # Keycloak counts whole seconds, and its clock is its own
        back = walker.get(late, stop=is_handoff)

    assert is_handoff(back.location)
    assert sessions(stack, person) == 0
    assert walker.get(back.location).title == FINISHED
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)


def test_a_proof_works_once(stack: Stack) -> None:
    """Scenario 15: Back to the address with the proof, in its own browser and after logging out."""
    person = stack.person()
    walker = Walker()
    choose(walker, to_password(walker, stack.mail_link(person)))
    address = proof_address(stack, walker)
    assert walker.get(address).url.startswith(stack.ent_url)
    stack.realm.call("POST", f"users/{person.keycloak_id}/logout")

    walker.get(address)

    assert sessions(stack, person) == 0
    assert not is_inside(stack, walker)


def test_a_proof_is_worth_nothing_in_another_browser(stack: Stack) -> None:
    """Scenario 15: an attacker who got hold of the address with the proof has not the login it belongs to."""
    person = stack.person()
    owner, thief = Walker(), Walker()
    choose(owner, to_password(owner, stack.mail_link(person)))
    address = proof_address(stack, owner)

    thief.get(address)

    assert not is_inside(stack, thief)
    assert owner.get(address).url.startswith(stack.ent_url)


def test_a_proof_does_not_open_another_login(stack: Stack) -> None:
    """Scenario 15: the victim's proof on the attacker's own login of the same person."""
    person = stack.person(credentials=KNOWN)
    attacker, victim = Walker(), Walker()
    assert log_in(stack, attacker, person.login, PROVISIONAL).title == CHARTER
    ret = handoff_claims(attacker)["ret"]
    page = victim.send(log_in(stack, victim, person.login, PROVISIONAL), accept="y")
    assert choose(victim, page).title == FINISHED
    proof = proof_address(stack, victim).partition("kcb_proof=")[2]

    back = attacker.get(f"{ret}&kcb_proof={proof}", stop=is_handoff)

    assert is_handoff(back.location)
    assert not is_inside(stack, attacker)
    assert sessions(stack, person) == 0


def test_somebody_elses_session_cookie_is_needed_at_every_page(stack: Stack) -> None:
    """Scenario 15: the wizard's addresses alone show and do nothing."""
    person = stack.person()
    to_password(Walker(), stack.mail_link(person))
    before = keycloak_state(stack, person)
    stranger = Walker()

    seen = [
        stranger.get(f"{stack.url}/activation/{page}") for page in ("", "charter", "new-password", "leave")
    ]

    assert {page.status for page in seen} == {410}
    assert not any(person.login in page.text for page in seen)
    assert keycloak_state(stack, person) == before
    assert activations(stack, person) == 0
