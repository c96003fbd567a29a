"""A university's own profile (docs/bellerive.toml) on the real server: its entrances, pages, words and password."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kc_bridge.domain.journey import keycloak_actions
from kc_bridge.store.activation import Link
from kc_bridge.store.models import Identifier, Person
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import CHARTER, FINISHED, PASSWORD, choose, logs_in, pending
from tests.support.entrances import WAITING, newest_link
from tests.support.stack import Stack, start_stack
from tests.support.walker import Page, Walker

PROFILE = Path(__file__).parents[2] / "docs" / "bellerive.toml"
LETTERS = "brumelaqueustx"
"""Fourteen, of one class: all the profile asks for."""


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"), profile=str(PROFILE))
    yield stack
    stack.stop()


def staff_member(stack: Stack) -> tuple[Person, str]:
    """Somebody of the staff with no private address on record, and their staff number."""
    name, number, now = f"s{secrets.token_hex(4)}", f"BEL{secrets.randbelow(10**8):08}", stack.clock()
    profile = stack.services.profile
    login = f"{name}@{profile.mail_domains['staff']}"
    actions = keycloak_actions(profile.journey_for("staff"))
    person = Person(
        key=f"test:{name}",
        uid=name,
        keycloak_id=stack.realm.create_user(login, email=login, requiredActions=actions),
        login=login,
        mail=login,
        first_name="Dominique",
        last_name="Le Goff",
        birth_date=date(1980, 5, 17),
        language="fr",
        population="staff",
        created_at=now,
        updated_at=now,
        identifiers=[Identifier(kind="staff_number", value=number)],
    )
    with stack.services.sessions.begin() as db:
        db.add(person)
    return person, number


def finish(stack: Stack, walker: Walker, page: Page) -> Page:
    """The password page, where 13 letters are too few, and 14 are enough; then out to the application."""
    assert page.title == PASSWORD
    refused = choose(walker, page, LETTERS[:13])
    assert (refused.status, refused.title) == (422, PASSWORD)
    assert "Il faut au moins 14 caractères." in refused.text
    done = choose(walker, refused, LETTERS)
    assert done.title == FINISHED, done.text
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
    return done


def assert_attributes(stack: Stack, person: Person, **expected: str | None) -> None:
    """The account is done; these attributes of Keycloak's user are as expected (None: absent)."""
    assert pending(stack, person) == []
    found = stack.user(person)["attributes"]
    assert found["kcbCharter"][0].startswith("2026-10 fr ")
    assert {name: found.get(name) for name in expected} == {
        name: None if value is None else [value] for name, value in expected.items()
    }
    assert logs_in(stack, person, LETTERS)


def test_a_student_by_the_mailed_link(stack: Stack) -> None:
    person, walker = stack.person(), Walker()
    link = stack.mail_link(person)
    with stack.services.sessions() as db:
        issued = db.scalars(select(Link).where(Link.person_id == person.id)).one()
    assert issued.expires_at - issued.created_at == timedelta(hours=48)

    page = walker.send(walker.get(link))
    assert page.title == CHARTER, "the mailbox of the link is the backup mail: not asked"
    assert "Étape 1 sur 5" in page.text
    assert ">Continuer</button>" in page.response.text
    assert ">Suivant</button>" not in page.response.text
    page = walker.send(page, accept="y")
    assert page.title == "Votre boîte universitaire"
    assert "s'ouvre dans l'heure qui suit" in page.text
    page = walker.send(page, forwarding_copy="y")
    assert page.title == "Votre visibilité dans l'annuaire"
    page = walker.send(page, directory_visibility="yes")
    done = finish(stack, walker, page)

    rows = ["Identifiant", "Adresse mail universitaire", "Mot de passe", "Mail de secours", "Redirection"]
    assert [done.text.index(row) for row in rows] == sorted(done.text.index(row) for row in rows)
    assert_attributes(
        stack,
        person,
        supannMailPrive=f"{{SECOURS}}{person.personal_mail}",
        kcbDirectoryVisibility="true",
        kcbPhotoUse="false",
        kcbSmsConsent=None,
        mailForwardingAddress=None,
    )


def test_a_staff_member_by_number_and_birth_date(stack: Stack) -> None:
    (person, number), walker = staff_member(stack), Walker()
    backup = f"{person.uid}@perso.example"

    page = walker.get(f"{stack.url}/identification")
    assert page.url == f"{stack.url}/identification/staff-number", "the one kind: no choice"
    page = walker.send(page, number=number, birth_date="17/05/1980")
    assert page.title == CHARTER
    page = walker.send(page, accept="y")
    assert page.title == "Mail de secours"
    page = walker.send(page, backup_mail=backup)
    assert page.title == WAITING
    page = walker.send(walker.get(newest_link(stack, {"backup_mail": backup, "forwarding_address": ""})))
    assert page.title == "Vous joindre, vous trouver"
    page = walker.send(page, sms_consent="yes", sms_phone="06 39 98 00 00", directory_visibility="no")
    finish(stack, walker, page)

    assert_attributes(
        stack,
        person,
        supannMailPrive=f"{{SECOURS}}{backup}",
        kcbSmsConsent="true",
        supannTelephonePrive="{MOBPERSO}+33639980000",
        kcbDirectoryVisibility="false",
        kcbPhotoUse="false",
    )
