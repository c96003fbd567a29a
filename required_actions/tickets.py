"""Which browser a pending login belongs to: the first that brought its handoff, and no other (CVE-2026-7507)."""

from __future__ import annotations

import secrets

from flask import session
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from kc_bridge.services import Services
from kc_bridge.store.web import TicketBinding
from kc_bridge.web.sessions import BROWSER
from required_actions.handoff import Handoff
from required_actions.logins import ticket_digest

__all__ = ["bind"]


def bind(kcb: Services, handoff: Handoff) -> bool:
    """Binds the login to this browser for as long as a login may live; False when it is another's."""
    browser = session.setdefault(BROWSER, secrets.token_urlsafe(32))
    now = kcb.clock()
    try:
        with kcb.sessions.begin() as db:
            db.execute(delete(TicketBinding).where(TicketBinding.expires_at < now))
            db.add(
                TicketBinding(
                    ticket_sha256=ticket_digest(handoff.ticket),
                    browser=browser,
                    expires_at=now + kcb.settings.session_absolute,
                )
            )
    except IntegrityError:
        with kcb.sessions() as db:
            known = db.get(TicketBinding, ticket_digest(handoff.ticket))
        return known is not None and known.browser == browser
    return True
