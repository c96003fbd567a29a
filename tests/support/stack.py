"""The bridge as people meet it: Flask on a real port, its realm on the real Keycloak, SMTP, and « ENT démo »."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from kc_bridge import create_app
from kc_bridge.demo import ent, mailbox
from kc_bridge.domain.journey import keycloak_actions
from kc_bridge.mailer import send_waiting
from kc_bridge.realm.applications import ApplicationClient
from kc_bridge.services import EXTENSION, Services
from kc_bridge.settings import SmtpSettings
from kc_bridge.store import outbox
from kc_bridge.store.models import Person
from tests.integration.kcb_realm import KcbRealm
from tests.support.ports import free_port
from tests.support.quick import keep_templates

__all__ = ["GOOD_PASSWORD", "SettableClock", "Stack", "free_port", "start_stack"]

GOOD_PASSWORD = "Printemps-2026-à-Cassis!"


class SettableClock:
    """The machine's time, moved by what a test asks for."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    @contextmanager
    def ahead(self, **amount: float) -> Iterator[None]:
        """Moves the bridge's time for a while (Keycloak's stays): ``ahead(minutes=5)``."""
        before = self.offset
        self.offset += timedelta(**amount)
        try:
            yield
        finally:
            self.offset = before


class Served:
    """A WSGI application on a real port, in a thread."""

    def __init__(self, app: Any, port: int) -> None:
        self._server = make_server("127.0.0.1", port, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


@dataclass
class Stack:
    """Everything one test module needs; people are made directly, the sync has tests of its own."""

    realm: KcbRealm
    app: Flask
    clock: SettableClock
    mails: mailbox.MailStore
    ent_url: str
    stops: list[Callable[[], None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.realm.settings.public_url

    @property
    def services(self) -> Services:
        found: Services = self.app.extensions[EXTENSION]
        return found

    def person(self, *, language: str = "fr", actions: list[str] | None = None, **user: Any) -> Person:
        """Somebody enrolled, known to the bridge and to Keycloak, not activated."""
        name = f"camille.o-connor-{secrets.token_hex(3)}"
        profile = self.services.profile
        login = f"{name}@{profile.mail_domains['student']}"
        journey = profile.journey_for("student")
        keycloak_id = self.realm.create_user(
            login,
            email=login,
            requiredActions=keycloak_actions(journey) if actions is None else actions,
            **user,
        )
        now = self.clock()
        person = Person(
            key=f"test:{name}",
            uid=name,
            keycloak_id=keycloak_id,
            login=login,
            mail=login,
            first_name="Camille",
            last_name="O'Connor",
            personal_mail=f"{name}@perso.example",
            language=language,
            population="student",
            created_at=now,
            updated_at=now,
        )
        with self.services.sessions.begin() as db:
            db.add(person)
        return person

    def mail_link(self, person: Person) -> str:
        """Has the activation mail sent by the real worker through real SMTP; the link in it."""
        now = self.clock()
        with self.services.sessions.begin() as db:
            outbox.enqueue(
                db,
                kind="activation",
                person_id=person.id,
                dedupe_key=f"activation:{person.id}:{secrets.token_hex(4)}",
                now=now,
            )
        send_waiting(self.realm.settings, self.services.sessions, self.clock)
        mail = next(self.mails.newest_first(person.personal_mail or ""))
        return next(link for link in mail.links if "/l/" in link)

    def reread(self, person: Person) -> Person:
        with self.services.sessions() as db:
            return db.get_one(Person, person.id)

    def user(self, person: Person) -> dict[str, Any]:
        """Keycloak's own view of the person."""
        found: dict[str, Any] = self.realm.call("GET", f"users/{person.keycloak_id}")
        return found

    def stop(self) -> None:
        for stop in reversed(self.stops):
            stop()


def start_stack(realms: Callable[..., KcbRealm], folder: Path, **settings: Any) -> Stack:
    """Starts a bridge for a new realm. ``settings`` replace the usual ones."""
    bridge, ent_port, smtp = free_port(), free_port(), free_port()
    ent_url = f"http://localhost:{ent_port}"
    application = ApplicationClient("ent-demo", "ENT démo", f"{ent_url}/connexion", (f"{ent_url}/*",))
    realm = realms(
        applications=(application,),
        public_url=f"http://localhost:{bridge}",
        smtp=SmtpSettings(host="127.0.0.1", port=smtp),
        **settings,
    )
    clock = SettableClock()
    app = keep_templates(create_app(realm.settings, clock))
    mails = mailbox.MailStore(folder / "mails")
    controller = mailbox.start_smtp(mails, smtp)
    served = [Served(app, bridge), Served(ent.create_app(realm.settings.issuer, "s" * 32), ent_port)]
    stack = Stack(realm, app, clock, mails, ent_url)
    stack.stops += [controller.stop, *(one.stop for one in served)]
    return stack
