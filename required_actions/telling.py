"""Who else is told of what somebody did in a journey: queued in the transaction that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kc_bridge.channels.announcements import ACTIVATED, CHANGED, FORWARDING, announce
from kc_bridge.settings import Settings
from kc_bridge.store.activation import Journey

__all__ = ["tell"]

STEP = "mail_forwarding"
KEPT = frozenset({"backup_mail", "sms_consent", "photo_use", "directory_visibility"})
"""Other steps whose outcome a directory may keep."""

Data = Mapping[str, Any]


def tell(
    db: Session,
    settings: Settings,
    journey: Journey,
    before: Mapping[str, Data],
    now: datetime,
    *,
    activates: bool,
) -> None:
    """``before``: what each step kept the last time, as :func:`required_actions.journeys.earlier` finds it."""
    done: dict[str, Data] = {step.step: step.data for step in journey.steps}
    if activates:
        announce(db, settings, journey.person, ACTIVATED, now)
    elif KEPT & done.keys():
        announce(db, settings, journey.person, CHANGED, now)
    if STEP in done and _differs(done[STEP], before.get(STEP, {})):
        announce(db, settings, journey.person, FORWARDING, now, **_said(done[STEP]))


def _differs(kept: Data, before: Data) -> bool:
    return (_said(kept), kept.get("address")) != (_said(before), before.get("address"))


def _said(kept: Data) -> dict[str, Any]:
    """Whether mails go elsewhere, and whether a copy stays. Not where to: whoever must know asks a directory."""
    if not kept.get("address"):
        return {"forwarding": False}
    return {"forwarding": True, "copy": bool(kept.get("copy", True))}
