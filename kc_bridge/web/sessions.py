"""Browser sessions: all state on the server, in the bridge's database; the cookie is only a random name.

Idle and absolute ends, and a new name at each change of standing (OWASP ASVS 5.0, V7).
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response, current_app, request, session
from flask_session.base import ServerSideSession, ServerSideSessionInterface
from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError

from kc_bridge.services import services
from kc_bridge.store.web import WebSession
from kc_bridge.web.headers import CACHEABLE

__all__ = ["BROWSER", "renew", "setup"]

COOKIE = "__Host-kcb-session"
BORN = "_born"
BROWSER = "browser"
"""Names the browser to itself: which pending logins are its own."""
QUESTIONS = "questions"
"""Logins asked of Keycloak for « Mon compte » whose answers are to come: a step done on the way does not lose them."""
WIZARD = "login"
"""The login a wizard of this browser goes through, with its ``person_id``."""
SURVIVES = ("locale", BROWSER, QUESTIONS)
WITHOUT_SESSION = CACHEABLE | {"healthz", "readyz"}
"""Endpoints that answer even when no session can be read."""


class BrowserSession(ServerSideSession):
    """The session of one request."""

    loaded_as: str | None = None
    """Name it was found under; None, or another than ``sid``, when it is to be stored anew."""
    failure: SQLAlchemyError | None = None
    """Why it could not be read or kept."""


class DatabaseSessions(ServerSideSessionInterface):
    """Flask-Session's storage in our own table, under the SHA-256 of the cookie, as JSON."""

    session_class = BrowserSession

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        try:
            found: BrowserSession = super().open_session(app, request)
        except SQLAlchemyError as error:
            found = BrowserSession(sid=self._generate_sid(self.sid_length))
            found.failure = error  # raised once there is a request to answer: see _must_have_been_read
        found.loaded_as = found.sid if BORN in found else None
        return found

    def save_session(self, app: Flask, session: BrowserSession, response: Response) -> None:
        if session.failure is not None:
            return
        try:
            super().save_session(app, session, response)
        except SQLAlchemyError as error:
            session.failure = error  # the page that says so has no session to keep either
            raise

    def should_set_cookie(self, app: Flask, session: BrowserSession) -> bool:  # noqa: ARG002
        """Only a new name is told to the browser: a late answer must not bring an old one back."""
        return session.loaded_as != session.sid

    def _retrieve_session_data(self, store_id: str) -> dict[str, Any] | None:
        kcb = services()
        now = kcb.clock()
        with kcb.sessions() as db:
            row = db.get(WebSession, _hashed(store_id))
        if row is None or row.expires_at <= now:
            return None
        data: dict[str, Any] = json.loads(row.data)
        born = datetime.fromisoformat(data[BORN])
        return data if now < born + kcb.settings.session_absolute else None

    def _upsert_session(self, session_lifetime: timedelta, session: BrowserSession, store_id: str) -> None:
        """Stores a new session; of a known one only what changed, and nothing when it was ended meanwhile.

        Requests of one browser run side by side: a slow one must neither undo what a quick one wrote, nor revive
        the name a quick one gave up.
        """
        kcb = services()
        now = kcb.clock()
        id_sha256, expires_at = _hashed(store_id), now + session_lifetime
        with kcb.sessions.begin() as db:
            if session.loaded_as != store_id:
                session.setdefault(BORN, now.isoformat())
                db.execute(delete(WebSession).where(WebSession.expires_at <= now))
                db.add(WebSession(id_sha256=id_sha256, data=_written(session), expires_at=expires_at))
                return
            values: dict[str, Any] = {"expires_at": expires_at}
            if session.modified:
                values["data"] = _written(session)
            db.execute(update(WebSession).where(WebSession.id_sha256 == id_sha256).values(values))

    def _delete_session(self, store_id: str) -> None:
        with services().sessions.begin() as db:
            db.execute(delete(WebSession).where(WebSession.id_sha256 == _hashed(store_id)))


def setup(app: Flask) -> None:
    with app.app_context():
        settings = services().settings
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_SECURE=True,  # browsers treat http://localhost as secure enough for it
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=settings.session_idle,
    )
    app.session_interface = DatabaseSessions(app, key_prefix="", permanent=False, cleanup_n_requests=None)

    @app.before_request
    def _must_have_been_read() -> None:
        failure: SQLAlchemyError | None = getattr(session, "failure", None)
        if failure is not None and request.endpoint not in WITHOUT_SESSION:
            raise failure


def renew(*also: str) -> None:
    """Gives the present browser a new session name and an empty session, keeping only who it is, its language, and
    which answers it waits for; ``also``: what else of it the new standing may take over."""
    kept = {key: session[key] for key in (*SURVIVES, *also) if key in session}
    interface: Any = current_app.session_interface
    interface.regenerate(session)
    session.clear()
    session.update(kept)
    session[BORN] = services().clock().isoformat()


def _hashed(store_id: str) -> str:
    return hashlib.sha256(store_id.encode()).hexdigest()


def _written(session: BrowserSession) -> bytes:
    return json.dumps(dict(session)).encode()
