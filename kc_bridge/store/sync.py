"""Tables of the sync: its runs and what they rest on, what operators decided, and guests, whom no other source names."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kc_bridge.store.base import Base

__all__ = [
    "Approval",
    "Forecast",
    "Guest",
    "MailAlias",
    "PersonKey",
    "Quarantine",
    "RetiredName",
    "Sameness",
    "SourceState",
    "SyncRun",
]


class SyncRun(Base):
    """One run of the sync: what it meant to do and what came of it."""

    __tablename__ = "sync_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    fence: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """Rises with each run; Keycloak and our own tables refuse the writes of a run with a lower one than they have seen.
    Milliseconds since 1970 when the run began, or one more than the highest before."""
    holder: Mapped[str | None] = mapped_column(String(255))
    """``host:pid`` of the process."""
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime | None]
    """When the process was last seen alive."""
    finished_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(16), default="running")
    """``running``, ``ok``, ``partial``, ``refused``, ``failed``."""
    plan_digest: Mapped[str | None] = mapped_column(String(64))
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None] = mapped_column(Text)


class SourceState(Base):
    """How far a source was read by runs that were applied."""

    __tablename__ = "source_state"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    rows: Mapped[int]
    """Rows it held then: what the next read is compared with."""
    rejected: Mapped[int]
    """Of them, those that could not be used when it was last read whole."""
    mark: Mapped[str | None] = mapped_column(String(255))
    """Up to where: the highest watermark or modifyTimestamp. Stays where rows were quarantined, so that they are read
    again."""
    full_read_at: Mapped[datetime]


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


class Forecast(Base):
    """How many accounts were foreseen, on a day, to be closed, or to lose data or all, on another by the calendar alone."""

    __tablename__ = "forecast"

    what: Mapped[str] = mapped_column(String(16), primary_key=True)
    """``closing`` or ``loss``: of data, or of the account."""
    due_on: Mapped[date] = mapped_column(primary_key=True)
    """First day on which the accounts are closed, or what they lose is gone."""
    made_on: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


class Approval(Base):
    """An operator's yes to one plan, or to the closings of one day."""

    __tablename__ = "approval"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str | None] = mapped_column(String(64), index=True)
    """Of the plan approved; None when a day was."""
    due_on: Mapped[date | None] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PersonKey(Base):
    """A further key of somebody, in another source or after a merge; the first is the person's own ``key``."""

    __tablename__ = "person_key"

    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
    rule: Mapped[str] = mapped_column(String(64))
    """Why it is the same human: name of the rule that matched, or ``operator``."""


class Sameness(Base):
    """An operator's word on two keys: one human, or two."""

    __tablename__ = "sameness"

    left_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    """The lower of the two keys."""
    right_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    same: Mapped[bool]
    actor: Mapped[str] = mapped_column(String(255))
    decided_at: Mapped[datetime]


class RetiredName(Base):
    """A uid, or what stood before the @ of a login or mail, of somebody who was purged or renamed."""

    __tablename__ = "retired_name"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    retired_on: Mapped[date]
    free_on: Mapped[date | None]
    """From when it may be given to somebody else; None: never (a uid)."""


class MailAlias(Base):
    """A former address of the university under which somebody still receives mail."""

    __tablename__ = "mail_alias"

    address: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(255))


class Guest(Base):
    """Somebody the university vouches for without a register: kept here, with a sponsor and an end."""

    __tablename__ = "guest"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    """The key of the source ``guests``."""
    first_name: Mapped[str] = mapped_column(String(255))
    last_name: Mapped[str] = mapped_column(String(255))
    birth_date: Mapped[date | None]
    personal_mail: Mapped[str | None] = mapped_column(String(320))
    phone: Mapped[str | None] = mapped_column(String(32))
    sponsor: Mapped[str] = mapped_column(String(255))
    """uid of the member of staff who vouches: a login may change."""
    reason: Mapped[str] = mapped_column(String(255))
    start: Mapped[date]
    end: Mapped[date]
    status: Mapped[str] = mapped_column(String(32), default="valid")
    status_on: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
