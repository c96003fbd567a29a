"""A last page that asks for a password and the house rules, under a strict policy of a real Keycloak."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.store.models import Person
from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import FINISHED, log_in, logs_in, password_changes
from tests.support.stack import Stack, start_stack
from tests.support.stolen_passwords import write_list
from tests.support.walker import Page, Walker

PROFILE = Path(__file__).parents[1] / "support" / "profiles" / "one-page.toml"
TITLE = "Votre mot de passe, et le règlement"
STOLEN = "Cheval7-lampe-nuage"
GOOD = "Bougie-fenêtre-81-cactus"
LENGTH = "Il faut au moins 12 caractères."
LONG = "Il faut au plus 30 caractères."
CAPITAL = "Il faut au moins 1 lettre majuscule."
SMALL = "Il faut au moins 1 lettre minuscule."
DIGIT = "Il faut au moins 1 chiffre."
SPECIAL = "Il faut au moins 1 caractère spécial (ni lettre ni chiffre)."
SPACE = "Il doit être sans espace."
EASY = "Il doit être difficile à deviner"
KNOWN = "Il figure dans des listes de mots de passe volés"
RULES = "Cochez la case"


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    stolen = write_list(folder / "stolen.txt", [STOLEN, "autre", "encore un"])
    stack = start_stack(realms, folder, profile=str(PROFILE), breached_passwords=stolen)
    stack.realm.call("PUT", "events/config", {"eventsEnabled": True})
    yield stack
    stack.stop()


@pytest.fixture
def person(stack: Stack) -> Person:
    return stack.person()


@pytest.fixture
def walker() -> Walker:
    return Walker()


@pytest.fixture
def page(stack: Stack, walker: Walker, person: Person) -> Page:
    """The page, just arrived by the mailed link."""
    page = walker.send(walker.get(stack.mail_link(person)))
    assert page.title == TITLE, page
    return page


def errors(page: Page) -> list[str]:
    summary = page.response.text.partition("error-summary")[2].partition("</div>")[0]
    return [unescape(text) for text in re.findall(r"<a href=[^>]+>(.*?)</a>", summary)]


def ticked(page: Page) -> bool:
    return bool(re.search(r'<input[^>]* checked[^>]* id="accept"', page.response.text))


def is_each(said: list[str], *expected: str) -> bool:
    return len(said) == len(expected) and all(map(str.startswith, said, expected))


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("soleil", [LENGTH, CAPITAL, DIGIT, SPECIAL, KNOWN, EASY]),
        ("MOT DE PASSE", [SMALL, DIGIT, SPACE, EASY]),
        ("Aa1!" * 9, [LONG, EASY]),
        (STOLEN, [KNOWN]),
    ],
    ids=["short", "spaces", "long", "stolen"],
)
def test_every_rule_of_keycloak_and_ours_at_once(
    stack: Stack, walker: Walker, page: Page, person: Person, password: str, expected: list[str]
) -> None:
    answer = walker.send(page, password=password, confirmation=password)
    assert answer.status == 422
    assert is_each(errors(answer), *expected, RULES), errors(answer)
    assert password not in answer.response.text
    ticking = walker.send(page, password=password, confirmation=password, accept="y")
    assert is_each(errors(ticking), *expected), errors(ticking)
    assert ticked(ticking)
    assert stack.user(person)["requiredActions"] == ["kcb-charter", "kcb-new-password"]
    assert password_changes(stack, person) == 0


def test_what_keycloak_alone_objects_to_keeps_the_tick(walker: Walker, page: Page) -> None:
    answer = walker.send(page, password="Xk9$mQ2!vLp", confirmation="Xk9$mQ2!vLp", accept="y")
    assert is_each(errors(answer), LENGTH)
    assert ticked(answer)
    assert walker.send(answer, password=GOOD, confirmation=GOOD, accept="y").title == FINISHED


def test_one_page_activates(stack: Stack, walker: Walker, page: Page, person: Person) -> None:
    link = re.search(r'<a href="([^"]+)" target="_blank"', page.response.text)
    assert link
    assert "Chacune et chacun y a droit." in walker.get(stack.url + link[1]).text
    assert walker.send(page, password=GOOD, confirmation=GOOD, accept="y").title == FINISHED
    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
    user = stack.user(person)
    assert user["requiredActions"] == []
    assert user["attributes"]["kcbCharter"][0].startswith("2026-09 fr ")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_letters_are_kept_as_they_were_typed(
    stack: Stack, walker: Walker, page: Page, person: Person, form: Any
) -> None:
    """Keycloak compares code points, so the bridge may not put accents together or apart (ADR 12)."""
    typed = unicodedata.normalize(form, GOOD)
    other = unicodedata.normalize("NFD" if form == "NFC" else "NFC", GOOD)
    assert walker.send(page, password=typed, confirmation=typed, accept="y").title == FINISHED
    assert logs_in(stack, person, typed)
    assert not logs_in(stack, person, other)


def test_an_old_password_comes_with_our_objections(
    stack: Stack, walker: Walker, page: Page, person: Person
) -> None:
    """The history is Keycloak's alone; asked by ticket, for somebody who is changing a password."""
    walker.send(page, password=GOOD, confirmation=GOOD, accept="y")
    walker.get(f"{stack.url}/activation/leave")
    user = stack.user(person)
    stack.realm.call("PUT", f"users/{person.keycloak_id}", user | {"requiredActions": ["kcb-new-password"]})
    walker = Walker()
    page = log_in(stack, walker, person.login, GOOD)
    assert page.title == "Choisissez votre mot de passe"
    again = walker.send(page, password=GOOD, confirmation="autre chose")
    assert is_each(errors(again), "Il doit être différent des 3 derniers", "Les deux saisies diffèrent")
    fresh = "Trottinette-12-violettes"
    assert walker.send(again, password=fresh, confirmation=fresh).url.startswith(stack.ent_url)
    assert logs_in(stack, person, fresh)


def test_no_trace_of_a_password_is_kept(stack: Stack, walker: Walker, page: Page, person: Person) -> None:
    """A registrar may ask for a new one, and can look everywhere: pages, events, attributes, database."""
    tried = ["Canari-1", "Canari-Plumes-Jaunes-7"]  # refused, then taken
    pages = [walker.send(page, password=password, confirmation=password, accept="y") for password in tried]
    assert [answer.status for answer in pages] == [422, 200]
    pages.append(walker.get(f"{stack.url}/activation/summary"))
    seen = "".join(answer.response.text for answer in pages)
    seen += str(stack.realm.call("GET", "events", params={"max": 1000})) + str(stack.user(person))
    assert "kcb-new-password" in seen
    with sqlite3.connect(stack.realm.settings.database_url.removeprefix("sqlite:///")) as database:
        kept = "\n".join(database.iterdump())
    assert person.login in kept
    for canary in ("Canari", "Plumes"):
        assert canary not in seen
        assert canary not in kept
