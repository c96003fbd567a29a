"""A new version of the charter, from the profile to the next login: asked of those who accepted another, once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from kc_bridge.domain.profile import load_profile
from kc_bridge.services import EXTENSION
from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.models import Person
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import activate, log_in
from tests.support.stack import GOOD_PASSWORD, Stack, start_stack
from tests.support.walker import Walker

SHIPPED = Path(__file__).parents[2] / "required_actions" / "profiles" / "default.toml"
NEW = """
version = "2027-01"
since = 2027-01-01
changes = { fr = "- le télétravail y a sa place", en = "- working from home has its place" }
"""
PASSWORD = "Bougie-fenêtre-81-cactus!"


@pytest.fixture
def stack(realms: Callable[..., KcbRealm], tmp_path: Path) -> Iterator[Stack]:
    stack = start_stack(realms, tmp_path)
    yield stack
    stack.stop()


def adopt_new_version(stack: Stack, folder: Path) -> list[str]:
    """The university edits its profile, runs ``kcb setup``, restarts the bridge; what setup printed."""
    edited = folder / "profile.toml"
    edited.write_text(SHIPPED.read_text("utf-8").replace('\nversion = "2026-09"\n', NEW, 1), "utf-8")
    stack.realm.profile = load_profile(str(edited))
    said = stack.realm.setup()
    stack.app.extensions[EXTENSION] = replace(stack.services, profile=stack.realm.profile)
    return said


def proofs(stack: Stack, person: Person) -> list[CharterAcceptance]:
    with stack.services.sessions() as db:
        wanted = CharterAcceptance.person_id == person.id
        return list(
            db.scalars(select(CharterAcceptance).where(wanted).order_by(CharterAcceptance.accepted_at))
        )


def test_a_new_version_is_asked_once_of_those_who_accepted_another(stack: Stack, tmp_path: Path) -> None:
    knows, newcomer = stack.person(), stack.person()
    never_asked = stack.person(
        actions=[], credentials=[{"type": "password", "value": PASSWORD, "temporary": False}]
    )
    assert activate(stack, Walker(), stack.mail_link(knows)).url.startswith(stack.ent_url)
    assert log_in(stack, Walker(), knows.login, GOOD_PASSWORD).url.startswith(stack.ent_url)

    said = adopt_new_version(stack, tmp_path)
    assert any("kcb-charter" in line for line in said), said
    charter = stack.services.profile.charter

    # The next login of whoever accepted the old one: what is new, since when; nothing ticked for them.
    walker = Walker()
    page = log_in(stack, walker, knows.login, GOOD_PASSWORD)
    assert page.title == "Charte informatique", page
    assert "La charte a changé depuis que vous l'avez acceptée" in page.text
    assert "1er janvier 2027" in page.text
    assert "le télétravail y a sa place" in page.text
    assert stack.user(knows)["requiredActions"] == ["kcb-charter"]
    page = walker.send(page, accept="y")
    assert page.url.startswith(stack.ent_url), page
    assert "Camille" in page.text

    # Both acceptances are proved here; Keycloak holds the one in force.
    digest = hashlib.sha256(charter.text["fr"].encode()).hexdigest()
    assert [proof.version for proof in proofs(stack, knows)] == ["2026-09", "2027-01"]
    (held,) = stack.user(knows)["attributes"]["kcbCharter"]
    assert held.startswith(f"2027-01 fr {digest} ")

    # The login after that, somebody who never had a charter, and a newcomer are not told of news.
    assert log_in(stack, Walker(), knows.login, GOOD_PASSWORD).url.startswith(stack.ent_url)
    assert log_in(stack, Walker(), never_asked.login, PASSWORD).url.startswith(stack.ent_url)
    assert proofs(stack, never_asked) == []
    first = (walker := Walker()).send(walker.get(stack.mail_link(newcomer)))
    assert first.title == "Charte informatique"
    assert "La charte a changé" not in first.text
    assert not any("kcb-charter" in line for line in stack.realm.setup(dry_run=True))


def test_giving_up_leaves_it_for_the_next_login(stack: Stack, tmp_path: Path) -> None:
    person = stack.person()
    activate(stack, Walker(), stack.mail_link(person))
    adopt_new_version(stack, tmp_path)
    for _login in range(2):
        assert log_in(stack, Walker(), person.login, GOOD_PASSWORD).title == "Charte informatique"
    assert [proof.version for proof in proofs(stack, person)] == ["2026-09"]
