"""The audit trail: appended in the transaction of the act itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kc_bridge.store.models import AuditEntry

__all__ = ["record"]


def record(
    session: Session, at: datetime, actor: str, action: str, person_id: str | None = None, **details: Any
) -> None:
    """Appends an entry; ``details`` must hold no secret."""
    session.add(AuditEntry(at=at, actor=actor, action=action, person_id=person_id, details=details))
