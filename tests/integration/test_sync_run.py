"""The sync on a real Keycloak: what is created, kept, closed and never touched."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from kc_bridge.adapters.directories import open_directory
from kc_bridge.domain.lifecycle import Lifecycle
from kc_bridge.domain.person import key_digest
from kc_bridge.store import models
from tests.integration.kcb_realm import KcbRealm
from tests.support.sync_world import World, staff, student

REALM_SETTINGS = {"directory": "admin"}
"""Rights for both ways of writing users."""

PASSWORD = "Printemps-2026!"
APPLICATION = "sync-test-app"
FENCES = count(4 * 10**12, 10**6)
"""The realm remembers the last run of the test before; each test's own clock goes back to 2026."""


@pytest.fixture(scope="module")
def application(realm: KcbRealm) -> str:
    """A public client with the password grant: the quickest way to a session and its tokens."""
    client = {
        "clientId": APPLICATION,
        "publicClient": True,
        "directAccessGrantsEnabled": True,
        "standardFlowEnabled": False,
    }
    realm.call("POST", "clients", client)
    return APPLICATION


BOTH_WAYS = pytest.mark.parametrize("world", ["batch", "admin"], indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest, realm: KcbRealm, tmp_path: Path) -> Iterator[World]:
    """A bridge of its own, writing by the JAR unless a test says otherwise; the users it made go with it."""
    database, way = f"sqlite:///{tmp_path / 'sync.db'}", getattr(request, "param", "batch")
    settings = realm.settings.model_copy(update={"database_url": database, "directory": way})
    world = World(tmp_path, open_directory(settings), settings)
    world.begin_fences_at(next(FENCES))
    yield world
    for user in realm.call("GET", "users", params={"max": 500}):
        realm.call("DELETE", f"users/{user['id']}")


def user_of(realm: KcbRealm, world: World, key: str) -> dict[str, Any]:
    found: dict[str, Any] = realm.call("GET", f"users/{world.person(key).keycloak_id}")
    return found


def admin_events(realm: KcbRealm) -> int:
    return len(realm.call("GET", "admin-events", params={"max": 1000}))


def log_in(realm: KcbRealm, user: dict[str, Any], scope: str = "openid") -> dict[str, Any]:
    """Tokens of a new session, with required actions done and a password set by the administrator."""
    realm.call("PUT", f"users/{user['id']}", user | {"requiredActions": []})
    realm.call(
        "PUT",
        f"users/{user['id']}/reset-password",
        {"type": "password", "value": PASSWORD, "temporary": False},
    )
    answer = token(realm, grant_type="password", username=user["username"], password=PASSWORD, scope=scope)
    assert answer.ok, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def token(realm: KcbRealm, **form: str) -> requests.Response:
    url = f"{realm.settings.issuer}/protocol/openid-connect/token"
    return requests.post(url, data={"client_id": APPLICATION, **form}, timeout=30)


def refresh(realm: KcbRealm, tokens: dict[str, Any]) -> requests.Response:
    return token(realm, grant_type="refresh_token", refresh_token=tokens["refresh_token"])


def user_info(realm: KcbRealm, tokens: dict[str, Any]) -> int:
    """Status of the answer to an access token."""
    url = f"{realm.settings.issuer}/protocol/openid-connect/userinfo"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return requests.get(url, headers=headers, timeout=30).status_code


@BOTH_WAYS
def test_a_file_becomes_users_with_every_attribute(realm: KcbRealm, world: World) -> None:
    world.students(
        [student(22600001, last="O'Connor", first="Camille"), student(2, last="Nguyễn", first="İpek")]
    )
    world.staff([staff(), staff("P2", first="Léa", population="guest", end="31/07/2027")])
    assert world.run().outcome.done["create"] == 4
    camille = user_of(realm, world, "apogee:22600001")
    digest = camille["attributes"].pop("kcbDigest")[0]
    assert digest == world.person("apogee:22600001").digest
    assert {name: sorted(values) for name, values in camille["attributes"].items()} == {
        "kcbKey": [key_digest("apogee:22600001")],
        "uid": ["camille.o-connor"],
        "displayName": ["Camille O'Connor"],
        "eduPersonAffiliation": ["member", "student"],
        "eduPersonPrimaryAffiliation": ["student"],
        "eduPersonPrincipalName": ["camille.o-connor@univ-demo.fr"],
        "supannEtablissement": ["{UAI}0999999Z"],
        "accountEnd": ["2027-12-31"],
        "accountState": ["SupannCree"],
        "locale": ["fr"],
    }
    assert (camille["username"], camille["email"]) == ("camille.o-connor@etu.univ-demo.fr",) * 2
    assert (camille["enabled"], camille["emailVerified"]) == (True, True)
    assert sorted(camille["requiredActions"]) == ["kcb-charter", "kcb-new-password"]
    assert realm.call("GET", f"users/{camille['id']}/credentials") == []
    assert "22600001" not in str(camille)
    roles = realm.call("GET", f"users/{camille['id']}/role-mappings/realm")
    assert [role["name"] for role in roles] == [f"default-roles-{realm.name}"]
    guest = user_of(realm, world, "rh:P2")["attributes"]
    assert (guest["eduPersonAffiliation"], guest["accountEnd"]) == (["affiliate"], ["2027-07-31"])
    assert "accountEnd" not in user_of(realm, world, "rh:P1")["attributes"]


def test_a_second_run_writes_and_reads_nothing(realm: KcbRealm, world: World) -> None:
    world.students([student(1), student(2)])
    world.run()
    events = admin_events(realm)
    world.used = world.directory  # in memory, and empty: any question would fail
    world.directory.down = True
    report = world.on(2026, 9, 2).run()
    assert (report.status, report.plan.writes) == ("ok", 0)
    assert admin_events(realm) == events


@BOTH_WAYS
def test_an_update_keeps_what_the_activation_wrote(realm: KcbRealm, world: World) -> None:
    world.students([student(1)])
    world.run()
    user = user_of(realm, world, "apogee:1")
    user["attributes"] |= {"kcbCharter": ["2026-09 fr abc 2026-09-01T08:00:00Z"], "locale": ["en"]}
    realm.call("PUT", f"users/{user['id']}", user | {"requiredActions": ["kcb-new-password"]})
    realm.call(
        "PUT",
        f"users/{user['id']}/reset-password",
        {"type": "password", "value": PASSWORD, "temporary": False},
    )
    group = realm.call("POST", "groups", {"name": "chorale"})
    realm.call("PUT", f"users/{user['id']}/groups/{group}")
    world.students([student(1, usual="Durand")])
    assert world.run().outcome.done["update"] == 1
    assert [joined["name"] for joined in realm.call("GET", f"users/{user['id']}/groups")] == ["chorale"]
    realm.call("DELETE", f"groups/{group}")
    after = user_of(realm, world, "apogee:1")
    assert (after["lastName"], after["attributes"]["displayName"]) == ("Durand", ["Marie Durand"])
    assert after["attributes"]["kcbCharter"] == user["attributes"]["kcbCharter"]
    assert (after["attributes"]["locale"], after["requiredActions"]) == (["en"], ["kcb-new-password"])
    assert len(realm.call("GET", f"users/{user['id']}/credentials")) == 1


def test_a_user_closed_by_hand_is_not_opened_by_an_update(realm: KcbRealm, world: World) -> None:
    world.students([student(1)])
    world.run()
    user = user_of(realm, world, "apogee:1")
    realm.call("PUT", f"users/{user['id']}", user | {"enabled": False})
    world.students([student(1, usual="Durand")])
    world.run()
    assert (user_of(realm, world, "apogee:1")["enabled"], user_of(realm, world, "apogee:1")["lastName"]) == (
        False,
        "Durand",
    )


@BOTH_WAYS
@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
def test_closing_ends_sessions_for_good_and_a_new_enrolment_opens(
    realm: KcbRealm, world: World, application: str, scope: str
) -> None:
    world.students([student(1)])
    world.run()
    tokens = log_in(realm, user_of(realm, world, "apogee:1"), scope)
    assert refresh(realm, tokens).ok
    assert user_info(realm, tokens) == 200

    assert world.on(2028, 1, 1).run().outcome.done["disable"] == 1
    closed = user_of(realm, world, "apogee:1")
    assert (closed["enabled"], closed["attributes"]["accountState"]) == (False, ["SupannExpire"])
    assert realm.call("GET", f"users/{closed['id']}/sessions") == []
    assert refresh(realm, tokens).status_code == 400
    assert user_info(realm, tokens) == 401

    world.students([student(1), student(1, year=2028)])
    assert world.on(2028, 9, 1).run().outcome.done["enable"] == 1
    opened = user_of(realm, world, "apogee:1")
    assert (opened["enabled"], opened["attributes"]["accountEnd"]) == (True, ["2029-12-31"])
    assert opened["id"] == closed["id"]
    assert refresh(realm, tokens).status_code == 400
    assert user_info(realm, tokens) == 401
    again = token(realm, grant_type="password", username=opened["username"], password=PASSWORD)
    assert again.ok  # nothing was lost: the password still works


@BOTH_WAYS
def test_a_creation_whose_answer_was_lost_is_adopted(realm: KcbRealm, world: World) -> None:
    world.students([student(1)])
    world.run()
    person = world.person("apogee:1")
    with world.sessions.begin() as session:
        row = session.get_one(models.Person, person.id)
        row.keycloak_id = row.digest = None
    assert world.run().outcome.done["create"] == 1
    assert world.person("apogee:1").keycloak_id == person.keycloak_id
    assert world.mails().count(person.login) == 1


@pytest.mark.parametrize("taken", ["username", "email"])
def test_a_user_of_somebody_else_is_quarantined_and_untouched(
    realm: KcbRealm, world: World, taken: str
) -> None:
    login = "marie.martin@etu.univ-demo.fr"
    foreign = realm.create_user(
        login if taken == "username" else "prof",
        email=login if taken == "email" else "x@ailleurs.example",
        attributes={},
    )
    before = realm.call("GET", f"users/{foreign}")
    world.students([student(1), student(2, first="Zoé")])
    report = world.run()
    assert (report.status, len(report.outcome.conflicts), report.outcome.done["create"]) == ("ok", 1, 2)
    (row,) = world.quarantine()
    assert (row.file, row.line) == ("students.csv", 2)
    assert realm.call("GET", f"users/{foreign}") == before
    assert login not in world.mails()


@BOTH_WAYS
def test_a_user_whose_mark_was_removed_is_untouched(realm: KcbRealm, world: World) -> None:
    world.staff([staff("P1", end="31/12/2026")])
    world.students([student(1)])
    world.run()
    user = user_of(realm, world, "rh:P1")
    del user["attributes"]["kcbKey"]
    realm.call("PUT", f"users/{user['id']}", user)
    report = world.on(2027, 1, 1).run()
    assert ([a.who for a, _ in report.outcome.conflicts], report.outcome.done) == (
        ["paul.bernard@univ-demo.fr"],
        {},
    )
    assert user_of(realm, world, "rh:P1") == user


def test_a_service_account_that_bears_a_persons_mark_is_untouched(realm: KcbRealm, world: World) -> None:
    client = realm.client_id("kc-bridge-web")
    account = realm.call("GET", f"clients/{client}/service-account-user")
    marked = account | {"attributes": {"kcbKey": [key_digest("apogee:1")]}}
    realm.call("PUT", f"users/{account['id']}", marked)
    before = realm.call("GET", f"users/{account['id']}")
    world.students([student(1), student(2, first="Zoé")])
    report = world.run()
    assert [action.who for action, _ in report.outcome.conflicts] == ["marie.martin@etu.univ-demo.fr"]
    assert report.outcome.done["create"] == 2
    assert realm.call("GET", f"users/{account['id']}") == before
    realm.call("PUT", f"users/{account['id']}", account | {"attributes": {}})


@BOTH_WAYS
def test_somebody_made_an_administrator_is_untouched(realm: KcbRealm, world: World) -> None:
    world.students([student(1)])
    world.run()
    user = user_of(realm, world, "apogee:1")
    management = realm.client_id("realm-management")
    role = realm.call("GET", f"clients/{management}/roles/view-users")
    realm.call("POST", f"users/{user['id']}/role-mappings/clients/{management}", [role])
    world.students([student(1, usual="Durand", status="R")])
    report = world.run()
    assert [action.who for action, _ in report.outcome.conflicts] == [user["username"]]
    assert user_of(realm, world, "apogee:1") == user


@BOTH_WAYS
def test_a_user_deleted_by_hand_is_reported_not_made_again(realm: KcbRealm, world: World) -> None:
    world.students([student(1), student(2, first="Zoé")])
    world.run()
    realm.call("DELETE", f"users/{world.person('apogee:1').keycloak_id}")
    world.students([student(1, usual="Durand"), student(2, first="Zoé", usual="Durand")])
    report = world.run()
    assert (len(report.outcome.conflicts), report.outcome.done["update"]) == (1, 1)
    assert "deleted" in world.quarantine()[0].problem


def test_keycloak_away_ends_partial_and_the_next_run_repairs(
    realm: KcbRealm, world: World, tmp_path: Path
) -> None:
    nowhere = world.settings.model_copy(update={"keycloak_internal_url": "http://localhost:1"})
    away = World(tmp_path, open_directory(nowhere), nowhere)
    away.students([student(n, first=f"Prénom{chr(96 + n)}") for n in range(1, 6)])
    report = away.run()
    assert (report.status, report.outcome.failed + report.outcome.left, away.mails()) == ("partial", 6, [])
    report = world.run()  # the same files and database, and the real address
    assert (report.status, report.outcome.done["create"], len(world.mails())) == ("ok", 6, 6)


def test_long_after_the_end_what_people_gave_is_emptied_and_then_the_user_is_gone(
    realm: KcbRealm, world: World
) -> None:
    lifecycle = Lifecycle(purge_data_days=180, purge_account_days=365)
    world.profile = world.profile.model_copy(update={"lifecycle": lifecycle})
    world.students([student(1)])
    world.run()
    marie = user_of(realm, world, "apogee:1")
    theirs = {"supannMailPrive": ["{SECOURS}marie@courriel.example"], "kcbSmsConsent": ["true"]}
    realm.call("PUT", f"users/{marie['id']}", marie | {"attributes": marie["attributes"] | theirs})
    world.on(2028, 1, 1).run()
    assert theirs.items() <= user_of(realm, world, "apogee:1")["attributes"].items(), (
        "closed, and all is there"
    )

    world.on(2028, 6, 29).run()
    emptied = user_of(realm, world, "apogee:1")
    assert not theirs.keys() & emptied["attributes"].keys()
    assert (emptied["attributes"]["accountState"], emptied["enabled"]) == (["SupannSupprDonnees"], False)

    world.on(2028, 12, 31).run()
    assert [user["username"] for user in realm.call("GET", "users")] == [world.person("rh:P1").login]
    assert (world.person("apogee:1").state, world.person("apogee:1").keycloak_id) == (
        "SupannSupprCompte",
        None,
    )
    assert world.nothing_to_do()
