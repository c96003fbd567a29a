"""Tables of the activation: links, journeys, the steps done in them, addresses to be confirmed, charters accepted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kc_bridge.store.base import Base, new_id
from kc_bridge.store.models import Person

__all__ = ["AddressChange", "AddressCheck", "CharterAcceptance", "Journey", "Link", "StepRecord"]


class Link(Base):
    """A mailed URL of ours with an exact expiry: ``new`` → ``opened`` → ``finished``, or ``superseded``."""

    __tablename__ = "link"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    """``activation``, ``address``, ``recovery`` or ``identified``: a token of one purpose opens nothing of another."""
    sent_to: Mapped[str | None] = mapped_column(String(320))
    """Address it was mailed to: whoever brings it back reads that mailbox."""
    check_id: Mapped[str | None] = mapped_column(ForeignKey("address_check.id", ondelete="CASCADE"))
    """The address it verifies, for purpose ``address``."""
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    generation: Mapped[int]
    journey: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="new")
    opening: Mapped[str | None] = mapped_column(String(64))
    """Name of the latest opening (the ``ref`` of its handoffs): an earlier one is superseded."""
    opened_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class Journey(Base):
    """A journey somebody has begun, under one generation; resumable from another device."""

    __tablename__ = "journey"
    __table_args__ = (UniqueConstraint("person_id", "name", "generation"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    generation: Mapped[int]
    started_at: Mapped[datetime]
    finishing_at: Mapped[datetime | None]
    """Claimed by the one request that completes it; given back when Keycloak refuses."""
    finishing_by: Mapped[str | None] = mapped_column(String(64))
    finished_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    steps: Mapped[list[StepRecord]] = relationship(
        back_populates="journey", cascade="all, delete-orphan", order_by="StepRecord.id"
    )
    """In the order in which they were done, as the summary tells them."""


class StepRecord(Base):
    """A step done in a journey, saved when done; ``data`` never holds a secret."""

    __tablename__ = "step_record"
    __table_args__ = (UniqueConstraint("journey_id", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    journey_id: Mapped[str] = mapped_column(ForeignKey("journey.id", ondelete="CASCADE"))
    step: Mapped[str] = mapped_column(String(64))
    done_at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

    journey: Mapped[Journey] = relationship(back_populates="steps")


class AddressCheck(Base):
    """A mail address a step waits for: its owner must follow the link sent there before the step counts as done."""

    __tablename__ = "address_check"
    __table_args__ = (UniqueConstraint("journey_id", "step"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    journey_id: Mapped[str] = mapped_column(ForeignKey("journey.id", ondelete="CASCADE"))
    step: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(320))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the step will record once the address is confirmed; no secret."""
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    journey: Mapped[Journey] = relationship()


class CharterAcceptance(Base):
    """Proof that a person accepted this very text."""

    __tablename__ = "charter_acceptance"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    version: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(5))
    text_sha256: Mapped[str] = mapped_column(String(64))
    accepted_at: Mapped[datetime]


class AddressChange(Base):
    """A backup mail that took another's place, and how its former owner undoes it."""

    __tablename__ = "address_change"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    former: Mapped[str | None] = mapped_column(String(320))
    address: Mapped[str] = mapped_column(String(320))
    active: Mapped[bool]
    """Whether the account was active: then its owner was logged in, otherwise somebody gave an INE and a birth date."""
    changed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """When its mailbox was read: until then the person still has the former one."""
    undo_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Digest of the token of « ce n'est pas moi »; made when that mail is sent."""
    undo_until: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
