"""People who give a number and a birth date, at the bridge alone."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from html import unescape
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from kc_bridge.store.activation import Link
from kc_bridge.store.models import Identifier, Person
from tests.support.bridge import make_person, services_of
from tests.support.visitor import Visitor

__all__ = [
    "PROFILE",
    "address",
    "birthday",
    "go_in",
    "holder",
    "is_refused",
    "number",
    "short_profile",
    "try_in",
    "words",
]

PROFILE = str(Path(__file__).parent / "profiles" / "complete.toml")

_days = count()
_addresses = count(1)


def short_profile(folder: Path) -> str:
    """The shipped profile with this entrance besides: the shortest journey there is."""
    text = (files("required_actions.profiles") / "default.toml").read_text("utf-8")
    mail_only = 'entrances = ["mail-link"]'
    assert mail_only in text
    both = 'entrances = ["mail-link", "identify"]\nidentify_by = ["ine", "uid"]'
    notice = '[privacy.notices.identify]\npurpose.fr = "Vous retrouver."\nbasis.fr = "Loi."\nretention.fr = "Aucune."'
    path = folder / "identify.toml"
    path.write_text(
        text.replace(mail_only, both).replace("[privacy.notices.", f"{notice}\n\n[privacy.notices.", 1)
    )
    return str(path)


def number() -> str:
    """An INE nobody has had yet."""
    return f"{secrets.randbelow(10**9):09}ZZ"


def birthday() -> date:
    """A day not used before in this run: tries with one birth date count together."""
    return date(1950, 1, 1) + timedelta(days=next(_days))


def address() -> str:
    """A client address not used before in this run (RFC 2544's range)."""
    n = next(_addresses)
    return f"198.{18 + n // 65536}.{n // 256 % 256}.{n % 256}"


def holder(app: Flask, kind: str = "ine", **fields: Any) -> tuple[Person, str]:
    """Somebody enrolled and not activated, and their number."""
    value = number()
    person = make_person(app, **({"birth_date": birthday()} | fields))
    with services_of(app).sessions.begin() as db:
        db.add(Identifier(person_id=person.id, kind=kind, value=value))
    return person, value


def words(response: TestResponse) -> str:
    """A page as its reader sees it."""
    return unescape(response.get_data(as_text=True))


def is_refused(response: TestResponse) -> bool:
    """True for the one answer to all that does not open."""
    return response.status_code == 422 and "Nous n'avons pas pu ouvrir" in words(response)


def try_in(
    visitor: Visitor, number: str, born: date | str | None, *, kind: str = "ine", at: str | None = None
) -> TestResponse:
    """One try from the form, by default from an address of its own."""
    path = f"/identification/{kind.replace('_', '-')}"
    visitor.get(path)
    typed = f"{born:%d/%m/%Y}" if isinstance(born, date) else born or ""
    environ = {"REMOTE_ADDR": at or address()}
    return visitor.post(path, {"number": number, "birth_date": typed}, environ_base=environ)


def go_in(app: Flask, visitor: Visitor, asked: TestResponse, person: Person) -> str:
    """Keycloak says that nobody is logged in here; the name of the opening it is then sent off with."""
    assert asked.status_code == 303, asked.get_data(as_text=True)
    question = parse_qs(urlsplit(asked.location).query)
    assert question["prompt"] == ["none"]
    opened = visitor.get(f"/oidc/silent?state={question['state'][0]}&error=login_required")
    assert opened.status_code == 303
    with services_of(app).sessions() as db:
        wanted = select(Link.opening).where(Link.person_id == person.id, Link.state == "opened")
        return db.scalars(wanted).one() or ""
