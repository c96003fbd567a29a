"""A bridge that tells one receiver, on a real HTTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kc_bridge.channels.announcements import ACTIVATED, announce
from kc_bridge.channels.settings import Webhook
from kc_bridge.channels.webhooks import tell
from kc_bridge.store.models import Person
from tests.support.bridge import FixedClock, make_settings
from tests.support.people import Bridge
from tests.support.receiver import Receiver, hook


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def webhook(tmp_path: Path, receiver: Receiver) -> Webhook:
    return hook(tmp_path, receiver.url)


@pytest.fixture
def bridge(tmp_path: Path, webhook: Webhook) -> Bridge:
    return Bridge(make_settings(tmp_path, webhooks=[webhook]))


@pytest.fixture
def happens(bridge: Bridge, clock: FixedClock) -> Callable[..., Person]:
    """Queues what is to be told of an event of somebody new."""

    def happen(event: str = ACTIVATED, **facts: Any) -> Person:
        person = bridge.person(clock(), state="SupannActif")
        with bridge.sessions.begin() as db:
            announce(db, bridge.settings, person, event, clock(), **facts)
        return person

    return happen


@pytest.fixture
def round_(bridge: Bridge, webhook: Webhook, clock: FixedClock) -> Callable[[], int]:
    return lambda: tell(webhook, bridge.sessions, clock)
