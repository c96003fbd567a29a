"""18, 22 and 24. What people and attackers put into the two fields: inert, in no log, and the headers are there."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import text

from kc_bridge.store.activation import Link
from kc_bridge.store.base import Base
from kc_bridge.store.models import AuditEntry
from tests.security.test_headers import assert_protected
from tests.security.test_injection import CORPUS, assert_inert
from tests.support.bridge import FakeRealm, FixedClock, make_app, services_of
from tests.support.identify import PROFILE, birthday, holder, is_refused, number, try_in
from tests.support.visitor import Visitor

FORM = "/identification/ine"


@pytest.fixture
def app(tmp_path: Path, clock: FixedClock) -> Flask:
    """A bridge whose people may identify themselves by every kind of number."""
    return make_app(tmp_path, clock, profile=PROFILE)


def counted(app: Flask) -> dict[str, int]:
    """Rows of every table but those of limits and browser sessions."""
    names = [name for name in Base.metadata.tables if name not in ("rate_window", "web_session")]
    with services_of(app).sessions() as db:
        return {name: db.scalar(text(f'SELECT COUNT(*) FROM "{name}"')) or 0 for name in names}


@pytest.mark.parametrize("value", CORPUS)
def test_injected(app: Flask, value: str) -> None:
    holder(app)
    before = counted(app)
    for kind in ("ine", "uid"):
        for typed, born in ((value, birthday()), (number(), value), (value, value)):
            response = try_in(Visitor(app), typed, born, kind=kind)
            assert response.status_code == 422
            assert_inert(response.get_data(as_text=True))
            assert_protected(response)
    assert Visitor(app).get(f"/identification/{quote(value[:200])}").status_code == 404
    assert counted(app) == before


def shapes(ine: str, born: str) -> list[dict[str, Any]]:
    return [
        {"data": {"number[]": ine, "birth_date[]": born}},
        {"data": {"number": [], "birth_date": []}},
        {
            "data": {
                "number": (io.BytesIO(ine.encode()), "n.txt"),
                "birth_date": (io.BytesIO(born.encode()), "d"),
            }
        },
        {"json": {"number": [ine], "birth_date": born}},
        {"json": [ine, born]},
        {"data": b"\xff\xfe\0number=1", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"--x\r\n\r\n", "content_type": "multipart/form-data; boundary=x"},
        {"query_string": {"number": ine, "birth_date": born}},
    ]


@pytest.mark.parametrize("shape", range(8))
def test_other_shapes_than_promised(app: Flask, realm: FakeRealm, shape: int) -> None:
    """Right words, given otherwise than by the two fields of the form."""
    person, ine = holder(app)
    visitor = Visitor(app)
    visitor.get(FORM)
    request = shapes(ine, f"{person.birth_date:%d/%m/%Y}")[shape]
    response = visitor.request("POST", FORM, headers={"X-CSRFToken": visitor.csrf}, **request)
    assert response.status_code in (400, 422)
    with services_of(app).sessions() as db:
        assert db.query(Link).count() == 0


def test_the_first_of_two_values_counts_and_is_looked_up(app: Flask, realm: FakeRealm) -> None:
    """A list where a word is expected: what is counted is what is answered, so nothing is tried for free."""
    person, ine = holder(app)
    born = f"{person.birth_date:%d/%m/%Y}"
    other = number()
    for fields, status in (
        ({"number": [other, ine], "birth_date": born}, [422] * 5 + [429]),
        ({"number": [ine, other], "birth_date": [born, "01/01/1990"]}, [303] * 5 + [429]),
    ):
        answers = []
        for _ in range(6):
            visitor = Visitor(app)
            visitor.get(FORM)
            answers.append(visitor.post(FORM, fields).status_code)
        assert answers == status


@pytest.mark.parametrize("typed", ["1" * 64_000, "\u0660" * 10_000, "1/" * 30_000, " " * 60_000])
def test_long_words_cost_nothing(app: Flask, typed: str) -> None:
    for field in ("number", "birth_date"):
        visitor = Visitor(app)
        visitor.get(FORM)
        assert visitor.post(FORM, {field: typed}).status_code in (413, 422)


def test_every_answer_has_its_headers(app: Flask, realm: FakeRealm) -> None:
    person, ine = holder(app)
    pages = [Visitor(app).get(path) for path in ("/identification", FORM, "/identification/nothing")]
    pages += [try_in(Visitor(app), *words) for words in (("", ""), (number(), birthday()))]
    pages += [try_in(Visitor(app), ine, person.birth_date) for _ in range(6)]
    pages.append(Visitor(app).request("POST", FORM))
    assert [page.status_code for page in pages] == [200, 200, 404, 422, 422, *[303] * 5, 429, 400]
    for page in pages:
        assert_protected(page)


def test_neither_number_nor_date_is_written_down(
    app: Flask, realm: FakeRealm, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """22. Right, wrong, held, refused by the form, and when something breaks with both in its hands."""
    born = date(1903, 2, 17)
    person, ine = holder(app, birth_date=born)
    other = number()
    seen = [try_in(Visitor(app), other, born) for _ in range(6)]
    seen += [
        try_in(Visitor(app), ine, born),
        try_in(Visitor(app), other, "17/02/03"),
        try_in(Visitor(app), "", born),
    ]

    def broken() -> None:
        raise ValueError(f"{ine} {born} {person}")

    monkeypatch.setattr(services_of(app).backchannel, "version", broken)
    seen.append(try_in(Visitor(app), ine, born))

    assert [page.status_code for page in seen] == [*[422] * 5, 429, 303, 422, 422, 500]
    said = capfd.readouterr()
    with services_of(app).sessions() as db:
        audited = json.dumps([entry.details for entry in db.query(AuditEntry)])
    assert "/identification/<kind>" in said.out
    assert "internal error" in said.out
    for canary in (ine, other, str(born), f"{born:%d/%m/%Y}", f"{born:%d%m%Y}", "17/02/03"):
        assert canary not in said.out + said.err + audited
        assert not any(canary in page.headers.get("Location", "") for page in seen)
    assert is_refused(seen[0])
