"""5. Purpose isolation: every kind of token at every door; each opens its own and no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from sqlalchemy import select

from kc_bridge.adapters.tokens import ClientCredentials, client_assertion
from kc_bridge.domain.link import new_token, token_digest
from kc_bridge.mailer import send_waiting
from kc_bridge.store.web import WebSession
from required_actions.address_changes import change
from tests.support.activation import choose, handoff_claims, is_handoff, to_password
from tests.support.entrances import KNOWN, active_person, ask_for, begin
from tests.support.recovery import lost_link, owner, to_new_password
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.visitor import COOKIE
from tests.support.walker import Walker

NOBODY = {"userId": "00000000-0000-0000-0000-000000000000", "password": "x", "actions": ["kcb-charter"]}
CALLS = [
    ("GET", "version", None),
    ("GET", "password-policy", None),
    ("POST", "password-check", NOBODY),
    ("POST", "activation-links", NOBODY),
    ("POST", "tickets/t/complete", {"done": []}),
    ("POST", "tickets/t/touch", {}),
    ("DELETE", "tickets/t", None),
]


@dataclass
class Tokens:
    """One of each kind there is, all of them good at this moment."""

    by_kind: dict[str, str]
    ret: str

    def others(self, *own: str) -> dict[str, str]:
        return {kind: token for kind, token in self.by_kind.items() if kind not in own}


def query(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query)[name][0]


def users_own(stack: Stack) -> dict[str, str]:
    """Tokens of somebody logged in at an application that may ask for everything."""
    stack.realm.call(
        "POST",
        "clients",
        {
            "clientId": "probe",
            "publicClient": True,
            "directAccessGrantsEnabled": True,
            "fullScopeAllowed": True,
        },
    )
    person = stack.person(actions=[], credentials=[{"type": "password", "value": GOOD_PASSWORD}])
    grant = {
        "grant_type": "password",
        "client_id": "probe",
        "username": person.login,
        "password": GOOD_PASSWORD,
    }
    url = f"{stack.realm.settings.issuer}/protocol/openid-connect/token"
    answer = requests.post(url, data=grant | {"scope": "openid"}, timeout=30).json()
    return {f"user's {kind}": answer[f"{kind}_token"] for kind in ("access", "id", "refresh")}


def address_link(stack: Stack) -> str:
    """Of a mail that asks the owner of an active account to confirm an address."""
    person, walker = active_person(stack), Walker()
    begin(stack, walker, person)
    address = f"{person.uid}@ailleurs.example"
    walker.send(ask_for(stack, walker, "kcb-backup-mail"), backup_mail=address)
    send_waiting(stack.realm.settings, stack.services.sessions, stack.clock)
    mail = next(stack.mails.newest_first(address))
    return next(link.rpartition("/")[2] for link in mail.links if "/l/" in link)


def of_the_account(stack: Stack) -> dict[str, str]:
    """What « Mon compte » gets of Keycloak: a code not used yet, and the token it asks again with."""
    person, walker = active_person(stack), Walker()
    page = walker.log_in(walker.get(f"{stack.url}/compte"), person.login, KNOWN)
    assert page.title == "Mon compte"
    with stack.services.sessions() as db:
        kept = [json.loads(data).get("account") for data in db.scalars(select(WebSession.data))]
    mine = next(account for account in kept if account and account["user_id"] == person.keycloak_id)
    answer = walker.get(f"{stack.url}/compte/modifier/kcb", stop=lambda url: "code=" in url)
    assert answer.status == 404  # no step of that name: nothing is asked
    other = Walker()
    begin(stack, other, person)
    answer = other.get(f"{stack.url}/compte", stop=lambda url: "/compte/retour?" in url)
    return {"account's code": query(answer.location, "code"), "account's refresh": mine["refresh_token"]}


def refusal(stack: Stack) -> str:
    """« Ce n'est pas moi » of an active account's owner, as its mail has it."""
    person, token = active_person(stack), new_token()
    with stack.services.sessions.begin() as db:
        now = stack.clock()
        noted = change(db, person, "avant@perso.example", "apres@perso.example", now, active=True)
        noted.undo_sha256 = token_digest(token)
    return token


@pytest.fixture(scope="module")
def tokens(shared_stack: Stack) -> Tokens:
    stack = shared_stack
    settings, channel = stack.realm.settings, stack.services.backchannel
    finishing, waiting = Walker(), Walker()
    choose(finishing, to_password(finishing, stack.mail_link(stack.person())))
    proof = finishing.get(f"{stack.url}/activation/leave", stop=lambda url: "kcb_proof=" in url).location
    new = stack.mail_link(stack.person())
    handoff = waiting.send(waiting.get(stack.mail_link(stack.person())), stop=is_handoff).location
    action = channel.mint_activation(
        str(stack.person().keycloak_id),
        ["kcb-charter"],
        stack.clock() + timedelta(minutes=5),
        "ref",
        f"{stack.url}/activation/done",
        "fr",
    )
    by_kind = {
        "link": new.rpartition("/")[2],
        "address link": address_link(stack),
        "recovery link": lost_link(stack, owner(stack)).rpartition("/")[2],
        "refusal": refusal(stack),
        "handoff": query(handoff, "handoff"),
        "ticket": handoff_claims(waiting, handoff)["ticket"],
        "proof": query(proof, "kcb_proof"),
        "action token": query(action, "key"),
        "web's access": channel.credentials.token(),
        "sync's access": ClientCredentials(settings, "kc-bridge-sync").token(),
        "web's assertion": client_assertion(settings, "kc-bridge-web")["client_assertion"],
        "session cookie": finishing.http.cookies.get(COOKIE) or "",
        "administrator's access": administrator(stack),
        **users_own(stack),
        **of_the_account(stack),
    }
    assert all(by_kind.values())
    return Tokens(by_kind, handoff_claims(waiting, handoff)["ret"])


def administrator(stack: Stack) -> str:
    """Of the server's own administrator: right issuer host, wrong realm."""
    admin = stack.realm.admin
    admin.call("GET", "")
    return str(admin._token)


def back_channel(stack: Stack, bearer: str, method: str, path: str, body: Any) -> int:
    url = f"{stack.realm.settings.keycloak_url}/realms/{stack.realm.name}/kcb/{path}"
    headers = {"Authorization": f"Bearer {bearer}"}
    return requests.request(method, url, json=body, headers=headers, timeout=30).status_code


def test_as_a_bearer(stack: Stack, tokens: Tokens) -> None:
    for method, path, body in CALLS:
        assert back_channel(stack, tokens.by_kind["web's access"], method, path, body) not in (401, 403)
        for kind, token in tokens.others("web's access", "sync's access").items():
            assert back_channel(stack, token, method, path, body) in (401, 403), (kind, path)
        if path != "version":
            assert back_channel(stack, tokens.by_kind["sync's access"], method, path, body) == 403


def test_as_a_ticket(stack: Stack, tokens: Tokens) -> None:
    for kind, token in tokens.others("ticket").items():
        for verb, body in (("complete", {"done": []}), ("touch", {})):
            path = f"tickets/{quote(token, safe='')}/{verb}"
            status = back_channel(stack, tokens.by_kind["web's access"], "POST", path, body)
            assert status == 410, (kind, verb)


def test_as_a_link(stack: Stack, tokens: Tokens) -> None:
    assert Walker().get(f"{stack.url}/l/{tokens.by_kind['link']}").status == 200
    for kind, token in tokens.others("link", "address link", "recovery link").items():
        assert Walker().get(f"{stack.url}/l/{quote(token, safe='')}").status == 404, kind
    other = Walker()
    page = other.get(f"{stack.url}/l/{tokens.by_kind['address link']}")
    assert other.send(page).title == "Adresse confirmée"
    assert other.get(f"{stack.url}/activation/").status == 410
    lost = Walker()
    page = to_new_password(lost, f"{stack.url}/l/{tokens.by_kind['recovery link']}")
    assert handoff_claims(lost)["acts"] == ["kcb-new-password"]
    assert page.url == f"{stack.url}/activation/new-password"


def test_as_a_refusal(stack: Stack, tokens: Tokens) -> None:
    assert Walker().get(f"{stack.url}/refus/{tokens.by_kind['refusal']}").status == 200
    for kind, token in tokens.others("refusal").items():
        assert Walker().get(f"{stack.url}/refus/{quote(token, safe='')}").status == 404, kind


def test_as_a_handoff(stack: Stack, tokens: Tokens) -> None:
    for kind, token in tokens.others("handoff").items():
        page = Walker().get(f"{stack.url}/activation/enter?handoff={quote(token)}")
        assert page.status == 400, kind


def test_as_an_answer_of_keycloak(stack: Stack, tokens: Tokens) -> None:
    walker = Walker()
    asked = walker.send(
        walker.get(f"{stack.url}/l/{tokens.by_kind['link']}"), stop=lambda url: "prompt=none" in url
    )
    state = query(asked.location, "state")
    for kind, token in tokens.by_kind.items():
        wrong_state = walker.get(f"{stack.url}/oidc/silent?state={quote(token)}&error=login_required")
        assert wrong_state.status == 400, kind
        wrong_code = walker.get(f"{stack.url}/oidc/silent?state={state}&code={quote(token)}")
        assert wrong_code.status in (410, 503), kind
        assert walker.get(f"{stack.url}/activation/").status == 410


def test_as_an_answer_to_my_account(stack: Stack, tokens: Tokens) -> None:
    walker = Walker()
    for kind, token in tokens.by_kind.items():
        asked = walker.get(f"{stack.url}/compte", stop=lambda url: "/protocol/openid-connect/auth" in url)
        wrong_state = walker.get(f"{stack.url}/compte/retour?state={quote(token)}&code={quote(token)}")
        assert wrong_state.status == 400, kind
        state = query(asked.location, "state")
        wrong_code = walker.get(f"{stack.url}/compte/retour?state={state}&code={quote(token)}")
        assert wrong_code.status in (400, 503), kind
        elsewhere = walker.get(f"{stack.url}/oidc/silent?state={state}&code={quote(token)}")
        assert elsewhere.status in (400, 410), kind
        nobody = walker.get(f"{stack.url}/compte/donnees.json", stop=lambda url: "/auth?" in url)
        assert nobody.status == 303, kind


def test_as_a_session(stack: Stack, tokens: Tokens) -> None:
    for kind, token in tokens.others("session cookie").items():
        response = requests.get(
            f"{stack.url}/activation/",
            headers={"Cookie": f"{COOKIE}={token}"},
            allow_redirects=False,
            timeout=30,
        )
        assert response.status_code == 410, kind


@pytest.mark.parametrize(
    "door",
    [
        lambda stack, token: f"{stack.realm.settings.issuer}/login-actions/action-token?key={token}",
        lambda stack, token: (
            f"{stack.realm.settings.issuer}/protocol/openid-connect/logout?id_token_hint={token}"
        ),
    ],
    ids=["action token", "logout hint"],
)
def test_at_keycloaks_own_doors(stack: Stack, tokens: Tokens, door: Callable[[Stack, str], str]) -> None:
    for kind, token in tokens.others("action token", "user's id").items():
        page = Walker().get(door(stack, quote(token)), stop=is_handoff)
        assert page.status == 400, kind


def test_as_a_proof(stack: Stack, tokens: Tokens) -> None:
    """Carried to the return address by the very browser that waits there: it is handed over again, never let in."""
    walker = Walker()
    first = walker.send(walker.get(stack.mail_link(stack.person())), stop=is_handoff)
    ret = handoff_claims(walker, first.location)["ret"]
    for kind, token in tokens.by_kind.items():
        again = walker.get(f"{ret}&kcb_proof={quote(token)}", stop=lambda url: url.startswith(stack.url))
        assert is_handoff(again.location), kind
