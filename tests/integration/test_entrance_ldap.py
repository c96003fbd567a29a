"""People whose password lives in a directory: the one they choose is written there, where it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from kc_bridge.domain.errors import PasswordElsewhere
from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.models import Person
from required_actions import resets
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import (
    CHARTER,
    FINISHED,
    PASSWORD,
    activations,
    choose,
    log_in,
    logs_in,
    pending,
)
from tests.support.entrances import ask_for, assert_effect, assign, told, walk
from tests.support.federation import IN_THE_DIRECTORY, Federation
from tests.support.slapd import Slapd
from tests.support.stack import GOOD_PASSWORD, Stack, start_stack
from tests.support.walker import Walker

JOURNEY = ("kcb-charter", "kcb-new-password")
SHORTEST = 20
"""What the directory asks for; the realm itself would take a shorter password."""
SHORT = "Automne-à-Metz-2!"


@pytest.fixture(scope="module")
def directory() -> Iterator[Slapd]:
    directory = Slapd(shortest=SHORTEST)
    directory.start()
    yield directory
    directory.stop()


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"))
    yield stack
    stack.stop()


@pytest.fixture(scope="module")
def federation(stack: Stack, directory: Slapd) -> Federation:
    return Federation.of(stack, directory)


@pytest.fixture
def read_only(federation: Federation) -> Iterator[Callable[..., Person]]:
    """Makes people of a directory Keycloak may only read. Its API could not mark them afterwards: they are made before."""

    def make(*actions: str) -> Person:
        person = federation.person(*actions)
        federation.edit_mode("READ_ONLY")
        return person

    yield make
    federation.edit_mode("WRITABLE")


def test_from_the_mail_to_the_application(stack: Stack, federation: Federation) -> None:
    person, walker = federation.person(*JOURNEY), Walker()
    assert federation.binds(person, IN_THE_DIRECTORY)

    page = walk(stack, walker, walker.send(walker.get(stack.mail_link(person))))

    assert page.url.startswith(stack.ent_url), page
    assert federation.binds(person, GOOD_PASSWORD)
    assert not federation.binds(person, IN_THE_DIRECTORY)
    assert logs_in(stack, person, GOOD_PASSWORD)
    assert not logs_in(stack, person, IN_THE_DIRECTORY)
    kept = stack.realm.call("GET", f"users/{person.keycloak_id}/credentials")
    assert all("federationLink" in credential for credential in kept), "Keycloak keeps none of its own"
    assert_effect(stack, person.keycloak_id, "kcb-charter")
    assert activations(stack, person) == 1


def test_a_provisional_password_of_the_console(stack: Stack, federation: Federation) -> None:
    person, walker = federation.person(*JOURNEY), Walker()
    provisional = "Provisoire-2026-à-Sète!"
    path = f"users/{person.keycloak_id}/reset-password"
    stack.realm.call("PUT", path, {"type": "password", "value": provisional, "temporary": True})
    assert federation.binds(person, provisional)

    page = log_in(stack, walker, person.login, provisional)

    assert page.title == CHARTER
    assert walk(stack, walker, page).url.startswith(stack.ent_url)
    assert federation.binds(person, GOOD_PASSWORD)
    assert not federation.binds(person, provisional)


def test_an_application_asks_for_another_password(stack: Stack, federation: Federation) -> None:
    person, walker = federation.person(), Walker()
    assert log_in(stack, walker, person.login, IN_THE_DIRECTORY).url.startswith(stack.ent_url)

    page = walk(stack, walker, ask_for(stack, walker, "kcb-new-password"))

    assert page.url.startswith(stack.ent_url)
    assert told(stack, walker)["kc_action_status"] == "success"
    assert federation.binds(person, GOOD_PASSWORD)


def test_a_password_the_directory_refuses(stack: Stack, federation: Federation) -> None:
    """Its policy (ppolicy) is not the realm's: the refusal is told like any other, and another may be chosen."""
    person, walker = federation.person("kcb-new-password"), Walker()
    page = log_in(stack, walker, person.login, IN_THE_DIRECTORY)
    assert page.title == PASSWORD

    page = choose(walker, page, SHORT)

    assert (page.status, page.title) == (422, PASSWORD), page
    assert "annuaire" in page.text
    assert federation.binds(person, IN_THE_DIRECTORY)
    assert not federation.binds(person, SHORT)
    assert pending(stack, person) == ["kcb-new-password"]
    choose(walker, page)
    assert federation.binds(person, GOOD_PASSWORD)
    assert pending(stack, person) == []


def assert_accepted_here_alone(stack: Stack, person: Person) -> None:
    """The step counts as done; the proof is ours, since Keycloak takes no attribute of such a user from anybody."""
    assert "kcb-charter" not in pending(stack, person)
    assert "kcbCharter" not in stack.user(person)["attributes"]
    with stack.services.sessions() as db:
        assert db.scalars(select(CharterAcceptance).where(CharterAcceptance.person_id == person.id)).one()


class TestReadOnly:
    """Nobody is asked for a password that Keycloak could not write; the other steps are as ever."""

    def test_a_login(self, stack: Stack, federation: Federation, read_only: Callable[..., Person]) -> None:
        person, walker = read_only(*JOURNEY), Walker()

        page = log_in(stack, walker, person.login, IN_THE_DIRECTORY)

        assert page.title == CHARTER
        page = walker.send(page, accept="y")
        assert page.title == FINISHED, page
        assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
        assert federation.binds(person, IN_THE_DIRECTORY)
        assert activations(stack, person) == 1
        assert_accepted_here_alone(stack, person)

    def test_a_mailed_link(
        self, stack: Stack, federation: Federation, read_only: Callable[..., Person]
    ) -> None:
        person, walker = read_only(*JOURNEY), Walker()

        page = walker.send(walker.get(stack.mail_link(person)))

        assert page.title == CHARTER, page
        assert walk(stack, walker, page).url.startswith(stack.ent_url)
        assert activations(stack, person) == 1
        assert federation.binds(person, IN_THE_DIRECTORY)

    def test_an_application_that_asks_for_one(
        self, stack: Stack, federation: Federation, read_only: Callable[..., Person]
    ) -> None:
        person, walker = read_only(), Walker()
        assert log_in(stack, walker, person.login, IN_THE_DIRECTORY).url.startswith(stack.ent_url)

        page = ask_for(stack, walker, "kcb-new-password")

        assert page.url.startswith(stack.ent_url)
        assert told(stack, walker)["kc_action_status"] == "error"

    def test_other_steps(
        self, stack: Stack, federation: Federation, read_only: Callable[..., Person]
    ) -> None:
        person, walker = read_only(), Walker()
        log_in(stack, walker, person.login, IN_THE_DIRECTORY)
        assign(stack, person.keycloak_id, "kcb-charter")
        page = walk(stack, walker, walker.get(f"{stack.ent_url}/connexion"))
        assert page.url.startswith(stack.ent_url)
        assert_accepted_here_alone(stack, person)


def test_a_directory_that_is_down_spends_nothing(stack: Stack, federation: Federation) -> None:
    """Scenario 31 for the directory behind Keycloak, which then counts its people as disabled: they go on later."""
    person, walker = federation.person("kcb-new-password"), Walker()
    page = log_in(stack, walker, person.login, IN_THE_DIRECTORY)
    federation.directory.pause()
    try:
        refused = choose(walker, page)
    finally:
        federation.directory.resume()
    assert refused.status in (403, 503), refused
    assert federation.binds(person, IN_THE_DIRECTORY)
    choose(walker, walker.get(page.url))
    assert federation.binds(person, GOOD_PASSWORD)


def test_validated_again_nobody_knows_the_password_in_the_directory(
    stack: Stack, federation: Federation
) -> None:
    """A directory keeps a password for everybody: the old one is replaced, and the journey sets the next."""
    person, walker = federation.person(), Walker()
    resets.reset(stack.services, person.id, actor="martine", reason="phishing")
    assert not federation.binds(person, IN_THE_DIRECTORY)
    assert pending(stack, person) == sorted(JOURNEY)
    page = walk(stack, walker, walker.send(walker.get(stack.mail_link(person))))
    assert page.url.startswith(stack.ent_url), page
    assert federation.binds(person, GOOD_PASSWORD)


def test_a_directory_only_read_is_told_to_the_operator(
    stack: Stack, federation: Federation, read_only: Callable[..., Person]
) -> None:
    person = read_only()
    with pytest.raises(PasswordElsewhere):
        resets.reset(stack.services, person.id, actor="martine", reason="phishing")
    assert federation.binds(person, IN_THE_DIRECTORY)
    assert pending(stack, person) == []
