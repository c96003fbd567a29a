"""« Mon compte »: whose it is, and how its login cannot be planted, replayed or outlived."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from kc_bridge.store.models import Person
from tests.support.account import HOME, answer, asked, come_back, log_in
from tests.support.addresses import active, words
from tests.support.bridge import FakeRealm, FixedClock, make_person, services_of
from tests.support.visitor import PASSWORD, Visitor

FAILED = "La connexion n'a pas abouti"
PAGES = [HOME, "/compte/accords", "/compte/donnees", "/compte/donnees.json"]


def shows(app: Flask, cookie: str | None, person: Person) -> bool:
    """True when whoever holds this cookie reads that person's page."""
    response = Visitor(app, cookie).get(HOME)
    return response.status_code == 200 and person.login in response.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_leads_through_the_login_and_back(app: Flask, realm: FakeRealm, path: str) -> None:
    person, visitor = active(app), Visitor(app)
    question = asked(visitor.get(path))
    assert question["redirect_uri"] == "https://compte.univ.test/compte/retour"
    assert question["code_challenge_method"] == "S256"
    assert "kc_action" not in question
    response = come_back(visitor, realm, person, visitor.get(path))
    assert response.status_code == 200
    assert person.login in response.get_data(as_text=True)


def test_the_session_is_renewed_at_login_and_logout(app: Flask, realm: FakeRealm) -> None:
    person, visitor = active(app), Visitor(app)
    question = visitor.get(HOME)
    before = visitor.cookie
    come_back(visitor, realm, person, question)
    inside = visitor.cookie
    assert shows(app, inside, person)
    response = visitor.post("/compte/deconnexion")
    leads_to = urlsplit(response.headers["Refresh"].removeprefix("0; url="))
    assert (leads_to.netloc, leads_to.path) == (
        "sso.univ.test",
        "/realms/univ/protocol/openid-connect/logout",
    )
    assert parse_qs(leads_to.query)["post_logout_redirect_uri"] == ["https://compte.univ.test/"]
    assert len({before, inside, visitor.cookie}) == 3
    assert not any(shows(app, cookie, person) for cookie in (before, inside, visitor.cookie))


def test_a_session_planted_before_the_login_is_worth_nothing_after(app: Flask, realm: FakeRealm) -> None:
    attacker, person = Visitor(app), active(app)
    question = attacker.get(HOME)
    victim = Visitor(app, attacker.cookie)
    come_back(victim, realm, person, question)
    assert shows(app, victim.cookie, person)
    assert not shows(app, attacker.cookie, person)


def test_login_csrf_an_answer_to_anothers_question(app: Flask, realm: FakeRealm) -> None:
    """The attacker's own answer, brought to the victim's browser: nobody is logged in as the attacker."""
    attacker, victim = active(app), active(app)
    theirs, browser = Visitor(app), Visitor(app)
    planted = answer(realm, attacker, asked(theirs.get(HOME)))
    for visitor in (Visitor(app), browser):
        visitor.get(HOME)
        response = visitor.get(planted)
        assert response.status_code == 400
        assert FAILED in words(response)
        assert not shows(app, visitor.cookie, attacker)
    log_in(browser, realm, victim)
    assert browser.get(planted).location == HOME
    assert shows(app, browser.cookie, victim)


@pytest.mark.parametrize("state", ["", "forged", None])
def test_a_wrong_state(app: Flask, realm: FakeRealm, state: str | None) -> None:
    person, visitor = active(app), Visitor(app)
    question = asked(visitor.get(HOME))
    address = answer(realm, person, question)
    changed = address.replace(f"state={question['state']}", "" if state is None else f"state={state}")
    assert visitor.get(changed).status_code == 400
    assert not shows(app, visitor.cookie, person)


def test_a_forged_host_is_told_nowhere(app: Flask, realm: FakeRealm) -> None:
    person, visitor = active(app), Visitor(app)
    forged = {"Host": "evil.test", "X-Forwarded-Host": "evil.test"}
    question = visitor.get("/compte/donnees", headers=forged)
    assert asked(question)["redirect_uri"] == "https://compte.univ.test/compte/retour"
    back = visitor.get(answer(realm, person, asked(question)), headers=forged)
    page = visitor.get(back.location, headers=forged)
    leaving = visitor.post("/compte/deconnexion", headers=forged)
    assert page.status_code == 200
    for response in (question, back, page, leaving):
        assert "evil" not in f"{response.headers}{response.get_data(as_text=True)}"


def test_a_code_counts_once(app: Flask, realm: FakeRealm) -> None:
    person, visitor = active(app), Visitor(app)
    address = answer(realm, person, asked(visitor.get(HOME)))
    before = visitor.cookie
    assert visitor.get(address).location == HOME
    assert visitor.get(address).location == HOME  # Back: nothing is asked of Keycloak again
    for other in (Visitor(app), Visitor(app, before)):
        assert other.get(address).status_code == 400
        assert not shows(app, other.cookie, person)


def test_a_code_stolen_and_used_with_ones_own_question(app: Flask, realm: FakeRealm) -> None:
    """Its nonce is not the thief's."""
    person, victim, thief = active(app), Visitor(app), Visitor(app)
    stolen = answer(realm, person, asked(victim.get(HOME))).partition("code=")[2]
    state = asked(thief.get(HOME))["state"]
    assert thief.get(f"/compte/retour?state={state}&code={stolen}").status_code == 503
    assert not shows(app, thief.cookie, person)


def test_many_tabs_wait_for_their_answers_and_the_oldest_is_forgotten(app: Flask, realm: FakeRealm) -> None:
    person, visitor = active(app), Visitor(app)
    tabs = [asked(visitor.get(HOME)) for _tab in range(6)]
    assert visitor.get(answer(realm, person, tabs[0])).status_code == 400
    for tab in tabs[1:]:
        assert visitor.get(answer(realm, person, tab)).location == HOME
    assert shows(app, visitor.cookie, person)


def test_a_step_of_ones_own_in_another_tab_does_not_lend_its_login(app: Flask, realm: FakeRealm) -> None:
    """Somebody else goes through the wizard in this browser: the account of the first is not theirs to read."""
    first, second, visitor = active(app), active(app), Visitor(app)
    log_in(visitor, realm, first)
    visitor.enter(realm, second, act="kcb-photo-use", acts=["kcb-photo-use"], aia=True)
    assert not shows(app, visitor.cookie, first)
    assert visitor.get(HOME).status_code == 303


def test_an_answer_that_is_no_code(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    state = asked(visitor.get(HOME))["state"]
    response = visitor.get(f"/compte/retour?state={state}&error=access_denied&error_description=<b>x</b>")
    assert response.status_code == 400
    assert FAILED in words(response)
    assert "<b>x</b>" not in response.get_data(as_text=True)


def test_a_session_ended_in_keycloak_ends_here_at_once(app: Flask, realm: FakeRealm) -> None:
    person, visitor = active(app), Visitor(app)
    log_in(visitor, realm, person)
    assert shows(app, visitor.cookie, person)
    realm.logged_in.clear()
    for path in PAGES:
        response = visitor.get(path)
        assert response.status_code == 303
        assert person.login not in response.get_data(as_text=True)
    assert not shows(app, visitor.cookie, person)


@pytest.mark.parametrize(
    "fields", [{"account_end": date(2026, 9, 6)}, {"state": "SupannExpire"}, {"state": "SupannSupprCompte"}]
)
def test_an_account_closed_meanwhile(app: Flask, realm: FakeRealm, fields: dict[str, Any]) -> None:
    person, visitor = active(app), Visitor(app)
    log_in(visitor, realm, person)
    with services_of(app).sessions.begin() as db:
        for name, value in fields.items():
            setattr(db.get_one(Person, person.id), name, value)
    response = visitor.get("/compte/donnees.json")
    assert response.status_code == 403
    assert "Ce compte n'est pas ouvert" in words(response)
    assert visitor.get(HOME).status_code == 303  # the login here ended with it


def test_idle_and_absolute_ends(app: Flask, realm: FakeRealm, clock: FixedClock) -> None:
    person, visitor = active(app), Visitor(app)
    log_in(visitor, realm, person)
    for _turn in range(5):
        clock.advance(minutes=11)
        assert shows(app, visitor.cookie, person)
    clock.advance(minutes=5)
    assert not shows(app, visitor.cookie, person)
    other = Visitor(app)
    log_in(other, realm, person)
    clock.advance(minutes=15)
    assert not shows(app, other.cookie, person)


def test_another_person_in_the_same_browser_replaces_the_first(app: Flask, realm: FakeRealm) -> None:
    first, second, visitor = active(app), active(app), Visitor(app)
    log_in(visitor, realm, first)
    log_in(visitor, realm, second, "/compte/modifier/photo-use")
    assert shows(app, visitor.cookie, second)
    assert not shows(app, visitor.cookie, first)


def test_steps_that_are_not_offered_are_not_asked_for(app: Flask, realm: FakeRealm) -> None:
    visitor = Visitor(app)
    for slug in (
        "charter",
        "summary",
        "security-question",
        "UPDATE_PASSWORD",
        "kcb-new-password",
        "new_password%00",
    ):
        assert visitor.get(f"/compte/modifier/{slug}").status_code == 404
    assert asked(visitor.get("/compte/modifier/new-password"))["kc_action"] == "kcb-new-password"


def test_a_step_does_not_end_the_wait_for_its_answer(app: Flask, realm: FakeRealm) -> None:
    """Through the wizard, which has a session of its own, and back with the outcome, told once."""
    person, visitor = active(app), Visitor(app)
    log_in(visitor, realm, person)
    question = visitor.get("/compte/modifier/new-password")
    visitor.enter(realm, person, act="kcb-new-password", acts=["kcb-new-password"], aia=True)
    page = come_back(
        visitor, realm, person, question, kc_action="kcb-new-password", kc_action_status="success"
    )
    assert "C'est fait : Mot de passe" in words(page)
    assert "C'est fait" not in words(visitor.get(HOME))


@pytest.mark.parametrize("same", [True, False])
def test_a_step_in_another_tab_goes_on_for_the_same_person_alone(
    app: Flask, realm: FakeRealm, same: bool
) -> None:
    person, visitor = active(app), Visitor(app)
    visitor.enter(realm, person, act="kcb-photo-use", acts=["kcb-photo-use"], aia=True)
    log_in(visitor, realm, person if same else active(app))
    assert visitor.get("/activation/photo-use").status_code == (200 if same else 410)


@pytest.mark.parametrize("status", ["success", "<script>", ""])
def test_an_outcome_nobody_asked_for_is_not_told(app: Flask, realm: FakeRealm, status: str) -> None:
    person, visitor = active(app), Visitor(app)
    page = come_back(visitor, realm, person, visitor.get(HOME), kc_action_status=status)
    assert "C'est fait" not in words(page)
    assert "<script>" not in page.get_data(as_text=True).replace("<script src", "")


@pytest.mark.parametrize(("client", "onwards"), [("kc-bridge-web", "Mon compte"), ("ent", "ENT")])
def test_an_activation_on_the_way_leads_back_to_what_it_began_in(
    app: Flask, realm: FakeRealm, client: str, onwards: str
) -> None:
    visitor = Visitor(app)
    visitor.enter(realm, make_person(app), cid=client)
    visitor.post("/activation/charter", {"accept": "y"})
    visitor.post("/activation/new-password", {"password": PASSWORD, "confirmation": PASSWORD})
    assert f"Continuer vers {onwards}" in words(visitor.get("/activation/summary"))
