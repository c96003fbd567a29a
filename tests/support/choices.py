"""Steps people are asked for alone, and what the bridge keeps of their choices."""

from __future__ import annotations

import hashlib
import tomllib
from html import unescape
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from kc_bridge.domain.journey import action_id
from kc_bridge.store.decisions import Consent
from kc_bridge.store.models import Person
from tests.support.bridge import FakeRealm, services_of
from tests.support.visitor import Visitor

__all__ = ["COMPLETE", "Asked", "consents", "everything_kept", "words_sha256"]

COMPLETE = str(Path(__file__).parent / "profiles" / "complete.toml")
"""The profile that has every step."""


class Asked:
    """Somebody asked for steps by an application, at the page that asks."""

    def __init__(
        self,
        app: Flask,
        realm: FakeRealm,
        person: Person,
        *steps: str,
        language: str = "fr",
        aia: bool = True,
    ) -> None:
        self.realm = realm
        self.visitor = Visitor(app)
        acts = [action_id(step) for step in steps]
        self.page: TestResponse = self.visitor.enter(
            realm, person, act=acts[0], acts=acts, aia=aia, locale=language
        )
        self.address = f"/activation/{steps[0].replace('_', '-')}"

    @property
    def shown(self) -> str:
        """The page's HTML."""
        return self.page.get_data(as_text=True)

    @property
    def words(self) -> str:
        """The same, as a browser reads it."""
        return unescape(self.shown)

    def answer(self, **fields: Any) -> TestResponse:
        """Sends the page's form; its answer is the page from then on."""
        self.page = self.visitor.post(self.address, fields)
        return self.page

    @property
    def told(self) -> dict[str, Any]:
        """What Keycloak was told last."""
        return self.realm.completed[-1]


def consents(app: Flask, person: Person, use: str) -> list[Consent]:
    """Proofs of the person's decisions, oldest first."""
    wanted = select(Consent).where(Consent.person_id == person.id, Consent.use == use).order_by(Consent.id)
    with services_of(app).sessions() as db:
        return list(db.scalars(wanted))


def words_sha256(use: str, question: str, language: str) -> str:
    """SHA-256 of a question and of the notice beside it, from the profile as written."""
    profile = tomllib.loads(Path(COMPLETE).read_text("utf-8"))
    notice = profile["privacy"]["notices"][use]
    words = [question, *(notice[part][language] for part in ("purpose", "basis", "retention"))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def everything_kept(app: Flask) -> str:
    """Every cell of the bridge's database but those of sessions, whose data is the browser's."""
    with services_of(app).sessions() as db:
        names = db.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        rows = [row for name in names for row in db.execute(text(f"SELECT * FROM {name}")).all()]
    return repr(rows)
