"""Every step from every entrance: one cell each, on the real Keycloak, to the application and to what was written.

A mailed link and an identification open the whole journey, so one person goes through it for all cells of a line; from
the other entrances somebody else comes for each cell and is asked for that one step.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from kc_bridge.domain.profile import load_profile
from kc_bridge.realm.actions import used_actions
from kc_bridge.store.models import Identifier, Person
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import activations, log_in
from tests.support.brokered import IdentityProvider
from tests.support.entrances import (
    active_person,
    ask_for,
    assert_effect,
    assign,
    begin,
    is_inside_wizard,
    told,
    walk,
)
from tests.support.stack import Stack, start_stack
from tests.support.walker import Page, Walker

COMPLETE = str(Path(__file__).parents[1] / "support/profiles/complete.toml")
STEPS = used_actions(load_profile(COMPLETE))
PROVISIONAL = "Provisoire-2026-à-Sète!"


class Entrances:
    """Each lets somebody in by its way and walks to the application; answers Keycloak's id of who that was."""

    def __init__(self, stack: Stack, partner: IdentityProvider) -> None:
        self.stack, self.partner = stack, partner
        self._walked: dict[str, str] = {}
        """Who went through the whole journey, by entrance."""

    def mailed_link(self, _action: str) -> str:
        return self._whole_journey(
            "mailed link", lambda walker, person: walker.get(self.stack.mail_link(person))
        )

    def identification(self, _action: str) -> str:
        return self._whole_journey("identification", self._identified)

    def provisional_password(self, action: str) -> str:
        person, walker = self.stack.person(actions=[action]), Walker()
        words = {"type": "password", "value": PROVISIONAL, "temporary": True}
        self.stack.realm.call("PUT", f"users/{person.keycloak_id}/reset-password", words)
        self._to_the_application(walker, log_in(self.stack, walker, person.login, PROVISIONAL))
        assert activations(self.stack, person) == 1
        return person.keycloak_id or ""

    def console(self, action: str) -> str:
        person, walker = active_person(self.stack), Walker()
        assign(self.stack, person.keycloak_id, action)
        self._to_the_application(walker, begin(self.stack, walker, person))
        assert activations(self.stack, person) == 0
        return person.keycloak_id or ""

    def application(self, action: str) -> str:
        person, walker = active_person(self.stack), Walker()
        begin(self.stack, walker, person)
        self._to_the_application(walker, ask_for(self.stack, walker, action))
        assert told(self.stack, walker)["kc_action_status"] == "success"
        return person.keycloak_id or ""

    def brokered(self, action: str) -> str:
        username = self.partner.add()
        self.partner.enter(Walker(), username)
        user_id: str = self.partner.user_here(username)["id"]
        assign(self.stack, user_id, action)
        walker = Walker()
        self._to_the_application(walker, self.partner.enter(walker, username))
        return user_id

    def _whole_journey(self, entrance: str, enter: Callable[[Walker, Person], Page]) -> str:
        if entrance not in self._walked:
            person, walker = self.stack.person(), Walker()
            self._to_the_application(walker, walker.send(enter(walker, person)))
            assert activations(self.stack, person) == 1
            self._walked[entrance] = person.keycloak_id or ""
        return self._walked[entrance]

    def _identified(self, walker: Walker, person: Person) -> Page:
        number, born = f"{secrets.randbelow(10**8):08}", date(2007, 3, 31)
        with self.stack.services.sessions.begin() as db:
            db.get_one(Person, person.id).birth_date = born
            db.add(Identifier(person_id=person.id, kind="student_number", value=number))
        page = walker.get(f"{self.stack.url}/identification/student-number")
        form = page.form("number", "birth_date")
        form.values |= {"number": number, "birth_date": f"{born:%d/%m/%Y}"}
        return page

    def _to_the_application(self, walker: Walker, page: Page) -> None:
        assert is_inside_wizard(self.stack, page), page
        assert walk(self.stack, walker, page).url.startswith(self.stack.ent_url)


@pytest.fixture(scope="module")
def entrances(
    realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Entrances]:
    stack = start_stack(realms, tmp_path_factory.mktemp("stack"), profile=COMPLETE)
    partner = IdentityProvider.trusted_by(stack)
    yield Entrances(stack, partner)
    partner.delete()
    stack.stop()


@pytest.mark.parametrize(
    "entrance",
    [
        Entrances.mailed_link,
        Entrances.provisional_password,
        Entrances.identification,
        Entrances.console,
        Entrances.application,
        Entrances.brokered,
    ],
    ids=lambda entrance: entrance.__name__,
)
@pytest.mark.parametrize("action", STEPS)
def test_cell(entrances: Entrances, entrance: Callable[[Entrances, str], str], action: str) -> None:
    assert_effect(entrances.stack, entrance(entrances, action), action)


def test_the_table_has_every_step() -> None:
    from kc_bridge.realm.actions import NAMES

    wanted = {f"kcb-{name.replace('_', '-')}" for name in NAMES} - {"kcb-extra"}
    assert set(STEPS) == wanted
