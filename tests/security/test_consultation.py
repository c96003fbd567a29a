"""1, 3 and 9. « Consultation en ligne »: one answer to all it does not show, the tries of the identification, nothing kept."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from kc_bridge.store.models import Affiliation, AuditEntry, Person
from kc_bridge.store.web import WebSession
from tests.security.test_headers import assert_protected
from tests.security.test_identify_one_answer import seen, statements
from tests.support.bridge import FixedClock, make_app, services_of
from tests.support.identify import PROFILE, address, birthday, holder, number, try_in, words
from tests.support.visitor import Visitor

HERE = "/consultation"
REFUSED = "Aucune inscription de l'année en cours ne correspond"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge with this page, whose people may identify themselves by every kind of number."""
    path = tmp_path / "consultation.toml"
    path.write_text(f"consultation = true\n{Path(PROFILE).read_text('utf-8')}", "utf-8")
    return make_app(tmp_path, clock, profile=str(path))


def enrol(app: Flask, person: Person, year: int, label: str, **fields: Any) -> None:
    with services_of(app).sessions.begin() as db:
        usual = {
            "population": "student",
            "source": "test",
            "source_key": secrets.token_hex(8),
            "programme": "L1INF",
            "start": date(year, 7, 1),
            "end": date(year + 1, 12, 31),
        }
        db.add(Affiliation(person_id=person.id, year=year, label=label, **(usual | fields)))


def student(app: Flask, **fields: Any) -> tuple[Person, str]:
    person, value = holder(app, "student_number", **fields)
    enrol(app, person, 2026, "Licence 1 Informatique")
    return person, value


def consult(visitor: Visitor, number: str, born: date | str | None, at: str | None = None) -> TestResponse:
    visitor.get(HERE)
    typed = f"{born:%d/%m/%Y}" if isinstance(born, date) else born or ""
    return visitor.post(
        HERE, {"number": number, "birth_date": typed}, environ_base={"REMOTE_ADDR": at or address()}
    )


Words = tuple[str, date]


def left_last_year(app: Flask) -> Words:
    person, value = holder(app, "student_number")
    enrol(app, person, 2025, "Licence 1 Informatique")
    assert person.birth_date
    return value, person.birth_date


def staff(app: Flask) -> Words:
    person, value = holder(app, "student_number")
    assert person.birth_date
    return value, person.birth_date


SHOWN_TO_NOBODY: dict[str, Callable[[Flask], Words]] = {
    "unknown number": lambda app: (number(), birthday()),
    "another birth date": lambda app: (student(app)[1], birthday()),
    "another's, closed": lambda app: (student(app, state="SupannExpire")[1], birthday()),
    "another's, activated": lambda app: (student(app, state="SupannActif")[1], birthday()),
    "no birth date": lambda app: (student(app, birth_date=None)[1], birthday()),
    "left last year": left_last_year,
    "no student": staff,
}


def test_one_answer_after_one_work(app: Flask) -> None:
    consult(Visitor(app), number(), birthday())  # the limit all share has begun
    answers, work = {}, {}
    for name, make in SHOWN_TO_NOBODY.items():
        typed, visitor = make(app), Visitor(app)
        visitor.get(HERE)
        fields = {"number": typed[0], "birth_date": f"{typed[1]:%d/%m/%Y}"}
        with statements(app) as said:
            response = visitor.post(HERE, fields, environ_base={"REMOTE_ADDR": address()})
        assert response.status_code == 422
        assert REFUSED in words(response), name
        answers[name], work[name] = seen(response, typed), said
    for name in SHOWN_TO_NOBODY:
        assert answers[name] == answers["unknown number"], name
        assert work[name] == work["unknown number"], name


@pytest.mark.parametrize("state", ["SupannCree", "SupannActif"])
def test_ones_own_identifier_and_enrolments_and_nothing_else(app: Flask, state: str) -> None:
    """Activated or not; of the years before nothing, and nothing of what the record holds besides."""
    person, value = student(app, state=state, birth_name="Naissance", phone="+33639980000")
    enrol(app, person, 2026, "Licence 2 Droit", programme="L2DRT", status="cancelled")
    enrol(app, person, 2025, "Terminée depuis")
    response = consult(Visitor(app), value, person.birth_date)
    assert response.status_code == 200
    assert_protected(response)
    page = words(response)
    for told in (person.login, "Licence 1 Informatique", "L1INF", "2026/2027", "Validée"):
        assert told in page
    for told in ("Licence 2 Droit", "Annulée"):
        assert told in page
    untold = [person.personal_mail, person.key, person.birth_name, person.phone, value, "Terminée depuis"]
    untold += ["2025/2026", "2027-12-31", "31/12/2027", "31 décembre 2027", person.first_name]
    assert [each for each in untold if each and each in page] == []


def test_before_september_the_next_year_counts_too(app: Flask, clock: FixedClock) -> None:
    """Whoever enrols in July reads their identifier there to activate the account."""
    clock.now = clock.now.replace(month=7, day=10)
    person, value = holder(app, "student_number")
    enrol(app, person, 2026, "Licence 1 Informatique")
    assert "Licence 1 Informatique" in words(consult(Visitor(app), value, person.birth_date))


def test_the_tries_are_those_of_the_identification(app: Flask, clock: FixedClock) -> None:
    """9. Not five more: whoever has used them up there has none left here, and the other way round."""
    person, value = student(app)
    for _ in range(3):
        try_in(Visitor(app), value, birthday(), kind="student_number")
    assert [consult(Visitor(app), value, birthday()).status_code for _ in range(2)] == [422, 422]
    held = consult(Visitor(app), value, person.birth_date)
    assert held.status_code == 429
    assert "Réessayez à partir de" in words(held)
    assert try_in(Visitor(app), value, person.birth_date, kind="student_number").status_code == 429
    clock.advance(hours=1)
    assert consult(Visitor(app), value, person.birth_date).status_code == 200


def test_nothing_is_kept(app: Flask) -> None:
    """Neither what was typed nor what was shown; going back finds the empty form."""
    person, value = student(app)
    visitor = Visitor(app)
    consult(visitor, value, person.birth_date)
    with services_of(app).sessions() as db:
        (kept,) = db.scalars(select(WebSession.data)).all()
        audited = db.scalars(select(AuditEntry).where(AuditEntry.action == "consultation.shown")).all()
    assert set(json.loads(kept)) <= {"_born", "csrf_token", "browser", "locale"}
    assert [(entry.person_id, entry.details) for entry in audited] == [(person.id, {})]
    back = visitor.get(HERE)
    assert "no-store" in back.headers["Cache-Control"]
    assert not re.search(
        r'<input[^>]*name="(number|birth_date)"[^>]*value="[^"]', back.get_data(as_text=True)
    )
    assert person.login not in words(back)


@pytest.mark.parametrize("typed", ["31032007", "31/03/2007", "31 03 2007", "2007-03-31"])
def test_birth_dates_as_people_write_them(app: Flask, typed: str) -> None:
    _person, value = student(app, birth_date=date(2007, 3, 31))
    assert consult(Visitor(app), f" {value.lower()} ", typed).status_code == 200


def test_where_it_is_not_offered_there_is_nothing(tmp_path: Path, clock: FixedClock) -> None:
    assert "consultation" not in (files("required_actions.profiles") / "default.toml").read_text("utf-8")
    visitor = Visitor(make_app(tmp_path, clock))
    assert visitor.get(HERE).status_code == 404
    visitor.get("/mot-de-passe-oublie")
    assert visitor.post(HERE, {"number": number(), "birth_date": "31032007"}).status_code == 404
