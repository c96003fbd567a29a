"""Tables of people and of what waits to be sent.

Identification data (INE, numbers, birth date, birth name) lives here and never in Keycloak.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kc_bridge.store.base import Base, new_id

__all__ = ["Affiliation", "AuditEntry", "Identifier", "OutboxMessage", "Person"]


class Person(Base):
    """One human, keyed by the source's immutable key."""

    __tablename__ = "person"
    __table_args__ = (
        Index(
            "ix_person_owed",
            "id",
            sqlite_where=text("digest IS NULL"),
            postgresql_where=text("digest IS NULL"),
        ),
    )

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
    register_first_name: Mapped[str | None] = mapped_column(String(255))
    """What the register says instead of the names an operator gave; those stay until it says yet another."""
    register_last_name: Mapped[str | None] = mapped_column(String(255))
    birth_name: Mapped[str | None] = mapped_column(String(255))
    birth_date: Mapped[date | None] = mapped_column(index=True)
    personal_mail: Mapped[str | None] = mapped_column(String(320))
    """Address given at enrolment, where the activation mail goes; later the verified backup mail."""
    phone: Mapped[str | None] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(5), default="fr")
    population: Mapped[str] = mapped_column(String(32))
    """Primary population: chooses the journey."""
    state: Mapped[str] = mapped_column(String(32), default="SupannCree")
    """SUPANN sub-state, see design: SupannPrecree … SupannSupprCompte."""
    account_end: Mapped[date | None] = mapped_column(index=True)
    """Last day the account works (Europe/Paris)."""
    closed_on: Mapped[date | None]
    """Day the account was closed, None while it is not: what a purge counts from."""
    next_transition_on: Mapped[date | None] = mapped_column(index=True)
    activated_at: Mapped[datetime | None]
    reset_at: Mapped[datetime | None]
    """Since when an account that was active must be validated again: it holds somebody's mails and data, so numbers and
    a birth date do not open it, and its backup mail stays its owner's."""
    provisional_until: Mapped[datetime | None]
    """When the printed provisional password stops opening the journey; None: there is none."""
    address_frozen_until: Mapped[datetime | None]
    """Until then nobody may change the backup mail by giving numbers: its owner said « ce n'est pas moi »."""
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
    __table_args__ = (
        UniqueConstraint("source", "source_key"),
        Index("ix_affiliation_source_row_hash", "source", "row_hash"),
    )

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
    row_hash: Mapped[int | None] = mapped_column(BigInteger)
    """Of row, mapping and rules version (:func:`sync.sources.base.row_hashes`): an unchanged row is neither parsed nor
    validated."""
    person_key: Mapped[str | None] = mapped_column(String(128))
    """The key by which its record names the human, who may have several: what a split takes away."""

    person: Mapped[Person] = relationship(back_populates="affiliations")


class OutboxMessage(Base):
    """Something to send, written in the transaction that decided it and sent by a worker."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_channel_state_not_before", "channel", "state", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(64), default="mail", server_default="mail")
    """``mail``, ``ldap`` or ``webhook.<name>``: each is sent by a worker of its own, so that none waits for another."""
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
