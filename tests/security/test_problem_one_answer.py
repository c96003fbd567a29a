"""1. « Problème de connexion » tells nobody who has an account, or an address: same answers, same work."""

from __future__ import annotations

import random
import re
import secrets
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from kc_bridge.services import EXTENSION
from kc_bridge.store.models import OutboxMessage
from tests.security.test_identify_one_answer import statements
from tests.support.bridge import FixedClock, make_app, services_of
from tests.support.counts import SOAK
from tests.support.identify import birthday, number, words
from tests.support.problem import IDENTIFIER, PROFILE, PROOF, SENT, enrolled, identify, prove
from tests.support.visitor import Visitor

Words = tuple[str, str, date]
"""Identifier, INE and birth date."""


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    return make_app(tmp_path, clock, profile=PROFILE)


def unknown(app: Flask) -> Words:
    return f"camille-{secrets.token_hex(4)}@etu.univ.test", number(), birthday()


def known(**fields: Any) -> Callable[[Flask], Words]:
    def somebody(app: Flask) -> Words:
        values = dict(fields)
        if "activated_at" in values:
            values["activated_at"] = services_of(app).clock()
        if "address_frozen_until" in values:
            values["address_frozen_until"] = services_of(app).clock() + timedelta(days=1)
        person, ine = enrolled(app, **values)
        assert person.birth_date is not None
        return person.login, ine, person.birth_date

    return somebody


STATES: dict[str, Callable[[Flask], Words]] = {
    "unknown": unknown,
    "activated": known(activated_at=True, state="SupannActif"),
    "disabled": known(state="SupannVerrouille"),
    "expired": known(state="SupannExpire", account_end=date(2025, 12, 31)),
    "expired since midnight": known(account_end=date(2026, 9, 6)),
    "not open yet": known(state="SupannPrecree", keycloak_id=None),
    "frozen": known(address_frozen_until=True),
    "to be validated again": known(reset_at=datetime(2026, 9, 1, tzinfo=UTC)),
    "of a journey entered otherwise": known(population="guest"),
}
WAITING: dict[str, Callable[[Flask], Words]] = {
    "waits, with a mail": known(),
    "waits, without a mail": known(personal_mail=None),
}


def without_guests(app: Flask) -> None:
    """Staff and guests get in otherwise: their journey does not ask by identifier."""
    kcb = services_of(app)
    journeys = [
        journey.model_copy(update={"entrances": ["mail-link"]}) if "guest" in journey.populations else journey
        for journey in kcb.profile.journeys
    ]
    app.extensions[EXTENSION] = replace(kcb, profile=kcb.profile.model_copy(update={"journeys": journeys}))


def wrong(app: Flask, given: Words, what: str) -> Words:
    identifier, ine, born = given
    match what:
        case "INE":
            return identifier, number(), born
        case "birth date":
            return identifier, ine, birthday()
        case _:
            return known()(app)[0], ine, born


def seen(response: TestResponse, given: Words) -> tuple[Any, ...]:
    """Everything an answer consists of, but what was typed and the form's own token."""
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", response.get_data(as_text=True))
    for name, typed in zip(
        ("IDENTIFIER", "INE", "DATE"), (given[0], given[1], f"{given[2]:%d/%m/%Y}"), strict=True
    ):
        body = body.replace(typed, name)
    return (
        response.status,
        sorted(response.headers),
        response.headers.getlist("Set-Cookie"),
        response.location,
        body,
    )


def test_the_same_page_after_the_identifier(app: Flask) -> None:
    """Etapes 1 to 3-1: asked, shown, asked again, shown again; nothing is sent inside a request."""
    without_guests(app)
    warm = Visitor(app)
    identify(warm, unknown(app)[0])
    warm.get(SENT)
    warm.post(SENT)  # the limits all share have begun
    answers, work = {}, {}
    for name, state in (STATES | WAITING).items():
        given, visitor = state(app), Visitor(app)
        visitor.get(IDENTIFIER)
        with statements(app) as said:
            responses = [
                identify(visitor, given[0]),
                visitor.get(SENT),
                visitor.post(SENT),
                visitor.get(SENT),
                visitor.get(PROOF),
            ]
        assert [response.status_code for response in responses] == [303, 200, 303, 200, 200], name
        answers[name], work[name] = [seen(response, given) for response in responses], said
    for name in answers:
        assert answers[name] == answers["unknown"], name
        assert work[name] == work["unknown"], name
    assert len(work["unknown"]) > 10
    with services_of(app).sessions() as db:
        assert db.query(OutboxMessage).count() == 0


def test_the_same_refusal_of_whatever_does_not_open(app: Flask) -> None:
    """Etape 4: no state, and no wrong word of three, is told from another."""
    without_guests(app)
    people: dict[str, Words] = {name: state(app) for name, state in STATES.items()}
    people |= {
        f"wrong {what}": wrong(app, known()(app), what) for what in ("INE", "birth date", "identifier")
    }
    warmed = Visitor(app)
    identify(warmed, people["unknown"][0])
    prove(warmed, number(), birthday())
    answers, work = {}, {}
    for name, given in people.items():
        visitor = Visitor(app)
        identify(visitor, given[0])
        visitor.get(PROOF)
        with statements(app) as said:
            response = prove(visitor, *given[1:])
        assert response.status_code == 422, name
        assert "Nous n'avons pas pu vérifier que ce compte est le vôtre" in words(response), name
        assert "perso.example" not in words(response)
        answers[name], work[name] = seen(response, given), said
    for name in people:
        assert answers[name] == answers["unknown"], name
        assert work[name] == work["unknown"], name
    assert len(work["unknown"]) > 10


@pytest.mark.skipif(not SOAK, reason="soak: wall time")
@pytest.mark.parametrize("page", ["identifier", "proof", "recovery"])
def test_the_same_time(app: Flask, clock: FixedClock, page: str) -> None:
    """Medians of 500 people known and 500 unknown, in one shuffled order."""
    without_guests(app)
    kinds = [state for name, state in STATES.items() if name != "unknown"]
    kinds += WAITING.values() if page != "proof" else []
    tries = [(True, kinds[n % len(kinds)](app)) for n in range(500)]
    tries += [(False, unknown(app)) for _ in range(500)]
    random.Random(5).shuffle(tries)
    asked_at = {"identifier": IDENTIFIER, "proof": PROOF, "recovery": "/mot-de-passe-oublie"}
    took: dict[bool, list[float]] = {True: [], False: []}
    for turn, (is_known, given) in enumerate(tries):
        if turn % 400 == 399:
            clock.advance(minutes=6)  # below the ceiling for everybody
        visitor = Visitor(app)
        if page == "proof":
            identify(visitor, given[0])
        visitor.get(asked_at[page])
        began = time.perf_counter()
        if page != "proof":
            environ = {"REMOTE_ADDR": f"198.18.{turn // 250}.{turn % 250}"}
            response = visitor.post(asked_at[page], {"identifier": given[0]}, environ_base=environ)
        else:
            environ = {"REMOTE_ADDR": f"198.19.{turn // 250}.{turn % 250}"}
            fields = {"number": given[1], "birth_date": f"{given[2]:%d/%m/%Y}"}
            response = visitor.post(PROOF, fields, environ_base=environ)
        took[is_known].append(time.perf_counter() - began)
        assert response.status_code == (422 if page == "proof" else 303)
    medians = {is_known: statistics.median(times) * 1000 for is_known, times in took.items()}
    print(
        f"\nproblem, {page}: median {medians[True]:.2f} ms known, {medians[False]:.2f} ms unknown (500 + 500)"
    )
    assert abs(medians[True] - medians[False]) < 5
