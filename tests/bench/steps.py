"""Latency of a step of ours beside a native required action (terms and conditions), turn by turn in one run."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from kc_bridge.store.models import Person
from tests.bench.measure import Comparison, Stopwatch
from tests.support.stack import GOOD_PASSWORD, Stack
from tests.support.walker import Walker

__all__ = ["COMPARISONS", "turns"]

WARM_UP = 2
NATIVE = "TERMS_AND_CONDITIONS"
COMPARISONS = [
    Comparison("charter: login → page", "native terms: login → page", 2.0),
    Comparison("charter: accept → application", "native terms: accept → application", 3.0),
    Comparison("new password: send → summary", "native password: send → application", 2.0),
]


def turns(stack: Stack, watch: Stopwatch, count: int) -> Iterator[int]:
    """Each turn does one of each, so that a noisy minute hurts both sides alike."""
    _enable_native(stack)
    for turn in range(-WARM_UP, count):
        used = watch if turn >= 0 else Stopwatch()
        _charter(stack, used)
        _terms(stack, used)
        _new_password(stack, used)
        _update_password(stack, used)
        if turn >= 0:
            yield turn


def _enable_native(stack: Stack) -> None:
    actions = "authentication/required-actions"
    stack.realm.call(
        "PUT", f"{actions}/{NATIVE}", {**stack.realm.call("GET", f"{actions}/{NATIVE}"), "enabled": True}
    )
    ours = f"{actions}/kcb-new-password/config"
    config = stack.realm.call("GET", ours)["config"] | {"replace_update_password": "false"}
    stack.realm.call("PUT", ours, {"config": config})


def _active(stack: Stack, action: str) -> tuple[Person, str]:
    """Somebody active, with a password, of whom one action is asked."""
    password = f"Provisoire-{secrets.token_hex(6)}!"
    credential = {"type": "password", "value": password, "temporary": False}
    person = stack.person(actions=[action], credentials=[credential])
    with stack.services.sessions.begin() as db:
        db.get_one(Person, person.id).activated_at = stack.clock()
    return person, password


def _charter(stack: Stack, watch: Stopwatch) -> None:
    person, password = _active(stack, "kcb-charter")
    walker = Walker()
    page = walker.send(walker.get(f"{stack.ent_url}/connexion"), username=person.login)
    with watch.timing("charter: login → page"):
        page = walker.send(page, password=password)
    with watch.timing("charter: accept → application"):
        page = walker.send(page, accept="y")
    assert page.url.startswith(stack.ent_url), page


def _terms(stack: Stack, watch: Stopwatch) -> None:
    person, password = _active(stack, NATIVE)
    walker = Walker()
    page = walker.send(walker.get(f"{stack.ent_url}/connexion"), username=person.login)
    with watch.timing("native terms: login → page"):
        page = walker.send(page, password=password)
    with watch.timing("native terms: accept → application"):
        page = walker.send(page, accept="y")
    assert page.url.startswith(stack.ent_url), page


def _new_password(stack: Stack, watch: Stopwatch) -> None:
    person = stack.person()
    walker = Walker()
    page = walker.send(walker.get(stack.mail_link(person)))
    page = walker.send(page, accept="y")
    with watch.timing("new password: send → summary"):
        page = walker.send(page, password=GOOD_PASSWORD, confirmation=GOOD_PASSWORD)
    assert page.url.endswith("/activation/summary"), page


def _update_password(stack: Stack, watch: Stopwatch) -> None:
    person, password = _active(stack, "UPDATE_PASSWORD")
    walker = Walker()
    page = walker.log_in(walker.get(f"{stack.ent_url}/connexion"), person.login, password)
    with watch.timing("native password: send → application"):
        page = walker.send(page, **{"password-new": GOOD_PASSWORD, "password-confirm": GOOD_PASSWORD})
    assert page.url.startswith(stack.ent_url), page
