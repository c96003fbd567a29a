"""Tables of the HTTP side: browsers, what they spent, how often they tried."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kc_bridge.store.base import Base

__all__ = ["MailRequest", "RateWindow", "SpentToken", "TicketBinding", "WebSession"]


class SpentToken(Base):
    """``jti`` of handoffs already used, kept until they expire."""

    __tablename__ = "spent_token"

    jti: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class TicketBinding(Base):
    """Which browser brought a pending login first; ``ticket_sha256`` because a ticket is a secret."""

    __tablename__ = "ticket_binding"

    ticket_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser: Mapped[str] = mapped_column(String(64))
    """Random name in that browser's server-side session."""
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RateWindow(Base):
    """When something limited was last done under one name: an address, a number, a person."""

    __tablename__ = "rate_window"

    key_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    hits: Mapped[list[float]] = mapped_column(default=list)
    """Epoch seconds, oldest first; only those that still count."""
    expires_at: Mapped[datetime] = mapped_column(index=True)


class WebSession(Base):
    """A browser's session; the cookie holds its name, this table only the SHA-256 of it."""

    __tablename__ = "web_session"

    id_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class MailRequest(Base):
    """Somebody asked for a mail by typing an identifier: looked into by the worker, so that every answer is alike."""

    __tablename__ = "mail_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    """Name under which its answerer is registered: ``activation``, ``recovery``."""
    identifier: Mapped[str] = mapped_column(String(320))
    """As typed, tidied; of nobody, perhaps. The row goes once it has been answered."""
    language: Mapped[str] = mapped_column(String(5))
    asked_at: Mapped[datetime]
