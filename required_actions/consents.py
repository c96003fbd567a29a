"""Decisions about one's own data, given or withdrawn: the proof kept of each, and the one that counts now."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from kc_bridge.services import services
from kc_bridge.store.decisions import Consent
from required_actions.registry import StepContext

__all__ = ["MINOR", "NOT_ASKED", "present", "proof"]

MINOR = "minor"
"""Reason of a « non » nobody was asked for: a guardian signs on paper."""
NOT_ASKED = "not_asked"
"""Reason of another: the university asks nobody, and « non » holds until the person says otherwise (GDPR art. 25.2)."""


def proof(ctx: StepContext, use: str, *, given: bool, question: str, reason: str | None = None) -> Consent:
    """The row that proves a decision: when, in which language, and on which words (GDPR art. 7.1).

    ``use`` is the step's name. The words are the ``question`` as shown (what was said in its place, with a ``reason``)
    and the notice beside it, one text a line, in UTF-8; who holds the texts of that time can compute the same SHA-256.
    """
    told = ctx.profile.notice(use).told(ctx.language)
    words = "\n".join([question, *told.values()])
    return Consent(
        person_id=ctx.person.id,
        use=use,
        given=given,
        language=ctx.language,
        text_sha256=hashlib.sha256(words.encode()).hexdigest(),
        reason=reason,
        decided_at=ctx.now,
    )


def present(person_id: str, use: str) -> bool | None:
    """The decision in force; None for somebody who has not decided. « Non » of somebody nobody asked counts as none."""
    latest = (
        select(Consent.given, Consent.reason)
        .where(Consent.person_id == person_id, Consent.use == use)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    with services().sessions() as db:
        found = db.execute(latest).first()
    return found.given if found and found.reason is None else None
