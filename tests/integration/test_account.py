"""« Mon compte » on the real Keycloak: the login, each change by AIA, and how it ends with the session over there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from kc_bridge.domain.journey import action_id
from kc_bridge.mailer import send_waiting
from kc_bridge.store.models import Affiliation, Person
from required_actions.account import offered
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import is_inside, keycloak_state, sessions
from tests.support.entrances import (
    ANSWERS,
    CLOSINGS,
    KNOWN,
    active_person,
    assert_effect,
    begin,
    close_account,
    is_inside_wizard,
    walk,
)
from tests.support.stack import GOOD_PASSWORD, Stack, start_stack
from tests.support.walker import Page, Walker

COMPLETE = str(Path(__file__).parents[1] / "support/profiles/complete.toml")
STEPS = [
    "new_password",
    "backup_mail",
    "mail_forwarding",
    "security_question",
    "sms_consent",
    "photo_use",
    "directory_visibility",
]
SHOWN = {
    "new_password": "Mot de passe Choisi le ",
    "backup_mail": f"Mail de secours {ANSWERS['backup_mail']}",
    "mail_forwarding": f"Redirection de vos mails {ANSWERS['forwarding_address']} Une copie reste",
    "security_question": f"Question joker {ANSWERS['security_own_question']}",
    "sms_consent": "Messages SMS Oui, au +33 6 39 98 00 00",
    "photo_use": "Choix d'usage de la photo Oui",
    "directory_visibility": "Visibilité dans l'annuaire Oui",
}
"""What the page says once the walk has answered a step."""
TITLE = "Mon compte"


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A university with every step."""
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"), profile=COMPLETE)
    yield stack
    stack.stop()


@pytest.fixture
def person(stack: Stack) -> Person:
    return active_person(stack)


@pytest.fixture
def walker(stack: Stack, person: Person) -> Walker:
    """That person's browser, at « Mon compte »."""
    walker = Walker()
    page = walker.log_in(open_account(stack, walker), person.login, KNOWN)
    assert is_account(stack, page), page
    return walker


def open_account(stack: Stack, walker: Walker) -> Page:
    return walker.get(f"{stack.url}/compte")


def is_account(stack: Stack, page: Page) -> bool:
    return (page.status, page.url, page.title) == (200, f"{stack.url}/compte", TITLE)


def change(stack: Stack, walker: Walker, step: str) -> Page:
    """Follows the link of the page that changes this."""
    address = f"/compte/modifier/{step.replace('_', '-')}"
    assert f'href="{address}"' in open_account(stack, walker).response.text
    return walker.get(stack.url + address)


def cancel(stack: Stack, walker: Walker, page: Page) -> Page:
    return walker.post(
        f"{stack.url}/activation/cancel", csrf_token=page.form("csrf_token").values["csrf_token"]
    )


def test_logged_in_by_keycloak_and_told_until_when_and_why(stack: Stack, person: Person) -> None:
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).account_end = date(2027, 12, 31)
        fields = {"population": "student", "source": "apogee", "start": date(2026, 9, 1)}
        db.add(
            Affiliation(
                person_id=person.id, source_key=person.key, year=2026, end=date(2027, 12, 31),
                label="Licence 1", **fields,
            )
        )  # fmt: skip
    walker = Walker()
    asked = open_account(stack, walker)
    assert asked.url.startswith(stack.realm.settings.issuer)
    page = walker.log_in(asked, person.login, KNOWN)
    assert is_account(stack, page)
    for told in (person.login, person.mail, "ouvert jusqu'au 31 décembre 2027",
                 "Inscription 2026-2027 (Licence 1) : jusqu'au 31 décembre 2027"):  # fmt: skip
        assert told in page.text
    assert sessions(stack, person) == 1


def test_single_sign_on_shows_no_login(stack: Stack, person: Person) -> None:
    walker = Walker()
    begin(stack, walker, person)
    assert is_account(stack, open_account(stack, walker))


def test_everything_is_offered(stack: Stack) -> None:
    journeys = stack.services.profile.journeys
    assert offered(stack.services.profile, journeys) == STEPS


def test_each_is_changed(stack: Stack, person: Person, walker: Walker) -> None:
    """One after the other: the password last, since the check of it logs in elsewhere."""
    for step in [*STEPS[1:], STEPS[0]]:
        page = change(stack, walker, step)
        assert is_inside_wizard(stack, page), page
        assert "Annuler" in page.text

        page = walk(stack, walker, page)

        assert is_account(stack, page), page
        assert "C'est fait :" in page.text
        assert_effect(stack, person.keycloak_id, action_id(step))
        assert SHOWN[step] in page.text
        assert "C'est fait :" not in open_account(stack, walker).text


def test_each_is_given_up(stack: Stack, person: Person, walker: Walker) -> None:
    before = keycloak_state(stack, person)
    for step in STEPS:
        page = cancel(stack, walker, change(stack, walker, step))
        assert is_account(stack, page), page
        assert "Annulé :" in page.text
    assert keycloak_state(stack, person) == before


def test_each_is_switched_off_in_the_console(stack: Stack, walker: Walker) -> None:
    for step in STEPS:
        path = f"authentication/required-actions/{action_id(step)}"
        settings = stack.realm.call("GET", path)
        stack.realm.call("PUT", path, settings | {"enabled": False})
        try:
            page = change(stack, walker, step)
        finally:
            stack.realm.call("PUT", path, settings)
        assert is_account(stack, page), page
        assert "Ce changement n'est pas possible ici" in page.text


def test_a_login_that_is_not_fresh_is_asked_for_the_password_again(
    stack: Stack, person: Person, walker: Walker
) -> None:
    path = "authentication/required-actions/kcb-backup-mail/config"
    settings = stack.realm.call("GET", path)
    stack.realm.call("PUT", path, {"config": settings["config"] | {"max_auth_age": "0"}})
    try:
        # Keycloak counts whole seconds: a login of this very second is fresh, however small the age allowed.
        asked = (change(stack, walker, "backup_mail") for _try in range(20))
        page = next(page for page in asked if page.url.startswith(stack.realm.settings.issuer))
        page = walker.log_in(page, person.login, KNOWN)
    finally:
        stack.realm.call("PUT", path, settings)
    assert is_inside_wizard(stack, page), page


@pytest.mark.parametrize("ends", [True, False])
def test_a_new_password_ends_the_others_on_request(
    stack: Stack, person: Person, walker: Walker, ends: bool
) -> None:
    other = Walker()
    begin(stack, other, person)
    assert is_account(stack, open_account(stack, other))
    assert sessions(stack, person) == 2
    page = change(stack, walker, "new_password")
    page = walker.send(
        page, password=GOOD_PASSWORD, confirmation=GOOD_PASSWORD, **({"end_sessions": "y"} if ends else {})
    )
    assert is_account(stack, page), page
    assert sessions(stack, person) == (1 if ends else 2)
    assert is_account(stack, open_account(stack, other)) is not ends
    assert is_inside(stack, other) is not ends
    assert is_account(stack, open_account(stack, walker))
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    mail = next(stack.mails.newest_first(person.personal_mail or ""))
    assert "Votre mot de passe a été changé" in mail.subject


@pytest.mark.parametrize("where", CLOSINGS)
def test_an_account_closed_meanwhile(stack: Stack, person: Person, walker: Walker, where: str) -> None:
    close_account(stack, person, where)
    page = open_account(stack, walker)
    assert person.mail not in page.text
    if where == "in the register":
        assert (page.status, page.title) == (403, "Ce compte n'est pas ouvert")
    else:
        assert page.url.startswith(stack.realm.settings.issuer)


def test_logged_out_elsewhere(stack: Stack, person: Person, walker: Walker) -> None:
    assert is_inside(stack, walker)
    walker.get(f"{stack.ent_url}/deconnexion")
    assert sessions(stack, person) == 0
    assert open_account(stack, walker).url.startswith(stack.realm.settings.issuer)


def test_logging_out_ends_the_session_in_keycloak_too(stack: Stack, person: Person, walker: Walker) -> None:
    page = open_account(stack, walker)
    form = next(form for form in page.forms if form.action == "/compte/deconnexion")
    page = walker.post(f"{stack.url}/compte/deconnexion", **form.values)
    assert page.url == f"{stack.url}/"
    assert sessions(stack, person) == 0
    assert not is_inside(stack, walker)


def test_somebody_not_activated_goes_through_the_journey_first(stack: Stack) -> None:
    person = stack.person(credentials=[{"type": "password", "value": KNOWN, "temporary": False}])
    walker = Walker()
    page = walker.log_in(open_account(stack, walker), person.login, KNOWN)
    assert is_inside_wizard(stack, page), page
    page = walk(stack, walker, page)
    assert is_account(stack, page), page
    assert stack.reread(person).activated_at is not None


def test_somebody_made_by_hand(stack: Stack) -> None:
    login = f"guest-{len(stack.realm.call('GET', 'users'))}"
    stack.realm.create_user(login, password=KNOWN, attributes={})
    walker = Walker()
    page = walker.log_in(open_account(stack, walker), login, KNOWN)
    assert is_account(stack, page), page
    assert login in page.text
    page = walk(stack, walker, change(stack, walker, "mail_forwarding"))
    assert is_account(stack, page), page
    assert ANSWERS["forwarding_address"] in page.text
