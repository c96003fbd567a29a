"""Two universities' password policies on the real Keycloak, side by side: what each realm asks, refuses and keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.domain.password_policy import PasswordPolicy
from kc_bridge.domain.profile import load_profile
from kc_bridge.realm.doctor import CHECKS
from kc_bridge.realm.finding import Finding, Installation
from kc_bridge.realm.setup import setup_realm
from kc_bridge.services import build
from tests.integration.kcb_realm import KcbRealm

ASCII = [chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum()]
UM_REFUSES = set("<>\"'$")
UPHF_SPECIAL = set('!"#$%&()*+,-./:;<=>?@[]^_`{|}~')
"""As the published procedures list them, written out here a second time."""


@pytest.fixture(scope="module")
def um(realms: Callable[..., KcbRealm]) -> KcbRealm:
    return realms(profile="um")


@pytest.fixture(scope="module")
def uphf(realms: Callable[..., KcbRealm]) -> KcbRealm:
    return realms(profile="uphf")


def refused(realm: KcbRealm, *passwords: str, username: str | None = None) -> list[set[str]]:
    """For each password: the rules of Keycloak's it breaks, for one new user."""
    user_id = realm.create_user(username)
    backchannel = build(realm.settings).backchannel
    answers = [
        backchannel._call("POST", "password-check", {"userId": user_id, "password": typed}, repeat=True)
        for typed in passwords
    ]
    return [{violation["policy"] for violation in answer["violations"]} for answer in answers]


def test_two_policies_side_by_side(um: KcbRealm, uphf: KcbRealm) -> None:
    assert um.call("GET")["passwordPolicy"] == load_profile("um").password_policy.keycloak()
    assert uphf.call("GET")["passwordPolicy"] == load_profile("uphf").password_policy.keycloak()
    assert um.call("GET")["passwordPolicy"] != uphf.call("GET")["passwordPolicy"]
    assert um.setup() == uphf.setup() == []


def test_montpellier_to_the_letter(um: KcbRealm) -> None:
    cases: dict[str, set[str]] = {
        "xk7qmvpw": set(),
        "xk7qmvp": {"length"},
        "xkzqmvpw": {"digits"},
        "12345678": {"regexPattern"},
        "1234567é": set(),
        "xk7 mvpw": set(),
        "Ж" * 7 + "1": set(),
        "x" * 127 + "1": set(),
        "x" * 128 + "1": {"maxLength"},
    }
    cases |= {f"xk7qmvp{char}": {"regexPattern"} if char in UM_REFUSES else set() for char in ASCII}
    assert dict(zip(cases, refused(um, *cases), strict=True)) == cases


def test_valenciennes_to_the_letter(uphf: KcbRealm) -> None:
    cases: dict[str, set[str]] = {
        "Xk7qmvpwzt-": {"length"},
        "Xk7qmvpwztb-": set(),
        "X" * 14 + "k" * 14 + "7-": set(),
        "X" * 14 + "k" * 14 + "7--": {"maxLength"},
        "xk7qmvpwztb-": {"upperCase"},
        "XK7QMVPWZTB-": {"lowerCase"},
        "Xkzqmvpwztb-": {"digits"},
        "Xk7qmvpwztbc": {"regexPattern"},
        "Xk7qmvpwztb€": {"regexPattern"},
        "Xk7 qmvpwzt-": {"regexPattern"},
        "Xk7\u00a0qmvpwzt-": {"regexPattern"},
        "Aa1-Z.Bertrand": {"notContainsUsername"},
    }
    cases |= {f"Xk7qmvpwztb{c}": set() if c in UPHF_SPECIAL else {"regexPattern"} for c in ASCII}
    assert dict(zip(cases, refused(uphf, *cases, username="z.bertrand"), strict=True)) == cases


def test_every_kind_of_demand_survives_keycloaks_syntax(realms: Callable[..., KcbRealm]) -> None:
    """« and », parentheses, brackets and backslashes, which all mean something in a policy or an expression."""
    realm = realms()
    policy = PasswordPolicy(
        length=8, letters=2, special_chars=2, special_among="()[]{}\\^-|.", forbidden="$\"'", spaces=True,
        regex=["(?:(?!black and white)[^\x00])*"], regex_texts={"(?:(?!black and white)[^\x00])*": {"fr": "…"}},
        not_username=False,
    )  # fmt: skip
    realm.profile = realm.profile.model_copy(update={"password_policy": policy})
    realm.setup()
    assert realm.call("GET")["passwordPolicy"] == policy.keycloak()
    assert realm.setup() == []
    passwords = [
        "ab()[]{}",
        "ab\\^-|.1",
        "ab1234567(",
        "a1234567()",
        "ab()[]$12",
        "-black and white-",
        "-black or white-",
    ]
    assert refused(realm, *passwords) == [
        set(), set(), {"regexPattern"}, {"regexPattern"}, {"regexPattern"}, {"regexPattern"}, set(),
    ]  # fmt: skip
    for typed, broken in zip(passwords, refused(realm, *passwords), strict=True):
        assert bool(broken) is any(not demand.met(typed) for demand in policy.demands), typed


def writes(realm: KcbRealm) -> int:
    return len(realm.call("GET", "admin-events", params={"max": 1000}))


def test_a_realm_has_one_profile_until_it_is_made_over(
    realms: Callable[..., KcbRealm], tmp_path: Any
) -> None:
    realm = realms(profile="um")
    chosen = "xk7qmvpw"
    user_id = realm.create_user(password=chosen)
    before = writes(realm)
    other = load_profile("uphf")
    settings = realm.settings.model_copy(update={"profile": "uphf", "keys_dir": tmp_path / "keys"})
    for dry_run in (True, False):
        with pytest.raises(ConfigurationError, match="belongs to the profile « um »") as error:
            setup_realm(settings, other, realm.setup_admin, print, dry_run=dry_run)
        assert "--change-profile" in error.value.remedy
    assert writes(realm) == before
    assert not (tmp_path / "keys").exists(), "a key was made for a realm that is not ours"
    found = look(realm, "realm settings", profile="uphf")
    assert (found.level, "belongs to the profile « um »" in found.detail) == ("fail", True)

    settings = realm.settings.model_copy(update={"profile": "uphf"})
    lines: list[str] = []
    setup_realm(settings, other, realm.setup_admin, lines.append, change_profile=True)
    assert any("kcbProfile: « um » → « uphf »" in line for line in lines)
    assert realm.call("GET")["passwordPolicy"] == other.password_policy.keycloak()
    credentials = realm.call("GET", f"users/{user_id}/credentials")
    assert [credential["type"] for credential in credentials] == ["password"]
    assert signs_in(realm, user_id, chosen)
    setup_realm(settings, other, realm.setup_admin, lines.append)


def signs_in(realm: KcbRealm, user_id: str, password: str) -> bool:
    """By a client made for the occasion: what Keycloak answers to the very password."""
    client = {"clientId": "probe", "publicClient": True, "directAccessGrantsEnabled": True}
    realm.call("POST", "clients", client)
    user = realm.call("GET", f"users/{user_id}")
    realm.call("PUT", f"users/{user_id}", user | {"requiredActions": []})
    form = {
        "grant_type": "password",
        "client_id": "probe",
        "username": user["username"],
        "password": password,
    }
    url = f"{realm.settings.issuer}/protocol/openid-connect/token"
    return requests.post(url, data=form, timeout=60).status_code == 200


def test_a_black_list_that_is_not_there_is_named_before_anything_is_written(
    realms: Callable[..., KcbRealm],
) -> None:
    realm = realms()
    policy = realm.profile.password_policy.model_copy(update={"blacklist": "kcb-nowhere.txt"})
    realm.profile = realm.profile.model_copy(update={"password_policy": policy})
    before = writes(realm)
    with pytest.raises(ConfigurationError) as error:
        realm.setup()
    assert "data/password-blacklists/kcb-nowhere.txt" in error.value.remedy
    assert writes(realm) == before


def look(realm: KcbRealm, check: str, **settings: Any) -> Finding:
    installation = Installation(realm.settings.model_copy(update=settings), realm.setup_admin)
    try:
        return CHECKS[check](installation)
    except ConfigurationError as error:
        return Finding("fail", error.problem, error.remedy)


def test_the_doctor_says_where_a_policy_misses_cnils(um: KcbRealm, uphf: KcbRealm) -> None:
    found = look(um, "password policy")
    assert found.level == "warn"
    assert "41 bits; CNIL 2022-100 asks for 50 where tries are held back" in found.detail
    assert "length = 10" in found.remedy
    found = look(uphf, "password policy")
    assert found.level == "ok"
    assert "78 bits" in found.detail

    uphf.call("PUT", "", {"bruteForceProtected": False})
    found = look(uphf, "password policy")
    assert found.level == "warn"
    assert "78 bits; CNIL 2022-100 asks for 80 where tries are not held back" in found.detail
    assert "brute force detection" in found.remedy
    uphf.call("PUT", "", {"bruteForceProtected": True})

    policy = uphf.call("GET")["passwordPolicy"]
    uphf.call("PUT", "", {"passwordPolicy": f"{policy} and forceExpiredPasswordChange(90)"})
    found = look(uphf, "password policy")
    assert (found.level, "passwords expire" in found.detail) == ("warn", True)
    uphf.call("PUT", "", {"passwordPolicy": policy})
    assert look(uphf, "password policy").level == "ok"
