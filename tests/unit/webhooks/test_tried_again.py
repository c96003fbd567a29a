"""The same message again until it is taken, and what each answer brings about (30, 31, 32)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kc_bridge.channels.settings import Webhook
from kc_bridge.channels.webhooks import tell
from tests.support.bridge import FixedClock
from tests.support.people import Bridge
from tests.support.receiver import Heard, Receiver, half_a_line, hang_up, plain


class TestTriedAgain:
    def test_an_answer_lost_is_the_same_message_again(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock
    ) -> None:
        """30, 31. The receiver took it, and nobody heard: by the id it knows."""
        happens()
        receiver.answer = hang_up
        assert round_() == 0
        receiver.answer = 200
        clock.advance(seconds=5)
        assert round_() == 1
        first, second = receiver.heard
        assert (first.id, first.body) == (second.id, second.body)
        assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
        assert round_() == 0

    def test_a_receiver_that_is_down_hears_it_all_later(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock
    ) -> None:
        """32."""
        people = [happens() for _number in range(3)]
        receiver.stop()
        assert round_() == 0
        assert bridge.messages() == [("waiting", "ConnectionError"), ("waiting", None), ("waiting", None)]
        receiver.start()
        clock.advance(seconds=5)
        assert round_() == 3
        assert {uid_of(heard) for heard in receiver.heard} == {person.uid for person in people}
        assert len({heard.id for heard in receiver.heard}) == 3

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
    def test_a_receiver_in_trouble_keeps_all_waiting(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, status: int
    ) -> None:
        happens(), happens()
        receiver.answer = status
        assert round_() == 0
        assert len(receiver.heard) == 1
        assert bridge.messages() == [("waiting", f"status {status}"), ("waiting", None)]

    @pytest.mark.parametrize("status", [400, 401, 404, 422])
    def test_a_message_refused_holds_up_no_other(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock, status: int
    ) -> None:
        refused = happens()
        happens()
        receiver.answer = lambda handler: plain(handler, status if refused.uid in told(receiver) else 200)
        assert round_() == 1
        assert bridge.messages() == [("waiting", f"status {status}"), ("sent", None)]
        receiver.answer = 200
        clock.advance(seconds=5)
        assert round_() == 1

    def test_slow(
        self, bridge: Bridge, happens: Any, receiver: Receiver, webhook: Webhook, clock: FixedClock
    ) -> None:
        happens()
        receiver.answer = lambda handler: handler.rfile.read(1)  # until the other side has lost patience
        quick = webhook.model_copy(update={"timeout": timedelta(seconds=0.2)})
        assert tell(quick, bridge.sessions, clock) == 0
        assert bridge.messages() == [("waiting", "ReadTimeout")]

    def test_half_an_answer(self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver) -> None:
        happens()
        receiver.answer = half_a_line
        assert round_() == 0
        assert bridge.messages()[0][0] == "waiting"

    def test_after_a_day_and_a_half_an_operator_sees_it(
        self, bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock
    ) -> None:
        happens()
        receiver.answer = 500
        for _attempt in range(40):
            round_()
            clock.advance(hours=1)
        assert bridge.messages() == [("dead", "status 500")]
        assert len({heard.id for heard in receiver.heard}) == 1
        assert len(receiver.heard) == 40


def test_a_receiver_that_wants_no_more(
    bridge: Bridge, happens: Any, round_: Any, receiver: Receiver, clock: FixedClock
) -> None:
    happens()
    receiver.answer = 410
    assert round_() == 0
    ((state, error),) = bridge.messages()
    assert state == "dead"
    assert "410" in (error or "")
    clock.advance(days=2)
    round_()
    assert len(receiver.heard) == 1


def told(receiver: Receiver) -> str:
    return receiver.heard[-1].body.decode()


def uid_of(heard: Heard) -> str:
    uid: str = json.loads(heard.body)["data"]["uid"]
    return uid
