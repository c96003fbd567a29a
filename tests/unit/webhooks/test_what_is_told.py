"""What receivers hear, who hears it, and why they may believe it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier

from kc_bridge.channels.announcements import ACTIVATED, CHANGED, DISABLED, FORWARDING
from kc_bridge.channels.settings import Webhook
from kc_bridge.channels.webhooks import tell
from kc_bridge.domain.clock import system_clock
from tests.support.bridge import FixedClock
from tests.support.people import Bridge
from tests.support.receiver import SECRET, Receiver

OTHER = bytes(range(1, 33))


def test_what_is_told(happens: Any, round_: Any, receiver: Receiver, clock: FixedClock) -> None:
    person = happens()
    assert round_() == 1
    (heard,) = receiver.heard
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-timestamp"] == str(int(clock().timestamp()))
    assert json.loads(heard.body) == {
        "type": "account.activated",
        "timestamp": "2026-09-07T08:30:00+00:00",
        "data": {"uid": person.uid, "login": person.login, "state": "SupannActif"},
    }


def test_nothing_that_identifies_the_human(happens: Any, round_: Any, receiver: Receiver) -> None:
    person = happens(FORWARDING, forwarding=True, copy=False)
    round_()
    said = receiver.heard[0].body.decode()
    assert json.loads(said)["data"].keys() == {"uid", "login", "state", "forwarding", "copy"}
    for secret in (person.id, person.key, person.keycloak_id, person.last_name, person.personal_mail):
        assert secret not in said


def test_the_reference_library_believes_it(
    bridge: Bridge, happens: Any, webhook: Webhook, receiver: Receiver
) -> None:
    happens()
    tell(webhook, bridge.sessions, system_clock)
    (heard,) = receiver.heard
    assert Verifier(SECRET).verify(heard.body, heard.headers)["type"] == "account.activated"


def test_while_the_secret_is_replaced_both_are_believed(
    bridge: Bridge, happens: Any, webhook: Webhook, receiver: Receiver
) -> None:
    both = [base64.b64encode(OTHER).decode(), f"whsec_{base64.b64encode(SECRET).decode()}"]
    webhook.secret_file.write_text("\n".join(both))
    happens()
    tell(webhook, bridge.sessions, system_clock)
    for secret in (SECRET, OTHER):
        Verifier(secret).verify(receiver.heard[0].body, receiver.heard[0].headers)


def test_only_what_was_asked_for(
    bridge: Bridge, happens: Any, round_: Any, webhook: Webhook, receiver: Receiver
) -> None:
    bridge.settings.webhooks = [webhook.model_copy(update={"events": frozenset({DISABLED})})]
    for event in (ACTIVATED, CHANGED, FORWARDING, DISABLED):
        happens(event)
    assert round_() == 1
    assert json.loads(receiver.heard[0].body)["type"] == DISABLED


def test_receivers_do_not_wait_for_each_other(
    bridge: Bridge, happens: Any, webhook: Webhook, receiver: Receiver, clock: FixedClock, tmp_path: Path
) -> None:
    dead = webhook.model_copy(update={"name": "dead", "url": "http://127.0.0.1:9/"})
    bridge.settings.webhooks = [dead, webhook]
    happens(), happens()
    assert tell(dead, bridge.sessions, clock) == 0
    assert tell(webhook, bridge.sessions, clock) == 2
    assert [state for state, _error in bridge.messages()] == ["waiting", "sent", "waiting", "sent"]
