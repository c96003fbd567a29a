"""docs/webhooks.md: its example believes what is sent and nothing else; its events and settings are the real ones."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Signer

from kc_bridge.channels.announcements import About, Announcer
from kc_bridge.channels.delivery import Delivery
from kc_bridge.channels.settings import EVENTS, Webhook
from kc_bridge.channels.webhooks import body_of
from kc_bridge.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text("utf-8")
NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
SECRET = bytes(range(32))
BODY = b'{"type":"account.activated"}'


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def verified() -> Callable[..., str]:
    scope: dict[str, Any] = {}
    exec(block("python"), scope)
    found: Callable[..., str] = scope["verified"]
    return found


def headers(secret: bytes = SECRET, message_id: str = "msg_1", body: bytes = BODY) -> dict[str, str]:
    """As the specification's own library signs."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": Signer(secret).sign(message_id, NOW, body.decode()),
    }


def check(verified: Callable[..., str], given: dict[str, str], body: bytes = BODY, later: int = 0) -> str:
    return verified(given, body, base64.b64encode(SECRET).decode(), NOW.timestamp() + later)


def test_the_example_believes_what_is_signed(verified: Callable[..., str]) -> None:
    assert check(verified, headers()) == "msg_1"
    assert check(verified, headers(), later=299) == "msg_1"


def test_the_example_believes_one_of_two_signatures(verified: Callable[..., str]) -> None:
    signatures = headers(bytes(32))["webhook-signature"], "v2,AAAA", headers()["webhook-signature"]
    assert check(verified, headers() | {"webhook-signature": " ".join(signatures)}) == "msg_1"


@pytest.mark.parametrize(
    ("given", "body", "later"),
    [
        (headers(bytes(32)), BODY, 0),
        (headers(), BODY + b" ", 0),
        (headers() | {"webhook-id": "msg_2"}, BODY, 0),
        (headers() | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, BODY, 0),
        (headers() | {"webhook-signature": "v1a," + headers()["webhook-signature"][3:]}, BODY, 0),
        (headers() | {"webhook-signature": ""}, BODY, 0),
        (headers(), BODY, 301),
        (headers(), BODY, -301),
    ],
)
def test_the_example_believes_nothing_else(
    verified: Callable[..., str], given: dict[str, str], body: bytes, later: int
) -> None:
    with pytest.raises(ValueError, match=r"signed by somebody else|too old"):
        check(verified, given, body, later)


def test_every_event_has_its_row() -> None:
    assert re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PAGE, re.MULTILINE) == list(EVENTS)


def test_the_settings_shown_are_accepted() -> None:
    (shown,) = tomllib.loads(block("toml"))["webhooks"]
    assert Webhook.model_validate(shown).name == "badges"


def test_the_message_shown_is_one() -> None:
    shown = block("json").strip()
    content = json.loads(shown)
    settings = Settings(webhooks=[Webhook(name="badges", url="https://b.fr/", secret_file=Path("s"))])
    about = About("1", content["data"]["uid"], content["data"]["login"], content["data"]["state"])
    (row,) = Announcer(settings).rows(about, content["type"], NOW)
    assert body_of(Delivery(1, row["kind"], row["dedupe_key"], "1", row["payload"])).decode() == shown
