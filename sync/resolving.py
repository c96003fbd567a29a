"""Whom rows are about: a human whom two sources name, or who was merged, is one person."""

from __future__ import annotations

from sqlalchemy.orm import Session

from sync import known
from sync.staging import Staging

__all__ = ["resolve"]

PAGE = 500


def resolve(staging: Staging, session: Session) -> None:
    """Gives the staged rows the keys by which the bridge knows their people."""
    for keys in staging.keys_read(PAGE):
        for further, own in known.aliases(session, keys).items():
            staging.rename(further, own)
