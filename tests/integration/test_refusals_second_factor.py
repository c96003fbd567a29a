"""Somebody with a second factor: a mail alone gives no session, and a link leaves the factor alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from kc_bridge.store.models import Person
from tests.support.activation import (
    CHARTER,
    FINISHED,
    PASSWORD,
    choose,
    handoff_claims,
    is_handoff,
    is_inside,
    log_in,
    sessions,
    to_password,
)
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

PROVISIONAL = "Provisoire-2026-à-Sète!"
SECRET = "a secret of twenty b"
OTP = {
    "type": "otp",
    "userLabel": "téléphone",
    "secretData": json.dumps({"value": SECRET}),
    "credentialData": json.dumps({"subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1"}),
}


def code() -> str:
    """The present code of the factor (RFC 6238)."""
    counter = (int(time.time()) // 30).to_bytes(8, "big")
    digest = hmac.new(SECRET.encode(), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def otp_of(stack: Stack, person: Person) -> list[dict[str, Any]]:
    found = stack.realm.call("GET", f"users/{person.keycloak_id}/credentials")
    return [credential for credential in found if credential["type"] == "otp"]


def test_a_mailed_link_ends_on_the_normal_login(stack: Stack) -> None:
    """Scenario 15: the steps are done, the password is set, and Keycloak asks for it and for the code."""
    person = stack.person(credentials=[OTP])
    factor = otp_of(stack, person)
    assert len(factor) == 1
    walker = Walker()
    page = choose(walker, to_password(walker, stack.mail_link(person)))
    assert page.title == FINISHED

    page = walker.get(f"{stack.url}/activation/leave")

    assert sessions(stack, person) == 0
    asked = walker.log_in(page, person.login, GOOD_PASSWORD)
    assert "otp" in asked.form("otp").names
    assert sessions(stack, person) == 0
    assert otp_of(stack, person) == factor


def test_going_back_to_keycloak_without_the_bridge_gives_no_session_either(stack: Stack) -> None:
    """Scenario 15: Keycloak itself refuses to end the login of a mail for somebody with a factor."""
    person = stack.person(credentials=[OTP])
    walker = Walker()
    choose(walker, to_password(walker, stack.mail_link(person)))
    claims = handoff_claims(walker)

    done = stack.services.backchannel.complete(claims["ticket"], [])
    back = walker.get(claims["ret"], stop=is_handoff)

    assert (done.proof, done.continues) == (None, False)
    assert is_handoff(back.location)
    assert not is_inside(stack, walker)
    assert sessions(stack, person) == 0


def test_a_factor_added_in_mid_wizard_counts(stack: Stack) -> None:
    """Scenario 15: looked at when the login ends, not only when it begins."""
    person = stack.person()
    walker = Walker()
    page = to_password(walker, stack.mail_link(person))
    user = stack.user(person)
    stack.realm.call("PUT", f"users/{person.keycloak_id}", user | {"credentials": [OTP]})
    assert len(otp_of(stack, person)) == 1

    assert choose(walker, page).title == FINISHED
    walker.get(f"{stack.url}/activation/leave")

    assert sessions(stack, person) == 0


def test_a_login_with_its_code_goes_on(stack: Stack) -> None:
    """Scenario 15: who gave password and factor is let in at the end of the steps, as anybody else."""
    person = stack.person(credentials=[{"type": "password", "value": PROVISIONAL, "temporary": False}, OTP])
    walker = Walker()
    asked = log_in(stack, walker, person.login, PROVISIONAL)
    page = walker.send(asked, otp=code())
    assert page.title == CHARTER
    page = walker.send(page, accept="y")
    assert page.title == PASSWORD
    assert choose(walker, page).title == FINISHED

    assert walker.get(f"{stack.url}/activation/leave").url.startswith(stack.ent_url)
    assert sessions(stack, person) == 1
