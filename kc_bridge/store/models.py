"""Tables of the bridge's database: what identifies people, what they did, what waits to be sent.

Identification data (INE, numbers, birth date, birth name) lives here and never in Keycloak. Instants are UTC.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

__all__ = [
    "AddressCheck",
    "Affiliation",
    "AuditEntry",
    "Base",
    "CharterAcceptance",
    "Identifier",
    "Journey",
    "Link",
    "OutboxMessage",
    "Person",
    "Quarantine",
    "RateWindow",
    "SpentToken",
    "StepRecord",
    "SyncRun",
    "TicketBinding",
    "WebSession",
]


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC instants on every backend (SQLite drops the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[float]: JSON}  # noqa: RUF012


def new_id() -> str:
    return str(uuid.uuid4())


class Person(Base):
    """One human, keyed by the source's immutable key."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(128), unique=True)
    """``<source>:<immutable key there>``."""
    uid: Mapped[str] = mapped_column(String(64), unique=True)
    """Immutable and never re-used; source of eduPersonPrincipalName."""
    keycloak_id: Mapped[str | None] = mapped_column(String(36), unique=True)
    login: Mapped[str] = mapped_column(String(255), unique=True)
    mail: Mapped[str] = mapped_column(String(255), unique=True)
    first_name: Mapped[str] = mapped_column(String(255))
    """Usual first name: usual names are the only ones shown."""
    last_name: Mapped[str] = mapped_column(String(255))
    birth_name: Mapped[str | None] = mapped_column(String(255))
    birth_date: Mapped[date | None]
    personal_mail: Mapped[str | None] = mapped_column(String(320))
    """Address given at enrolment, where the activation mail goes; later the verified backup mail."""
    phone: Mapped[str | None] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(5), default="fr")
    population: Mapped[str] = mapped_column(String(32))
    """Primary population: chooses the journey."""
    state: Mapped[str] = mapped_column(String(32), default="SupannCree")
    """SUPANN sub-state, see design: SupannPrecree … SupannSupprCompte."""
    account_end: Mapped[date | None]
    """Last day the account works (Europe/Paris)."""
    next_transition_on: Mapped[date | None] = mapped_column(index=True)
    activated_at: Mapped[datetime | None]
    generation: Mapped[int] = mapped_column(default=1)
    """Rises at activation, reset, new link, change of backup mail or password; ends whatever was begun before."""
    digest: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the desired Keycloak user last applied."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    affiliations: Mapped[list[Affiliation]] = relationship(
        back_populates="person", cascade="all, delete-orphan", order_by="Affiliation.start"
    )
    identifiers: Mapped[list[Identifier]] = relationship(
        back_populates="person", cascade="all, delete-orphan"
    )

    @property
    def display_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Identifier(Base):
    """A number people know themselves by: ``student_number``, ``ine``, ``staff_number``, ``uid``…"""

    __tablename__ = "identifier"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    value: Mapped[str] = mapped_column(String(64))
    """Normalised: upper case, no spaces."""

    person: Mapped[Person] = relationship(back_populates="identifiers")


class Affiliation(Base):
    """(person, population, source, start, end, reason); an enrolment of university year N is one kind."""

    __tablename__ = "affiliation"
    __table_args__ = (UniqueConstraint("source", "source_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    population: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(64))
    source_key: Mapped[str] = mapped_column(String(255))
    """Key of the record in its source, e.g. student number, year and programme."""
    year: Mapped[int | None]
    """University year N (N/N+1) of an enrolment."""
    programme: Mapped[str | None] = mapped_column(String(64))
    label: Mapped[str | None] = mapped_column(String(255))
    start: Mapped[date | None]
    end: Mapped[date | None]
    """Last day of the right it gives; for an enrolment 31 December N+1 unless the source says earlier."""
    status: Mapped[str] = mapped_column(String(32), default="valid")
    """``valid``, ``cancelled``, ``withdrawn``… as the source says explicitly."""
    reason: Mapped[str | None] = mapped_column(String(255))
    row_hash: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 over row, mapping and rules version: an unchanged row is neither parsed nor validated."""

    person: Mapped[Person] = relationship(back_populates="affiliations")


class SyncRun(Base):
    """One run of the sync: what it meant to do and what came of it."""

    __tablename__ = "sync_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(16), default="running")
    """``running``, ``ok``, ``partial``, ``refused``, ``failed``."""
    plan_digest: Mapped[str | None] = mapped_column(String(64))
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None] = mapped_column(Text)


class Quarantine(Base):
    """A row that could not be used: where it is, why, and what to do. Replaced by each read of its file."""

    __tablename__ = "quarantine"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(64), index=True)
    file: Mapped[str] = mapped_column(String(512))
    line: Mapped[int]
    column: Mapped[str | None] = mapped_column(String(128))
    problem: Mapped[str] = mapped_column(Text)
    remedy: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime]


class Link(Base):
    """A mailed URL of ours with an exact expiry: ``new`` → ``opened`` → ``finished``, or ``superseded``."""

    __tablename__ = "link"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    """``activation``, ``address`` or ``identified``: a token of one purpose opens nothing of another."""
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


class OutboxMessage(Base):
    """Something to send, written in the transaction that decided it and sent by a worker."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_not_before", "state", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    dedupe_key: Mapped[str] = mapped_column(String(255), unique=True)
    """One message per person and reason, however often the reason is found."""
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """No token and no secret: those are made when the message is sent."""
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """``waiting``, ``sending``, ``sent``, ``dead``, ``expired``."""
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))

    person: Mapped[Person] = relationship()


class AuditEntry(Base):
    """Who did what to whom, when and why. Appended only."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(255))
    """``person``, ``sync``, ``scheduler`` or an operator's name."""
    action: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str | None] = mapped_column(String(36), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


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
