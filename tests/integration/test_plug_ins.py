"""A step of another package, on the real server: no fork, and no Java."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.integration.kcb_realm import KcbRealm
from tests.support.activation import activations
from tests.support.entrances import active_person, ask_for, assign, begin, is_inside_wizard, told, walk
from tests.support.plug_in import installed
from tests.support.stack import Stack, start_stack
from tests.support.walker import Walker


@pytest.fixture(scope="module")
def stack(realms: Callable[..., KcbRealm], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A university whose profile and one of whose steps come from its own package."""
    with installed(tmp_path_factory.mktemp("plug-in")):
        stack = start_stack(realms, tmp_path_factory.mktemp("stack"), profile="example")
        yield stack
        stack.stop()


def test_in_an_activation(stack: Stack) -> None:
    person, walker = stack.person(), Walker()
    assert "kcb-extra" in stack.user(person)["requiredActions"]
    page = walker.send(walker.get(stack.mail_link(person)))
    page = walker.send(page, accept="y")
    assert page.title == "Carte de bibliothèque"
    refused = walker.send(page)
    assert (refused.status, refused.title) == (422, "Carte de bibliothèque")
    assert "Choisissez une bibliothèque." in refused.text
    done = walk(stack, walker, page, library_card="south")
    assert done.url.startswith(stack.ent_url)
    user = stack.user(person)
    assert user["attributes"]["libraryCard"] == ["south"]
    assert user["requiredActions"] == []
    assert activations(stack, person) == 1
    (event,) = [
        event["details"]
        for event in stack.realm.call("GET", f"events?user={person.keycloak_id}")
        if event.get("details", {}).get("custom_required_action") == "kcb-extra"
    ]
    assert (event["kcb_library"], event["kcb_attributes"]) == ("south", "libraryCard")


def test_its_own_translations(stack: Stack) -> None:
    person, walker = stack.person(language="en"), Walker()
    page = walker.send(walker.get(f"{stack.mail_link(person)}?lang=en"))
    page = walker.send(page, accept="y")
    assert page.title == "Library card"


@pytest.mark.parametrize("way", ["console", "application"])
def test_asked_of_an_active_account(stack: Stack, way: str) -> None:
    person, walker = active_person(stack), Walker()
    if way == "console":
        assign(stack, person.keycloak_id, "kcb-extra")
        page = begin(stack, walker, person)
    else:
        begin(stack, walker, person)
        page = ask_for(stack, walker, "kcb-extra")
    assert is_inside_wizard(stack, page)
    assert page.title == "Carte de bibliothèque"
    walk(stack, walker, page, library_card="north")
    assert stack.user(person)["attributes"]["libraryCard"] == ["north"]
    if way == "application":
        assert told(stack, walker)["kc_action_status"] == "success"


def test_the_console_may_widen_what_it_writes_and_setup_leaves_nothing_else(stack: Stack) -> None:
    gear = stack.realm.call("GET", "authentication/required-actions/kcb-extra/config")["config"]
    assert gear["attributes"] == "kcbExtra,libraryCard"
    names = {attribute["name"] for attribute in stack.realm.call("GET", "users/profile")["attributes"]}
    assert "libraryCard" in names
