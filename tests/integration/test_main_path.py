"""The thin path through all parts: mail, link, wizard, Keycloak, « ENT démo »."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from kc_bridge.store.activation import CharterAcceptance, Link
from tests.integration.kcb_realm import KcbRealm
from tests.support.stack import GOOD_PASSWORD, Stack, start_stack
from tests.support.walker import Page, Walker


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"))
    yield stack
    stack.stop()


def to_password(walker: Walker, link: str) -> Page:
    """From the mail to the password page."""
    page = walker.send(walker.get(link))
    assert page.title == "Charte informatique", page
    page = walker.send(page, accept="y")
    assert page.title == "Choisissez votre mot de passe", page
    return page


def test_from_the_mail_to_the_ent(stack: Stack) -> None:
    person = stack.person()
    walker = Walker()
    page = walker.get(stack.mail_link(person))
    assert person.login in page.text
    page = to_password(walker, page.url)
    page = walker.send(page, password=GOOD_PASSWORD, confirmation=GOOD_PASSWORD)
    assert page.title == "Votre compte est activé"
    assert person.login in page.text

    page = walker.get(f"{stack.url}/activation/leave")

    assert page.url.startswith(stack.ent_url)
    assert "Camille" in page.text
    after = stack.reread(person)
    assert after.activated_at is not None
    assert after.state == "SupannActif"
    user = stack.user(person)
    assert user["requiredActions"] == []
    charter = stack.services.profile.charter
    digest = hashlib.sha256(charter.text["fr"].encode()).hexdigest()
    assert user["attributes"]["kcbCharter"][0].startswith(f"{charter.version} fr {digest} ")
    with stack.services.sessions() as db:
        proof = db.scalars(select(CharterAcceptance).where(CharterAcceptance.person_id == person.id)).one()
        link = db.scalars(select(Link).where(Link.person_id == person.id)).one()
    assert (proof.version, proof.language, proof.text_sha256) == (charter.version, "fr", digest)
    assert link.state == "finished"


def test_the_new_password_logs_in(stack: Stack) -> None:
    person = stack.person()
    page = to_password(walker := Walker(), stack.mail_link(person))
    walker.send(page, password=GOOD_PASSWORD, confirmation=GOOD_PASSWORD)

    other = Walker()
    page = other.get(f"{stack.ent_url}/connexion")
    page = other.log_in(page, person.login, GOOD_PASSWORD)

    assert page.url.startswith(stack.ent_url)
    assert "Camille" in page.text
