"""1. Before the first right words nothing tells a person known from one unknown: same answer, same work."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.support.bridge import FixedClock, make_app, services_of
from tests.support.counts import SOAK
from tests.support.identify import PROFILE, birthday, holder, is_refused, number, try_in
from tests.support.visitor import Visitor

Words = tuple[str, date]


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge whose people may identify themselves by every kind of number."""
    return make_app(tmp_path, clock, profile=PROFILE)


def unknown(app: Flask, kind: str = "ine") -> Words:
    return number(), birthday()


def wrong_date(app: Flask, kind: str = "ine") -> Words:
    return holder(app, kind)[1], birthday()


def known(**fields: Any) -> Callable[..., Words]:
    def words(app: Flask, kind: str = "ine") -> Words:
        born = birthday()
        values = {"birth_date": born} | fields
        if "activated_at" in values:
            values["activated_at"] = services_of(app).clock()
        return holder(app, kind, **values)[1], born

    return words


REFUSED: dict[str, Callable[..., Words]] = {
    "unknown number": unknown,
    "another birth date": wrong_date,
    "no birth date": known(birth_date=None),
    "activated": known(activated_at=True, state="SupannActif"),
    "disabled": known(state="SupannVerrouille"),
    "expired": known(state="SupannExpire", account_end=date(2025, 12, 31)),
    "expired since midnight": known(account_end=date(2026, 9, 6)),
    "not open yet": known(state="SupannPrecree", keycloak_id=None),
    "to be validated again": known(reset_at=datetime(2026, 9, 1, tzinfo=UTC)),
}


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    said: list[str] = []
    engine = services_of(app).sessions.kw["bind"]

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def seen(response: TestResponse, words: Words) -> tuple[Any, ...]:
    """Everything an answer consists of, but what was typed and the form's own token."""
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", response.get_data(as_text=True))
    typed = body.replace(words[0], "NUMBER").replace(f"{words[1]:%d/%m/%Y}", "DATE")
    return response.status, sorted(response.headers), response.headers.getlist("Set-Cookie"), typed


@pytest.mark.parametrize("kind", ["ine", "uid"])
def test_the_same_answer_and_the_same_work(app: Flask, kind: str) -> None:
    try_in(Visitor(app), *unknown(app), kind=kind)  # the limit all share has begun
    answers, work = {}, {}
    for name, person in REFUSED.items():
        words, visitor = person(app, kind), Visitor(app)
        visitor.get(f"/identification/{kind}")
        with statements(app) as said:
            response = try_in(visitor, *words, kind=kind)
        assert is_refused(response), name
        answers[name], work[name] = seen(response, words), said
    for name in REFUSED:
        assert answers[name] == answers["unknown number"], name
        assert work[name] == work["unknown number"], name
    assert len(work["unknown number"]) > 10


def test_held_back_alike(app: Flask) -> None:
    """9. Whether the number exists is not told by its limit either, nor whether the sixth try is right."""
    answers = []
    for person in (unknown, wrong_date, known()):
        words = person(app)
        for _ in range(5):
            try_in(Visitor(app), words[0], birthday())
        held = try_in(Visitor(app), *words)
        assert held.status_code == 429
        answers.append((*seen(held, words), held.headers["Retry-After"]))
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.skipif(not SOAK, reason="soak: wall time")
def test_the_same_time(app: Flask, clock: FixedClock) -> None:
    """Medians of 500 tries at known numbers and 500 at unknown ones, in one shuffled order."""
    kinds = [person for name, person in REFUSED.items() if name != "unknown number"]
    tries = [(True, kinds[n % len(kinds)](app)) for n in range(500)] + [
        (False, unknown(app)) for _ in range(500)
    ]
    random.Random(4).shuffle(tries)
    took: dict[bool, list[float]] = {True: [], False: []}
    visitor = Visitor(app)
    for number_, (is_known, words) in enumerate(tries):
        if number_ % 500 == 499:
            clock.advance(minutes=6)  # below the ceiling for everybody
        visitor.get("/identification/ine")
        fields = {"number": words[0], "birth_date": f"{words[1]:%d/%m/%Y}"}
        environ = {"REMOTE_ADDR": f"198.18.{number_ // 250}.{number_ % 250}"}
        began = time.perf_counter()
        response = visitor.post("/identification/ine", fields, environ_base=environ)
        took[is_known].append(time.perf_counter() - began)
        assert is_refused(response)
    medians = {is_known: statistics.median(times) * 1000 for is_known, times in took.items()}
    print(f"\nidentify: median {medians[True]:.2f} ms known, {medians[False]:.2f} ms unknown (500 + 500)")
    assert abs(medians[True] - medians[False]) < 5
