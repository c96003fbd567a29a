"""What somebody accepted or refused, as they may read it again: the charter's versions, and each decision on their data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask_babel import force_locale
from sqlalchemy import select

from kc_bridge.domain.errors import ConfigurationError
from kc_bridge.services import services
from kc_bridge.store.activation import CharterAcceptance
from kc_bridge.store.decisions import Consent
from kc_bridge.store.models import Person
from kc_bridge.web.words import in_words
from required_actions.charters import ADDRESS, fingerprint
from required_actions.registry import get, page_form

__all__ = ["Agreed", "AgreedCharter", "charters", "consents", "latest_charter"]


@dataclass(frozen=True)
class AgreedCharter:
    """A text accepted."""

    version: str
    language: str
    at: str
    """In words."""
    address: str | None
    """Where to read it; None when another text has taken its place."""
    sha256: str


@dataclass(frozen=True)
class Agreed:
    """A decision: given, refused, or taken back."""

    label: str
    outcome: str
    """``given``, ``refused``, ``withdrawn`` or ``not_asked``."""
    language: str
    at: str
    question: str | None
    """The words they read; None when the university's have changed since."""
    sha256: str


def charters(person: Person) -> list[AgreedCharter]:
    """Every version accepted, the latest first."""
    wanted = select(CharterAcceptance).where(CharterAcceptance.person_id == person.id)
    with services().sessions() as db:
        rows = db.scalars(wanted.order_by(CharterAcceptance.id.desc())).all()
    texts = {fingerprint(text) for text in services().profile.charter.text.values()}
    return [
        AgreedCharter(
            version=row.version,
            language=row.language,
            at=in_words(row.accepted_at),
            address=ADDRESS if row.text_sha256 in texts else None,
            sha256=row.text_sha256,
        )
        for row in rows
    ]


def latest_charter(person: Person) -> AgreedCharter | None:
    return next(iter(charters(person)), None)


def consents(person: Person) -> list[Agreed]:
    """Every decision, the latest first; a « no » after a « yes » is a withdrawal."""
    wanted = select(Consent).where(Consent.person_id == person.id).order_by(Consent.id)
    with services().sessions() as db:
        rows = db.scalars(wanted).all()
    told: list[Agreed] = []
    given: dict[str, bool] = {}
    for row in rows:
        told.append(_told(row, before=given.get(row.use, False)))
        given[row.use] = row.given
    return told[::-1]


def _told(row: Consent, *, before: bool) -> Agreed:
    return Agreed(
        label=_label(row.use),
        outcome=_outcome(row, before=before),
        language=row.language,
        at=in_words(row.decided_at),
        question=_question(row),
        sha256=row.text_sha256,
    )


def _label(use: str) -> str:
    """What the step calls it; its own name for one that is no longer installed."""
    try:
        step = get(use)
    except ConfigurationError:
        return use
    return str(step.label or step.title)


def _outcome(row: Consent, *, before: bool) -> str:
    if row.given:
        return "given"
    if row.reason:
        return "not_asked"
    return "withdrawn" if before else "refused"


def _question(row: Consent) -> str | None:
    """The question as asked then, when today's words have the same fingerprint."""
    profile = services().profile
    notice = profile.privacy.notices.get(row.use)
    if row.reason or notice is None:
        return None
    with force_locale(row.language):
        form = page_form([get(row.use)], {})
        question = str(form[row.use].label.text) if row.use in form else None
    words = "\n".join([question or "", *notice.told(row.language).values()])
    return question if hashlib.sha256(words.encode()).hexdigest() == row.text_sha256 else None
