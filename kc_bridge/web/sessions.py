"""Browser sessions: all state on the server, in the bridge's database; the cookie is only a random name.

Idle and absolute ends, and a new name at each change of standing (OWASP ASVS 5.0, V7).
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app, session
from flask_session.base import ServerSideSession, ServerSideSessionInterface
from sqlalchemy import delete

from kc_bridge.services import services
from kc_bridge.store.models import WebSession

__all__ = ["BROWSER", "renew", "setup"]

COOKIE = "__Host-kcb-session"
BORN = "_born"
BROWSER = "browser"
"""Names the browser to itself: which pending logins are its own."""
SURVIVES = ("locale", BROWSER)


class DatabaseSessions(ServerSideSessionInterface):
    """Flask-Session's storage in our own table, under the SHA-256 of the cookie, as JSON."""

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

    def _upsert_session(
        self,
        session_lifetime: timedelta,
        session: ServerSideSession,
        store_id: str,
    ) -> None:
        kcb = services()
        now = kcb.clock()
        session.setdefault(BORN, now.isoformat())
        with kcb.sessions.begin() as db:
            db.merge(
                WebSession(
                    id_sha256=_hashed(store_id),
                    data=json.dumps(dict(session)).encode(),
                    expires_at=now + session_lifetime,
                )
            )

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


def renew() -> None:
    """Gives the present browser a new session name and an empty session, keeping only who it is and its language."""
    kept = {key: session[key] for key in SURVIVES if key in session}
    interface: Any = current_app.session_interface
    interface.regenerate(session)
    session.clear()
    session.update(kept)
    session[BORN] = services().clock().isoformat()


def _hashed(store_id: str) -> str:
    return hashlib.sha256(store_id.encode()).hexdigest()
