"""The back channel: refusals as our errors, calls repeated only where that is safe, tokens renewed when refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses

from kc_bridge.adapters.backchannel import BackChannel, TicketUser
from kc_bridge.domain import errors
from kc_bridge.domain.errors import PasswordRefused, Violation
from kc_bridge.settings import Settings

KCB = "http://keycloak.internal:8080/realms/univ/kcb"
TOKEN = "http://keycloak.internal:8080/realms/univ/protocol/openid-connect/token"
COMPLETE = f"{KCB}/tickets/t%2Fx/complete"
DONE = {"done": ["kcb-charter"], "pending": [], "proof": "p", "login": "continues", "ignored": []}


@pytest.fixture
def channel(settings: Settings) -> BackChannel:
    return BackChannel(settings)


@pytest.fixture
def keycloak() -> Any:
    with responses.RequestsMock() as rsps:
        rsps.post(TOKEN, json={"access_token": "first", "expires_in": 60})
        yield rsps


def complete(channel: BackChannel) -> Any:
    return channel.complete("t/x", ["kcb-charter"], {"kcbCharter": ["v"]})


def test_complete(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    keycloak.post(COMPLETE, json=DONE)
    done = complete(channel)
    assert (done.done, done.pending, done.proof, done.continues) == (["kcb-charter"], [], "p", True)
    request = keycloak.calls[1].request
    assert request.headers["Authorization"] == "Bearer first"
    body = {"done": ["kcb-charter"], "attributes": {"kcbCharter": ["v"]}, "details": {}}
    assert json.loads(request.body) == body


def test_complete_tells_keycloak_what_its_events_shall_say(
    channel: BackChannel, keycloak: responses.RequestsMock
) -> None:
    keycloak.post(COMPLETE, json=DONE)
    channel.complete("t/x", ["kcb-charter"], details={"kcb-charter": {"version": "2026-09"}})
    sent = json.loads(keycloak.calls[1].request.body)
    assert sent["details"] == {"kcb-charter": {"version": "2026-09"}}


def test_whose_login_it_is(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    answer = {"userId": "u1", "username": "c.oconnor", "email": "c@etu.univ-demo.fr", "firstName": None}
    answer |= {"lastName": "O'Connor", "owned": False, "passwordWritable": True}
    keycloak.get(f"{KCB}/tickets/t%2Fx", json=answer)
    user = channel.ticket_user("t/x")
    assert user == TicketUser("u1", "c.oconnor", "c@etu.univ-demo.fr", None, "O'Connor", False, True)


def test_a_password_is_checked_for_the_login_at_hand(
    channel: BackChannel, keycloak: responses.RequestsMock
) -> None:
    violation = {"policy": "length", "message": "invalidPasswordMinLengthMessage", "parameters": [12]}
    keycloak.post(f"{KCB}/password-check", json={"valid": False, "violations": [violation]})
    assert channel.password_check("t/x", "court") == [
        Violation("length", "invalidPasswordMinLengthMessage", (12,))
    ]
    assert json.loads(keycloak.calls[1].request.body) == {"ticket": "t/x", "password": "court"}


def test_a_login_that_must_not_go_on(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    keycloak.post(COMPLETE, json={"done": [], "pending": [], "login": "normal", "ignored": []})
    done = complete(channel)
    assert (done.proof, done.continues) == (None, False)


def test_a_reset_leaves_out_what_there_is_not(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    url = f"{KCB}/users/u1/reset"
    keycloak.post(url, status=422, json={"error": "unknown_action", "actions": ["kcb-photo-use"]})
    keycloak.post(url, status=204)
    channel.reset("u1", ["kcb-photo-use", "kcb-charter"], "Tulipe-Marron-4827", while_pending=["kcb-charter"])
    sent = [json.loads(call.request.body) for call in keycloak.calls[1:]]
    assert sent[1] == sent[0] | {"actions": ["kcb-charter"]}
    assert sent[0] == {
        "actions": ["kcb-photo-use", "kcb-charter"],
        "password": "Tulipe-Marron-4827",
        "removePassword": False,
        "whilePending": ["kcb-charter"],
    }


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (410, "ticket_gone", errors.LoginGone),
        (410, "login_gone", errors.LoginGone),
        (410, "superseded", errors.JourneySuperseded),
        (403, "not_owned", errors.NotOwned),
        (404, "no_such_user", errors.NotOwned),
        (403, "disabled", errors.AccountClosed),
        (403, "forbidden", errors.ConfigurationError),
        (400, "bad_request", errors.ConfigurationError),
        (422, "not_pending", errors.NotPending),
        (422, "password_read_only", errors.PasswordElsewhere),
        (422, "unheard_of", errors.ConfigurationError),
        (422, None, errors.ConfigurationError),
    ],
)
def test_refusals(
    channel: BackChannel,
    keycloak: responses.RequestsMock,
    status: int,
    error: str | None,
    expected: type[Exception],
) -> None:
    keycloak.post(COMPLETE, status=status, json={"error": error})
    with pytest.raises(expected):
        complete(channel)


def test_every_violation_with_its_parameters(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    violations = [
        {"policy": "length", "message": "invalidPasswordMinLengthMessage", "parameters": [12]},
        {"policy": "notUsername", "message": "invalidPasswordNotUsernameMessage"},
    ]
    keycloak.post(COMPLETE, status=422, json={"error": "password_policy", "violations": violations})
    with pytest.raises(PasswordRefused) as refused:
        complete(channel)
    assert refused.value.violations == [
        Violation("length", "invalidPasswordMinLengthMessage", (12,)),
        Violation("notUsername", "invalidPasswordNotUsernameMessage", ()),
    ]


@pytest.mark.parametrize("fault", [503, 500, 429, requests.ConnectionError(), requests.Timeout()])
def test_sent_again_once(
    channel: BackChannel, keycloak: responses.RequestsMock, fault: int | Exception
) -> None:
    broken = {"status": fault} if isinstance(fault, int) else {"body": fault}
    keycloak.post(COMPLETE, **broken)
    keycloak.post(COMPLETE, json=DONE)
    assert complete(channel).proof == "p"


@pytest.mark.parametrize("fault", [502, requests.ConnectionError()])
def test_given_up_after_the_second(
    channel: BackChannel, keycloak: responses.RequestsMock, fault: int | Exception
) -> None:
    broken = {"status": fault} if isinstance(fault, int) else {"body": fault}
    again = keycloak.post(COMPLETE, **broken)
    with pytest.raises(errors.KeycloakUnavailable):
        complete(channel)
    assert again.call_count == 2


def test_a_token_refused_is_renewed_once(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    keycloak.post(COMPLETE, status=401, json={"error": "unauthorized"})
    keycloak.post(TOKEN, json={"access_token": "second", "expires_in": 60})
    keycloak.post(COMPLETE, json=DONE)
    assert complete(channel).proof == "p"
    assert keycloak.calls[-1].request.headers["Authorization"] == "Bearer second"


def test_a_token_refused_twice_is_said(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    refused = keycloak.post(COMPLETE, status=401, json={"error": "unauthorized"})
    with pytest.raises(errors.ConfigurationError, match="kcb doctor"):
        complete(channel)
    assert refused.call_count == 2


@pytest.mark.parametrize("body", ["<html>welcome</html>", "[]", '"text"', ""])
def test_a_page_instead_of_an_answer(
    channel: BackChannel, keycloak: responses.RequestsMock, body: str
) -> None:
    keycloak.post(COMPLETE, body=body, status=200)
    with pytest.raises(errors.KeycloakUnavailable):
        complete(channel)


def test_a_redirect_is_not_followed(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    keycloak.post(COMPLETE, status=302, headers={"Location": "https://evil.test/"})
    with pytest.raises(errors.KeycloakUnavailable):
        complete(channel)


def test_ending_a_login_already_gone(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    keycloak.delete(f"{KCB}/tickets/t", status=410, json={"error": "ticket_gone"})
    channel.end_login("t")
    keycloak.delete(f"{KCB}/tickets/u", status=204)
    channel.end_login("u")


def test_minting(channel: BackChannel, keycloak: responses.RequestsMock) -> None:
    minted = keycloak.post(f"{KCB}/activation-links", status=201, json={"url": "https://sso.univ.test/x"})
    end = datetime(2026, 9, 7, 8, 35, tzinfo=UTC)
    url = channel.mint_activation("id", ["kcb-charter"], end, "ref", "https://compte.univ.test/done", "fr")
    assert url == "https://sso.univ.test/x"
    assert json.loads(minted.calls[0].request.body) == {
        "userId": "id",
        "actions": ["kcb-charter"],
        "expiresAt": 1788770100,
        "clientId": "kc-bridge-web",
        "redirectUri": "https://compte.univ.test/done",
        "ref": "ref",
        "locale": "fr",
    }


END = datetime(2026, 9, 7, 8, 35, tzinfo=UTC)


def unknown(keycloak: responses.RequestsMock, *actions: str) -> None:
    answer = {"error": "unknown_action", "actions": list(actions)}
    keycloak.post(f"{KCB}/activation-links", status=422, json=answer)


def test_minting_leaves_out_what_this_user_cannot_be_asked(
    channel: BackChannel, keycloak: responses.RequestsMock
) -> None:
    unknown(keycloak, "kcb-new-password")
    minted = keycloak.post(f"{KCB}/activation-links", status=201, json={"url": "https://sso.univ.test/x"})
    asked = ["kcb-charter", "kcb-new-password"]
    assert (
        channel.mint_activation("id", asked, END, "ref", "https://x.test/", "fr") == "https://sso.univ.test/x"
    )
    assert json.loads(minted.calls[0].request.body)["actions"] == ["kcb-charter"]


def test_minting_when_nothing_is_left_tells_the_administrator(
    channel: BackChannel, keycloak: responses.RequestsMock
) -> None:
    unknown(keycloak, "kcb-charter")
    with pytest.raises(errors.ConfigurationError, match="kcb-charter"):
        channel.mint_activation("id", ["kcb-charter"], END, "ref", "https://x.test/", "fr")
