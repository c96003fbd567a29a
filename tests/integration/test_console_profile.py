"""What people may see and change of themselves, by Keycloak's own account API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from kc_bridge.realm.attributes import ATTRIBUTES, GROUPS
from tests.integration.application import PASSWORD, account_console
from tests.integration.kcb_realm import KcbRealm

EVERY = [attribute for group in GROUPS for attribute in ATTRIBUTES[group]]
HIDDEN = {"kcbKey", "kcbDigest", "kcbExtra", "kcbCharter"}


class Malin:
    """Somebody who tries to change what is written about them."""

    def __init__(self, realm: KcbRealm) -> None:
        self.realm = realm
        attributes = {attribute.name: [f"{attribute.name}-1"] for attribute in EVERY if not attribute.date}
        # The charter of today, or the login would ask for it.
        accepted = f"{realm.profile.charter.version} fr 00 2026-09-01T00:00:00Z"
        attributes |= {"accountEnd": ["2027-12-31"], "locale": ["fr"], "kcbCharter": [accepted]}
        self.id = realm.create_user("malin", password=PASSWORD, attributes=attributes)
        self.http = account_console(realm, "malin")
        self.address = f"{realm.settings.issuer}/account"

    def mine(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(self.address, timeout=20).json()
        return found

    def save(self, form: dict[str, Any]) -> requests.Response:
        return self.http.post(self.address, json=form, timeout=20)

    def kept(self) -> dict[str, Any]:
        found: dict[str, Any] = self.realm.call("GET", f"users/{self.id}")
        return found


@pytest.fixture(scope="module")
def malin(realm: KcbRealm) -> Iterator[Malin]:
    return Malin(realm)


def test_people_see_what_is_theirs_and_no_technical_attribute(malin: Malin) -> None:
    assert malin.mine()["attributes"].keys() == {attribute.name for attribute in EVERY} - HIDDEN


@pytest.mark.parametrize(
    "name", [attribute.name for attribute in EVERY if attribute.name != "locale"] + ["badge"]
)
def test_no_attribute_is_theirs_to_change(malin: Malin, name: str) -> None:
    before, form = malin.kept(), malin.mine()
    for forged in (["2099-12-31"], []):
        malin.save(form | {"attributes": form["attributes"] | {name: forged}})
        assert malin.kept() == before


@pytest.mark.parametrize("name", ["email", "firstName", "lastName", "username"])
def test_neither_is_their_name_or_address(malin: Malin, name: str) -> None:
    before = malin.kept()
    malin.save(malin.mine() | {name: "autre@example.org"})
    assert malin.kept() == before


def test_their_language_is(malin: Malin) -> None:
    before, form = malin.kept(), malin.mine()
    assert malin.save(form | {"attributes": form["attributes"] | {"locale": ["en"]}}).status_code == 204
    assert malin.kept()["attributes"] == before["attributes"] | {"locale": ["en"]}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_attributes_and_groups_have_names_in_their_language(malin: Malin, language: str) -> None:
    shown = malin.http.get(malin.address, params={"userProfileMetadata": "true"}, timeout=20).json()
    metadata = shown["userProfileMetadata"]
    texts = malin.realm.call("GET", f"localization/{language}")

    def read(reference: str) -> str:
        assert reference.startswith("${"), "a name in one language only"
        said: str = texts[reference[2:-1]]
        return said

    declared = {a["name"]: a for a in metadata["attributes"]}
    assert {
        read(group["displayHeader"]) for group in metadata["groups"] if group["name"].startswith("kcb-")
    } == {group.header[language] for group in GROUPS}
    for group in GROUPS:
        for attribute in ATTRIBUTES[group]:
            if attribute.name not in HIDDEN:
                said = declared[attribute.name]
                assert (read(said["displayName"]), said["group"]) == (attribute.label[language], group.name)
                assert said["readOnly"] is (attribute.name != "locale")
