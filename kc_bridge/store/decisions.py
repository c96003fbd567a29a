"""Tables of what people decided about themselves, kept as proof: consents, and the answer to a secret question."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kc_bridge.store.base import Base

__all__ = ["Consent", "SecurityAnswer"]


class Consent(Base):
    """One decision, given or withdrawn, on one use of somebody's data. Appended only: the last one counts."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    use: Mapped[str] = mapped_column(String(32))
    """The step that asked: ``sms_consent``, ``photo_use``, ``directory_visibility``."""
    given: Mapped[bool]
    """False for a refusal as for a withdrawal: the decisions before tell which."""
    language: Mapped[str] = mapped_column(String(5))
    text_sha256: Mapped[str] = mapped_column(String(64))
    """Of the very question and notice shown."""
    reason: Mapped[str | None] = mapped_column(String(32))
    """When nobody was asked: ``minor``, a guardian signs on paper; ``not_asked``, the university asks nobody."""
    decided_at: Mapped[datetime]


class SecurityAnswer(Base):
    """A person's secret question and the argon2id hash of its normalised answer."""

    __tablename__ = "security_answer"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    """As the person reads it: one of the university's, or their own."""
    answer_hash: Mapped[str] = mapped_column(String(255))
    set_at: Mapped[datetime]
