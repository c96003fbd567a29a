"""What ``complete`` costs for each step, beside the naive way: reading and writing the user by the Admin API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kc_bridge.domain.journey import steps_of
from kc_bridge.realm.actions import used_actions
from kc_bridge.store.models import Person
from tests.bench.measure import Comparison, Stopwatch
from tests.support.entrances import active_person, ask_for, begin, walk
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

__all__ = ["comparisons", "turns"]

WARM_UP = 2
NAIVE = "Admin API: GET + PUT of the user"
TARGETS = {"new_password": 8.0}
"""A password's hash is most of its cost, whoever asks for it."""


def comparisons(stack: Stack) -> list[Comparison]:
    return [
        Comparison(_work(action), NAIVE, TARGETS.get(steps_of(action, [])[0], 1.5))
        for action in used_actions(stack.services.profile)
    ]


def turns(stack: Stack, watch: Stopwatch, count: int) -> Iterator[int]:
    """Each turn, somebody does every step once, asked for by the application."""
    actions = used_actions(stack.services.profile)
    for turn in range(-WARM_UP, count):
        used = watch if turn >= 0 else Stopwatch()
        person = active_person(stack)
        walker = Walker()
        begin(stack, walker, person)
        for action in actions:
            with _timed(stack, used, action):
                page = walk(stack, walker, ask_for(stack, walker, action), password=f"{GOOD_PASSWORD}{turn}",
                            confirmation=f"{GOOD_PASSWORD}{turn}")  # fmt: skip
            assert page.url.startswith(stack.ent_url), page
        _naive(stack, used, person)
        if turn >= 0:
            yield turn


def _work(action: str) -> str:
    return f"complete {steps_of(action, [])[0].replace('_', ' ')}"


@contextmanager
def _timed(stack: Stack, watch: Stopwatch, action: str) -> Iterator[None]:
    """Times the calls that bring a step, not the one that asks for the proof once more."""
    backchannel = stack.services.backchannel
    complete = backchannel.complete

    def timed(ticket: str, done: list[str], *rest: Any, **named: Any) -> Any:
        if not done:
            return complete(ticket, done, *rest, **named)
        with watch.timing(_work(action)):
            return complete(ticket, done, *rest, **named)

    backchannel.complete = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        backchannel.complete = complete  # type: ignore[method-assign]


def _naive(stack: Stack, watch: Stopwatch, person: Person) -> None:
    with watch.timing(NAIVE):
        user = stack.realm.call("GET", f"users/{person.keycloak_id}")
        user["attributes"] = user.get("attributes", {}) | {"kcbPhotoUse": ["false"]}
        user["requiredActions"] = []
        stack.realm.call("PUT", f"users/{person.keycloak_id}", user)
